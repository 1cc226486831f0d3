"""Log entries: written by services and by clients, and listed by a filter."""

import json
import uuid
from datetime import datetime

from tests.standin.platform.bodies import Body
from tests.standin.platform.log_filters import read_filter
from tests.standin.platform.service import Service


def write(service: Service, project: str, entry: Body) -> None:
    """Keep an entry.

    Args:
        service: The state.
        project: The id of the project whose log it is of.
        entry: The entry; what it lacks is added.
    """
    now = service.now_text
    whole = {"insertId": uuid.uuid4().hex[:16], "timestamp": now, "severity": "DEFAULT"} | entry
    row = (project, whole["timestamp"], json.dumps(whole | {"receiveTimestamp": now}))
    statement = "INSERT INTO log_entries (project, timestamp, entry) VALUES (?, ?, ?)"
    service.store.database.execute(statement, row)


def found(service: Service, projects: list[str], text: str, *, is_newest_first: bool) -> list[Body]:
    """Return the entries of some projects that a filter passes.

    Raises:
        PlatformError: The filter is malformed, or of a form that the stand-in does not read.
    """
    passes = read_filter(text)
    rows = service.store.database.execute("SELECT project, entry FROM log_entries ORDER BY id")
    entries = [json.loads(row["entry"]) for row in rows.fetchall() if row["project"] in projects]
    passed = [entry for entry in entries if passes(entry)]
    return sorted(
        passed,
        key=lambda entry: datetime.fromisoformat(entry["timestamp"]),
        reverse=is_newest_first,
    )
