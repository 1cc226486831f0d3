"""Writes documents into Firestore, with nothing but Python: those that `documents.py` shows.

    python3 firestore.py DATABASE < answers/DATABASE.documents.jsonl

PROJECT says in which project the database is; FIRESTORE may say where it answers. `gcloud` says who asks, and is asked
again when that has ended, after an hour: what it says is kept in no file. What is there is never written
over: a document that is there, and is another, is named, and the end is 1. Call it again to go on: what is
there and equal is passed by.
"""

import http.client
import json
import os
import subprocess  # nosec B404
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from typing import Any
from urllib.parse import quote, urlsplit

# A request to Firestore has 10 MiB at most (Firestore, Quotas and limits), and so many writes (REST, batchWrite).
MOST_BYTES = 4 * 1024 * 1024
MOST_WRITES = 500
TRIES = 6
AGAIN = (408, 429, 500, 502, 503, 504)
# DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, ABORTED, INTERNAL and UNAVAILABLE, of one write (google.rpc, Code).
WRITE_AGAIN = (4, 8, 10, 13, 14)
OK, UNKNOWN_CALLER = 200, 401
WAITS_SECONDS = 1.0
TOLD = 20


class CallError(Exception):
    """Firestore did not do what it was asked."""


class Database:
    """One database, as its REST API answers."""

    def __init__(self, project: str, database: str) -> None:
        self.address = urlsplit(os.environ.get("FIRESTORE") or "https://firestore.googleapis.com")
        self.root = f"projects/{project}/databases/{database}/documents"
        is_plain = self.address.scheme == "http"
        kind = http.client.HTTPConnection if is_plain else http.client.HTTPSConnection
        self.connection = kind(self.address.netloc, timeout=120)
        self.who = token()

    def call(self, method: str, body: Any) -> Any:  # noqa: ANN401 - JSON
        """Return what a call answers.

        Raises:
            CallError: It was refused, or did not answer.
        """
        content = json.dumps(body).encode()
        for tried in range(1, TRIES + 1):
            try:
                status, answer = self.answered(method, content)
            except (OSError, http.client.HTTPException) as error:
                self.connection.close()
                status, answer = AGAIN[-1], repr(error).encode()
            if status == OK:
                return json.loads(answer)
            if status == UNKNOWN_CALLER and tried < TRIES:
                self.who = token()
            elif status not in AGAIN:
                break
            time.sleep(WAITS_SECONDS * 2**tried)
        raise CallError(f"Firestore answered {status}: {answer.decode(errors='replace')[:300]}")

    def answered(self, method: str, content: bytes) -> "tuple[int, bytes]":
        """Return the status and the body of one answer, over one connection while that lasts."""
        headers = {"Authorization": f"Bearer {self.who}", "Content-Type": "application/json"}
        self.connection.request("POST", f"/v1/{quote(self.root)}:{method}", content, headers)
        answer = self.connection.getresponse()
        return answer.status, answer.read()


def token() -> str:
    """Return what shows who asks.

    Raises:
        CallError: `gcloud` does not say it.
    """
    # No shell, and no argument comes from outside.
    command = ["gcloud", "auth", "print-access-token"]
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True)  # noqa: S603  # nosec B603
    except (OSError, subprocess.CalledProcessError) as error:
        raise CallError(f"gcloud does not say who asks: {error}") from error
    return done.stdout.decode().strip()


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
    """Write the documents that are missing, and yield why each of the others is not as it has to be."""
    wanted = {f"{database.root}/{item['path']}": item for item in some}
    refused: dict[str, Any] = {}
    left = list(wanted)
    for tried in range(TRIES):
        writes = [
            {
                "update": {"name": name, "fields": wanted[name]["fields"]},
                "currentDocument": {"exists": False},
            }
            for name in left
        ]
        answer = database.call("batchWrite", {"writes": writes})
        refused.update(zip(left, answer["status"]))  # noqa: B905 - since Python 3.10
        left = [name for name in left if refused[name].get("code") in WRITE_AGAIN]
        if not left:
            break
        time.sleep(WAITS_SECONDS * 2**tried)
    asked = [name for name in wanted if refused[name].get("code")]
    answers = database.call("batchGet", {"documents": asked}) if asked else []
    there = {item["found"]["name"]: item["found"] for item in answers if "found" in item}
    for name in asked:
        path = wanted[name]["path"]
        if name not in there:
            yield f"{path}: {refused[name].get('message')}"
        elif plain({"mapValue": there[name]}) != plain({"mapValue": wanted[name]}):
            yield f"{path}: it is there, and is another"


def plain(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Return a form of a value that is the same for equal values: Firestore may leave a zero out."""
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


def main(arguments: list[str]) -> int:
    """Write what is read; return the exit code."""
    if len(arguments) != 1 or "PROJECT" not in os.environ:
        sys.stderr.write(__doc__ or "")
        return 2
    count = 0
    wrong: list[str] = []
    try:
        database = Database(os.environ["PROJECT"], arguments[0])
        with closing(database.connection):
            for some in batches(sys.stdin):
                wrong += write(database, some)
                count += len(some)
    except CallError as error:
        wrong.append(str(error))
    for line in wrong[:TOLD]:
        sys.stderr.write(f"{line}\n")
    sys.stderr.write(
        f"{count} documents of {arguments[0]} were looked at: {len(wrong)} not as they were\n"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
