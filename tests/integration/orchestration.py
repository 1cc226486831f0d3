"""A small Firestore database for tests: every value type, every awkward name.

Documents are written and read back with the messages of Google's own client; nothing of Rebound
takes part in it.
"""

import json
import struct
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from google.cloud import firestore
from google.cloud.firestore_admin_v1 import FirestoreAdminClient
from google.cloud.firestore_v1 import types

from manifests.cloud.databases import Databases
from manifests.cloud.rest import Rest
from tests.harness import LOCATION, Rebound
from tests.standin.firestore.creation import administration

EPHEMERAL = ("processing_locks", "processor_heartbeats")
AWKWARD_ID = "ünï✓ ids: dots.and`backticks %2F?#"
_BATCH = 400
_Value: Any = types.Value.pb()
_Document: Any = types.Document.pb()
NULL = _Value(null_value=0)


def write_catalog(folder: Path, databases: Mapping[str, Mapping[str, Any]] | None = None) -> str:
    """Write a catalog of databases only and return its path, for `REBOUND_CATALOG`.

    Args:
        folder: Where.
        databases: What the catalog says about each; the default one when None.
    """
    entries = databases or {"(default)": {"ephemeral": EPHEMERAL}}
    catalog = {
        "platform": "orchestration",
        "location": LOCATION,
        "full_every_days": 7,
        "retention": {"keep_days": 35, "keep_at_least": 3, "partial_days": 7},
        "protected_projects": [],
        "databases": [
            {"database": name, "triggers": [], **entry} for name, entry in entries.items()
        ],
    }
    path = folder / "databases.json"
    path.write_text(json.dumps(catalog))
    return str(path)


def administered(rebound: Rebound, database_id: str = "(default)") -> Databases:
    """Return the product's own administration of a database."""
    return Databases(Rest(rebound.env["REBOUND_API_ENDPOINT"]), rebound.project, database_id)


class State:
    """One database, through Google's client.

    Args:
        rebound: The platform.
        database_id: The database.
        project: Another project than the platform's.
    """

    def __init__(
        self, rebound: Rebound, database_id: str = "(default)", project: str | None = None
    ) -> None:
        project = project or rebound.project
        self.client = firestore.Client(project=project, database=database_id)
        self.name = f"projects/{project}/databases/{database_id}"
        self._api = self.client._firestore_api  # noqa: SLF001 - the client refuses some documents
        self._metadata = self.client._rpc_metadata  # noqa: SLF001 - names the database

    @property
    def admin(self) -> FirestoreAdminClient:
        """Return a client of the administration, where the documents are."""
        return administration(self._api.transport.grpc_channel)

    def write(self, documents: Mapping[str, Mapping[str, Any]]) -> None:
        """Set documents, path to fields; a field is a raw value or a plain one."""
        writes = [
            types.Write(update=types.Document.wrap(self.message(path, fields)))
            for path, fields in documents.items()
        ]
        for start in range(0, len(writes), _BATCH):
            request = {"database": self.name, "writes": writes[start : start + _BATCH]}
            self._api.commit(request=request, metadata=self._metadata)

    def delete(self, *paths: str) -> None:
        """Delete documents."""
        writes = [types.Write(delete=f"{self.name}/documents/{path}") for path in paths]
        self._api.commit(request={"database": self.name, "writes": writes}, metadata=self._metadata)

    def lose(self, *paths: str) -> None:
        """Delete documents that are there, and see that they are gone."""
        assert self.content().keys() >= set(paths)
        self.delete(*paths)
        assert not self.content().keys() & set(paths)

    def message(self, path: str, fields: Mapping[str, Any]) -> Any:  # noqa: ANN401 - a protobuf message
        """Return a document's message."""
        document = _Document(name=f"{self.name}/documents/{path}")
        for field, value in fields.items():
            document.fields[field].CopyFrom(raw(value))
        return document

    def content(self, read_time: datetime | None = None) -> dict[str, bytes]:
        """Return every document's fields as canonical bytes, by path."""
        query = {"from_": [{"all_descendants": True}]}
        request: dict[str, Any] = {
            "parent": f"{self.name}/documents",
            "structured_query": query,
        }
        if read_time is not None:
            request["read_time"] = read_time
        found = {}
        for answer in self._api.run_query(request=request, metadata=self._metadata):
            if answer.document.name:
                document = types.Document.pb(answer.document)
                fields = _Document(fields=document.fields)
                path = document.name.split("/documents/", 1)[1]
                found[path] = fields.SerializeToString(deterministic=True)
        return found


