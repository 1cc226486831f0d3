"""Cloud Storage as jobs use it: list, read and write objects over HTTP."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import requests

from tests.standin.bigquery.errors import BigQueryError, invalid, not_found

_TIMEOUT_SECONDS = 120
_CHUNK_BYTES = 4 * 1024 * 1024
_MOST_TRIES = 3
_ABSENT, _FORBIDDEN = 404, 403


def parse_uri(uri: str) -> tuple[str, str]:
    """Return the bucket and the object name, or pattern, of a gs:// URI.

    Raises:
        BigQueryError: It is no such URI.
    """
    if not uri.startswith("gs://") or "/" not in uri[5:]:
        raise invalid(f"Invalid source or destination URI: {uri}")
    bucket, _, name = uri[5:].partition("/")
    # BigQuery takes several slashes for one (BigQuery, Export table data).
    return bucket, re.sub(r"/{2,}", "/", name)


class Storage:
    """One Cloud Storage service.

    Args:
        url: Its address; empty when there is none.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._session = requests.Session()

    def matching(self, uri: str) -> list[tuple[str, str]]:
        """Return bucket and name of the objects that a URI means, in name order.

        Raises:
            BigQueryError: There is none.
        """
        bucket, pattern = parse_uri(uri)
        prefix = pattern.partition("*")[0]
        exact = re.escape(pattern).replace(r"\*", ".*")
        found = [
            (bucket, name)
            for name in self._names(bucket, prefix)
            if re.fullmatch(exact, name, re.DOTALL)
        ]
        if not found:
            raise not_found("URI", uri)
        return sorted(found)

    def _names(self, bucket: str, prefix: str) -> Iterator[str]:
        token = ""
        while True:
            answer = self._ask(
                "GET",
                f"/storage/v1/b/{quote(bucket, safe='')}/o",
                params={"prefix": prefix, "pageToken": token},
            )
            page = answer.json()
            yield from (item["name"] for item in page.get("items", []))
            token = page.get("nextPageToken", "")
            if not token:
                return

    def download(self, bucket: str, name: str, path: Path) -> int:
        """Write an object to a file and return its size in bytes.

        Raises:
            BigQueryError: It cannot be read.
        """
        target = f"/storage/v1/b/{quote(bucket, safe='')}/o/{quote(name, safe='')}"
        answer = self._ask("GET", target, params={"alt": "media"}, stream=True)
        size = 0
        with answer, path.open("wb") as file:
            for chunk in answer.iter_content(_CHUNK_BYTES):
                size += file.write(chunk)
        return size

    def upload(self, bucket: str, name: str, path: Path) -> None:
        """Store a file as an object.

        Raises:
            BigQueryError: It cannot be written.
        """
        self._ask(
            "POST",
            f"/upload/storage/v1/b/{quote(bucket, safe='')}/o",
            params={"uploadType": "media", "name": name},
            data=path.read_bytes(),
            headers={"Content-Type": "application/octet-stream"},
        )

    def _ask(self, method: str, path: str, **options: object) -> requests.Response:
        if not self._url:
            raise BigQueryError("backendError", "The stand-in was started without --storage")
        answer = None
        for _ in range(_MOST_TRIES):
            try:
                answer = self._session.request(
                    method, self._url + path, timeout=_TIMEOUT_SECONDS, **options
                )
            except requests.RequestException as error:
                problem = str(error)
                continue
            if answer.ok:
                return answer
            problem = f"Cloud Storage answered {answer.status_code}: {answer.text[:200]}"
            if answer.status_code == _ABSENT:
                raise not_found("URI", path)
            if answer.status_code == _FORBIDDEN:
                raise BigQueryError("accessDenied", f"Access Denied: {problem}")
        raise BigQueryError("backendError", problem)
