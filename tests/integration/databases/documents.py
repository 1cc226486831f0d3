"""What tests of the backup of a database have in common."""

from datetime import datetime
from typing import Any

import fastavro

from tests.harness import Rebound
from tests.served import serving


def back_up(rebound: Rebound, run_id: str = "night", **body: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Make a run complete and return its manifest."""
    with serving(rebound) as function:
        function.complete(run_id, **body)
    manifest: dict[str, Any] = rebound.json("show", run_id)
    return manifest


def stored_documents(rebound: Rebound, database: dict[str, Any]) -> dict[str, bytes]:
    """Return the stored fields of every document, read by nothing of Rebound."""
    found: dict[str, bytes] = {}
    for file in database["files"]:
        blob = rebound.vault.blob(file["stored"]["name"])
        with blob.open("rb") as content:
            rows = list(fastavro.reader(content))
        assert [rows[0]["path"], rows[-1]["path"]] == [file["first_path"], file["last_path"]]
        found |= {row["path"]: row["fields"] for row in rows}
    return found


def moment(manifest: dict[str, Any]) -> datetime:
    """Return a manifest's recovery point."""
    return datetime.fromisoformat(manifest["recovery_point"])
