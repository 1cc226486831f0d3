"""Many small objects for a benchmark: written, damaged and looked at over plain HTTP."""

import http.client
import json
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import local
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

CONNECTIONS = 4
_TIMEOUT_SECONDS = 600


def name_of(number: int) -> str:
    """Return the name of an object: `part-P/F/NNNNNN.json`, 10,000 a part, 1,000 a folder."""
    return f"part-{number // 10_000}/{number // 1000 % 10}/{number:06d}.json"


def content_of(number: int) -> bytes:
    """Return the content of an object: about 500 bytes, no two alike."""
    return json.dumps({"game": number, "plays": [number * play for play in range(60)]}).encode()


class Lake:
    """A bucket that a benchmark fills and damages.

    Args:
        url: Where the storage stand-in answers.
        name: The bucket.
    """

    def __init__(self, url: str, name: str) -> None:
        self.name = name
        self._address = urlsplit(url).netloc
        self._threads = local()

    def fill(self, numbers: Iterable[int]) -> None:
        """Write the objects with these numbers."""
        self._all(lambda number: self._put(number, content_of(number)), numbers)

    def damage(self, numbers: Iterable[int]) -> None:
        """Overwrite objects with garbage of another size."""
        self._all(lambda number: self._put(number, b"garbage"), numbers)

    def configure(self, **patch: Any) -> None:  # noqa: ANN401 - JSON
        """Change the bucket's configuration."""
        self._call("PATCH", f"/storage/v1/b/{self.name}", json.dumps(patch).encode())

    def let_pass(self, seconds: float) -> None:
        """Let time pass, after which soft-deleted versions are gone; removing many takes long."""
        self._call("POST", "/standin/clock", json.dumps({"advance_seconds": seconds}).encode())

    def sizes(self, prefix: str) -> dict[str, int]:
        """Return the size of every live object below a prefix."""
        query = {"prefix": prefix, "fields": "items(name,size),nextPageToken"}
        found: dict[str, int] = {}
        while True:
            page = json.loads(self._call("GET", f"/storage/v1/b/{self.name}/o?{urlencode(query)}"))
            found |= {item["name"]: int(item["size"]) for item in page.get("items", ())}
            if "nextPageToken" not in page:
                return found
            query["pageToken"] = page["nextPageToken"]

    def check(self, prefix: str, numbers: Sequence[int]) -> None:
        """Insist that exactly these objects are below a prefix, each with its own size."""
        wanted = {name_of(number): len(content_of(number)) for number in numbers}
        if self.sizes(prefix) != wanted:
            message = f"{self.name}/{prefix} is not what it was: the benchmark measured nothing"
            raise RuntimeError(message)

    def _put(self, number: int, content: bytes) -> None:
        query = f"uploadType=media&name={quote(name_of(number), safe='')}"
        self._call("POST", f"/upload/storage/v1/b/{self.name}/o?{query}", content)

    def _all(self, work: Callable[[int], None], numbers: Iterable[int]) -> None:
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            list(pool.map(work, numbers))

    def _call(self, method: str, target: str, content: bytes | None = None) -> bytes:
        connection = getattr(self._threads, "connection", None)
        if connection is None:
            connection = http.client.HTTPConnection(self._address, timeout=_TIMEOUT_SECONDS)
            self._threads.connection = connection
        headers = {"Content-Type": "application/json"} if content is not None else {}
        connection.request(method, target, content, headers)
        answer = connection.getresponse()
        body: bytes = answer.read()
        if answer.status >= http.client.BAD_REQUEST:
            raise RuntimeError(body.decode())
        return body
