"""What the handlers of requests share, and one request as they see it."""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope

from tests.standin.database import open_database
from tests.standin.storage.contents import ContentStore, Digest
from tests.standin.storage.database import SCHEMA
from tests.standin.storage.errors import StorageError
from tests.standin.storage.rates import Rates
from tests.standin.storage.times import Clock

# Work behind a request does not go on after a restart; its operation says so.
ABANDON_OPERATIONS = """
UPDATE operations SET done = 1, resource = json_set(
    resource, '$.done', json('true'),
    '$.error', json('{"code": 10, "message": "The service was restarted."}')
) WHERE done = 0
"""


@dataclass(slots=True)
class Service:
    """The state of the service.

    Attributes:
        database: metadata.
        contents: bytes of objects, and those that uploads have received so far.
        clock: now.
        digests: running checksums of resumable uploads, by upload id.
        entry: the whole app with its faults, for the calls inside a batch.
        tasks: work that goes on behind requests.
        lacking: permissions that no caller has.
        keys: keys of Cloud KMS that cannot be used, and why: disabled or denied.
        unsaid: by bucket, fields that listings of its objects leave out.
        rates: how often names were written.
    """

    database: sqlite3.Connection
    contents: ContentStore
    clock: Clock
    digests: dict[str, Digest] = field(default_factory=dict)
    entry: ASGIApp | None = None
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    lacking: frozenset[str] = frozenset()
    keys: dict[str, str] = field(default_factory=dict)
    unsaid: dict[str, frozenset[str]] = field(default_factory=dict)
    rates: Rates = field(default_factory=Rates)

    @classmethod
    def open(cls, folder: Path) -> "Service":
        """Open the state in a folder, and drop what a killed process left half-done."""
        folder.mkdir(parents=True, exist_ok=True)
        database = open_database(folder / "metadata.sqlite", SCHEMA)
        service = cls(database, ContentStore(folder / "contents"), Clock(database))
        service._sweep()
        database.execute(ABANDON_OPERATIONS)
        return service

    def _sweep(self) -> None:
        """Remove contents that no object and no upload knows."""
        known = {row[0] for row in self.database.execute("SELECT content FROM objects")}
        known |= {row[0] for row in self.database.execute("SELECT content FROM parts")}
        known |= {row[0] for row in self.database.execute("SELECT id FROM uploads")}
        for content_id in self.contents.ids():
            if content_id not in known:
                self.contents.remove(content_id)


@dataclass(slots=True)
class Call:
    """One request.

    Attributes:
        service: the state.
        scope: the request as ASGI gives it.
        receive: where its body comes from.
        path: values of the path's placeholders, decoded.
        query: the parameters; the last one of a name counts.
        headers: the headers.
    """

    service: Service
    scope: Scope
    receive: Receive
    path: dict[str, str]
    query: dict[str, str]
    headers: Headers

    @property
    def origin(self) -> str:
        """The address that the client knows this service by."""
        return f"{self.scope['scheme']}://{self.headers.get('host', '127.0.0.1')}"

    async def stream(self) -> AsyncIterator[bytes]:
        """Yield the body in pieces as they come.

        Raises:
            ClientDisconnect: the client went away before the end.
        """
        more = True
        while more:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            more = message.get("more_body", False)
            if data := message.get("body"):
                yield data

    async def body(self) -> bytes:
        """Return the whole body."""
        return b"".join([data async for data in self.stream()])

    async def json(self) -> dict[str, Any]:
        """Return the body as a JSON object; an empty body is an empty object.

        Raises:
            StorageError: it is no JSON object.
        """
        return parse_json(await self.body())

    def repeated(self, name: str) -> list[str]:
        """Return every value of a parameter."""
        pairs = parse_qsl(self.scope["query_string"].decode(), keep_blank_values=True)
        return [value for key, value in pairs if key == name]

    def flag(self, name: str) -> bool:
        """Return a parameter as a boolean; one that is not given is false."""
        return self.query.get(name, "").lower() == "true"


def _parse_error() -> StorageError:
    return StorageError(400, "parseError", "Parse Error")


def parse_json(data: bytes) -> dict[str, Any]:
    """Return bytes as a JSON object; no bytes and null are an empty one.

    Raises:
        StorageError: they are no JSON object.
    """
    try:
        value = json.loads(data or b"{}") or {}
    except ValueError as error:
        raise _parse_error() from error
    if not isinstance(value, dict):
        raise _parse_error()
    return value
