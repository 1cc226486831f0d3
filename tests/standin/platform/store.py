"""What the control plane keeps: resources, policies and operations, in SQLite."""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.standin.database import open_database
from tests.standin.platform.bodies import Body
from tests.standin.projects import project_number

_SCHEMA = """
CREATE TABLE IF NOT EXISTS resources (
    collection TEXT NOT NULL,
    name TEXT NOT NULL,
    body TEXT NOT NULL,
    inner TEXT NOT NULL,
    PRIMARY KEY (collection, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS policies (
    host TEXT NOT NULL,
    name TEXT NOT NULL,
    policy TEXT NOT NULL,
    PRIMARY KEY (host, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS operations (
    host TEXT NOT NULL,
    name TEXT NOT NULL,
    target TEXT NOT NULL,
    done_at INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (host, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS log_entries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    project TEXT NOT NULL,
    timestamp TEXT NOT NULL,
    entry TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS backlog (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    subscription TEXT NOT NULL,
    message TEXT NOT NULL,
    published INTEGER NOT NULL,
    due INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    is_acknowledged INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS calls (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    call TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS projects (number TEXT PRIMARY KEY, id TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""


@dataclass(slots=True)
class Resource:
    """One resource.

    Attributes:
        collection: As `pubsub.projects.topics`.
        name: Its name, with the id of its project.
        body: What the API shows of it.
        inner: What the API does not show.
    """

    collection: str
    name: str
    body: Body
    inner: Body


class Store:
    """The state.

    Args:
        path: The file that keeps it.
    """

    def __init__(self, path: Path) -> None:
        self.database = open_database(path, _SCHEMA)

    def find(self, collection: str, name: str) -> Resource | None:
        """Return a resource; None when it is not there."""
        row = self.database.execute(
            "SELECT * FROM resources WHERE collection = ? AND name = ?", (collection, name)
        ).fetchone()
        return None if row is None else _resource(row)

    def below(self, collection: str, prefix: str) -> Iterator[Resource]:
        """Yield the resources of a collection whose names begin so, in their order."""
        rows = self.database.execute(
            "SELECT * FROM resources WHERE collection = ? AND name >= ? AND name < ? ORDER BY name",
            (collection, prefix, f"{prefix}\U0010ffff"),
        )
        yield from map(_resource, rows.fetchall())

    def put(self, resource: Resource) -> None:
        """Write a resource."""
        self.database.execute(
            "INSERT OR REPLACE INTO resources VALUES (?, ?, ?, ?)",
            (
                resource.collection,
                resource.name,
                json.dumps(resource.body),
                json.dumps(resource.inner),
            ),
        )

    def remove(self, collection: str, name: str) -> None:
        """Remove a resource."""
        self.database.execute(
            "DELETE FROM resources WHERE collection = ? AND name = ?", (collection, name)
        )

    def policy(self, host: str, name: str) -> Body | None:
        """Return the policy of a resource; None when it has none."""
        row = self.database.execute(
            "SELECT policy FROM policies WHERE host = ? AND name = ?", (host, name)
        ).fetchone()
        return None if row is None else json.loads(row["policy"])

    def policies(self) -> list[tuple[str, str, Body]]:
        """Return every policy with the host and the name of its resource."""
        rows = self.database.execute("SELECT * FROM policies").fetchall()
        return [(row["host"], row["name"], json.loads(row["policy"])) for row in rows]

    def put_policy(self, host: str, name: str, policy: Body | None) -> None:
        """Write the policy of a resource; None removes it."""
        self.database.execute("DELETE FROM policies WHERE host = ? AND name = ?", (host, name))
        if policy is not None:
            row = (host, name, json.dumps(policy))
            self.database.execute("INSERT INTO policies VALUES (?, ?, ?)", row)

    def know_project(self, project: str) -> None:
        """Remember a project by its number."""
        row = (project_number(project), project)
        self.database.execute("INSERT OR IGNORE INTO projects VALUES (?, ?)", row)

    def project_of(self, number: str) -> str | None:
        """Return the id of the project with a number; None when none was ever named."""
        row = self.database.execute("SELECT id FROM projects WHERE number = ?", (number,))
        found = row.fetchone()
        return None if found is None else str(found["id"])

    def setting(self, key: str, default: Any) -> Any:  # noqa: ANN401 - JSON
        """Return what a test has ordered, or the default."""
        query = "SELECT value FROM settings WHERE key = ?"
        row = self.database.execute(query, (key,)).fetchone()
        return default if row is None else json.loads(row["value"])

    def set(self, key: str, value: Any) -> None:  # noqa: ANN401 - JSON
        """Keep what a test orders."""
        row = (key, json.dumps(value))
        self.database.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", row)


def _resource(row: sqlite3.Row) -> Resource:
    return Resource(
        row["collection"], row["name"], json.loads(row["body"]), json.loads(row["inner"])
    )
