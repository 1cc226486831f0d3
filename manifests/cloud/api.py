"""The JSON API of Cloud Storage, called directly: one small request an object, many in flight.

The Python client spends about a millisecond of processor time on each object, which bounds what
one process can list, copy and restore. This spends a third of that, with the client's own
credentials and endpoint.
"""

import json
from typing import Any
from urllib.parse import quote, urlencode

import urllib3
from google.api_core import exceptions as google_errors
from google.auth.transport.urllib3 import AuthorizedHttp
from google.cloud import storage

from manifests.cloud.retry import calling, is_transient
from manifests.model import Resource

_TIMEOUT = urllib3.Timeout(connect=20, read=60)
_HTTP_ERROR = 400

type Query = dict[str, str | int | None]


class StorageApi:
    """Calls of the JSON API. Safe to share between threads.

    Args:
        client: Gives the endpoint and the credentials.
        connections: Connections kept open, at least as many as threads that call.
    """

    def __init__(self, client: storage.Client, *, connections: int) -> None:
        pool = urllib3.PoolManager(maxsize=connections)
        # The only way to the client's credentials; google.auth.default() would not see those that
        # an emulator or an impersonation gave the client.
        self._http = AuthorizedHttp(client._http.credentials, http=pool)  # noqa: SLF001
        self._root = f"{client.api_endpoint}/storage/v1"

    def call(self, method: str, path: str, query: Query, body: Resource | None = None) -> Resource:
        """Make a call, again while its failure is transient, and return the answer's JSON.

        Args:
            method: The HTTP method.
            path: Below `/storage/v1`, quoted.
            query: Parameters; those that are None are left out.
            body: The request's JSON.

        Raises:
            google.api_core.exceptions.GoogleAPICallError: The API refused.
            ConnectionError: The API could not be reached.
        """
        given = {key: value for key, value in query.items() if value is not None}
        url = f"{self._root}/{path}?{urlencode(given)}" if given else f"{self._root}/{path}"
        content = None if body is None else json.dumps(body).encode()
        try:
            return self._once(method, url, content)
        except (google_errors.GoogleAPICallError, ConnectionError) as error:
            if not is_transient(error):
                raise
        return calling(lambda: self._once(method, url, content))

    def _once(self, method: str, url: str, content: bytes | None) -> Resource:
        headers = {"Content-Type": "application/json"} if content is not None else {}
        try:
            answer = self._http.urlopen(
                method, url, body=content, headers=headers, timeout=_TIMEOUT, retries=False
            )
        except urllib3.exceptions.HTTPError as error:
            raise ConnectionError(str(error)) from error
        if answer.status >= _HTTP_ERROR:
            raise _api_error(answer.status, answer.data)
        if not answer.data:
            return {}
        try:
            document: Resource = json.loads(answer.data)
        except ValueError as error:
            message = "the answer is not whole"
            raise ConnectionError(message) from error
        return document


def object_path(bucket: str, name: str) -> str:
    """Return the path of an object; every character that means something in a URL is quoted."""
    return f"b/{bucket}/o/{quote(name, safe='')}"


def _api_error(status: int, content: bytes) -> google_errors.GoogleAPICallError:
    details: Any = {}
    try:
        details = json.loads(content)["error"]
    except (ValueError, KeyError, TypeError):
        details = {"message": content[:200].decode("utf-8", "replace")}
    made: google_errors.GoogleAPICallError = google_errors.from_http_status(
        status, str(details.get("message", "")), errors=tuple(details.get("errors", ()))
    )
    return made