def raw(value: Any) -> Any:  # noqa: ANN401 - any value Firestore has
    """Return a value's message."""
    if isinstance(value, _Value):
        return value
    if isinstance(value, dict):
        return _Value(map_value={"fields": {key: raw(item) for key, item in value.items()}})
    if isinstance(value, list):
        return _Value(array_value={"values": [raw(item) for item in value]})
    kinds: dict[type, str] = {
        bool: "boolean",
        int: "integer",
        float: "double",
        str: "string",
        bytes: "bytes",
    }
    if isinstance(value, datetime):
        message = _Value()
        message.timestamp_value.FromDatetime(value.astimezone(UTC).replace(tzinfo=None))
        return message
    return _Value(**{f"{kinds[type(value)]}_value": value}) if value is not None else NULL


def every_type(database: str) -> dict[str, Any]:
    """Return fields with every value type and its extremes.

    Args:
        database: The database that references point into.
    """
    other = "projects/somebody-else/databases/other-db/documents/users/u1"
    vector = {"__type__": "__vector__", "value": [1.5, 0.0, 3.0]}
    return {
        "null": None,
        "true": True,
        "false": False,
        "largest": 2**63 - 1,
        "smallest": -(2**63),
        "beyond_double": 2**53 + 1,
        "whole_double": 3.0,
        "zero": 0.0,
        "nan": float("nan"),
        "payload_nan": struct.unpack("<d", struct.pack("<Q", 0x7FF8_0000_0000_0001))[0],
        "infinity": float("inf"),
        "minus_infinity": float("-inf"),
        "tiny": 5e-324,
        "empty_text": "",
        "text": "ünïcode \U0001f3c0 \0 nul",
        "bytes": bytes(range(256)),
        "empty_bytes": b"",
        "instant": datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC),
        "ancient": _Value(timestamp_value={"seconds": -62135596800}),
        "last": _Value(timestamp_value={"seconds": 253402300799, "nanos": 999999000}),
        "place": _Value(geo_point_value={"latitude": -90.0, "longitude": 180.0}),
        "reference": _Value(reference_value=f"{database}/documents/a/b"),
        "reference_elsewhere": _Value(reference_value=other),
        "vector": vector,
        "empty_map": {},
        "empty_list": [],
        "nested": {"z": [{"b": [1, None, {"c": {}}]}], "a": {"y": 1, "x": 2}},
        "dots.in.name": 1,
        "back`tick": 2,
        "späce key": {"x.y": {"`": 3}},
    }


def referring(fields: bytes, database: str) -> bytes:
    """Return the fields of `every_type` with the reference into another database."""
    document = _Document.FromString(fields)
    document.fields["reference"].reference_value = f"{database}/documents/a/b"
    content: bytes = document.SerializeToString(deterministic=True)
    return content


def awkward(database: str) -> dict[str, dict[str, Any]]:
    """Return documents with every value type and every awkward name, missing parents included."""
    return {
        "types/every": every_type(database),
        "types/empty": {},
        f"{AWKWARD_ID}/{AWKWARD_ID}": {"id": AWKWARD_ID},
        "types/__id7__": {"numeric": 7},
        "types/__id-9__": {"numeric": -9},
        "types/__id10__": {"numeric": 10},
        "missing/parent/below/first": {"n": 1},
        "missing/parent/below/first/deeper/second": {"n": 2},
        "phase3_completion/2026-01-02": {
            "player_game_summary": {"status": "success", "record_count": 281},
            "_completed_count": 1,
        },
        "prediction_batches/batch_1": {"batch_id": "batch_1", "is_complete": False},
        "prediction_batches/batch_1/completions/lebron": {"predictions_count": 3},
        "types/every/processing_locks/kept": {"n": 3},
        "processing_locks/p_2026-01-02": {"processor": "p"},
        "processor_heartbeats/p": {"status": "running"},
    }
