"""Writes documents into Firestore, with nothing but Python: those that `documents.py` shows.

    gcloud auth print-access-token > answers/who
    python3 firestore.py DATABASE answers/who < answers/DATABASE.documents.jsonl

PROJECT says in which project the database is; FIRESTORE may say where it answers. What is there is never written
over: a document that is there, and is another, is named, and the end is 1. Call it again to go on: what is
there and equal is passed by.
"""

import http.client
import json
import os
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

# A request to Firestore has 10 MiB at most (Firestore, Quotas and limits), and so many writes (REST, batchWrite).
MOST_BYTES = 4 * 1024 * 1024
MOST_WRITES = 500
TRIES = 6
AGAIN = (408, 429, 500, 502, 503, 504)
OK, MISSING = 200, 404
WAITS_SECONDS = 1.0
TOLD = 20


class CallError(Exception):
    """Firestore did not do what it was asked."""


class Database:
    """One database, as its REST API answers."""

    def __init__(self, project: str, database: str, who: str) -> None:
        self.address = urlsplit(os.environ.get("FIRESTORE") or "https://firestore.googleapis.com")
        self.root = f"projects/{project}/databases/{database}/documents"
        self.headers = {"Authorization": f"Bearer {who}", "Content-Type": "application/json"}

    def call(self, verb: str, path: str, body: Any = None) -> Any:  # noqa: ANN401 - JSON
        """Return what a call answers; None where there is no such document.

        Raises:
            CallError: It was refused, or did not answer.
        """
        content = None if body is None else json.dumps(body).encode()
        for tried in range(1, TRIES + 1):
            try:
                status, answer = self.answered(verb, path, content)
            except (OSError, http.client.HTTPException) as error:
                status, answer = AGAIN[-1], repr(error).encode()
            if status == OK:
                return json.loads(answer)
            if status == MISSING and verb == "GET":
                return None
            if status not in AGAIN:
                break
            time.sleep(WAITS_SECONDS * 2**tried)
        raise CallError(f"Firestore answered {status}: {answer.decode(errors='replace')[:300]}")

    def answered(self, verb: str, path: str, content: "bytes | None") -> "tuple[int, bytes]":
        """Return the status and the body of one answer."""
        is_plain = self.address.scheme == "http"
        kind = http.client.HTTPConnection if is_plain else http.client.HTTPSConnection
        connection = kind(self.address.netloc, timeout=120)
        try:
            connection.request(verb, f"/v1/{quote(self.root)}{path}", content, self.headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


def batches(lines: Iterable[str]) -> Iterator[list[Any]]:
    """Yield documents, as many as one request takes."""
    some: list[Any] = []
    size = 0
    for line in lines:
        if some and (size + len(line) > MOST_BYTES or len(some) == MOST_WRITES):
            yield some
            some, size = [], 0
        some.append(json.loads(line))
        size += len(line)
    if some:
        yield some


def write(database: Database, some: list[Any]) -> Iterator[str]:
    """Write documents that are not there, and say of each that is not as it has to be what is wrong."""
    writes = [
        {
            "update": {"name": f"{database.root}/{item['path']}", "fields": item["fields"]},
            "currentDocument": {"exists": False},
        }
        for item in some
    ]
    answer = database.call("POST", ":batchWrite", {"writes": writes})
    for item, status in zip(some, answer["status"]):  # noqa: B905 - since Python 3.10
        if status.get("code"):
            there = database.call("GET", "/" + quote(item["path"]))
            if there is None:
                yield f"{item['path']}: {status.get('message')}"
            elif plain({"mapValue": there}) != plain({"mapValue": item}):
                yield f"{item['path']}: it is there, and is another"


def plain(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Return a value so that two that are equal are written alike; what is nought may be left out of one."""
    ((name, content),) = value.items()
    if name == "mapValue":
        return [name, {key: plain(item) for key, item in content.get("fields", {}).items()}]
    if name == "arrayValue":
        return [name, [plain(item) for item in content.get("values", [])]]
    if name == "geoPointValue":
        return [name, float(content.get("latitude", 0)), float(content.get("longitude", 0))]
    if name == "timestampValue":
        whole, _, fraction = content.rstrip("Z").partition(".")
        return [name, whole, fraction.rstrip("0")]
    return [name, repr(float(content)) if name == "doubleValue" else content]


def main(words: list[str]) -> int:
    """Write what is read; return the exit code."""
    if len(words) != 2 or "PROJECT" not in os.environ:  # noqa: PLR2004 - a database, and who asks
        sys.stderr.write(__doc__ or "")
        return 2
    who = Path(words[1]).read_text(encoding="utf-8").strip()
    database, count = Database(os.environ["PROJECT"], words[0], who), 0
    wrong: list[str] = []
    try:
        for some in batches(sys.stdin):
            wrong += write(database, some)
            count += len(some)
    except CallError as error:
        wrong.append(str(error))
    for line in wrong[:TOLD]:
        sys.stderr.write(f"{line}\n")
    sys.stderr.write(
        f"{count} documents of {words[0]} were looked at: {len(wrong)} not as they were\n"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
