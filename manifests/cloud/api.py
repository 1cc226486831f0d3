"""The JSON API of Cloud Storage, called directly: one small request an object, many in flight.

The Python client spends about a millisecond of processor time on each object, which bounds what
one process can list, copy and restore. This spends a sixth of that, with the client's own
credentials and endpoint, on one connection a thread.
"""

import http.client
import json
import re
import threading
from collections.abc import Sequence
from contextlib import nullcontext
from urllib.parse import quote, urlsplit

from google.api_core import exceptions as google_errors
from google.auth import exceptions as auth_errors
from google.auth.transport.requests import Request
from google.cloud import storage

from manifests.cloud.batch import BATCH_PATH, ApiCall, Query, batch_answers, batch_request
from manifests.cloud.clients import CALL_SECONDS
from manifests.cloud.retry import calling, is_transient
from manifests.model import Resource

_HTTP_ERROR = 400
_UNAUTHORIZED = 401
_BUCKET = re.compile(r"\bb/([^/]+)")
_REQUESTER_PAYS = "requester pays"


class StorageApi:
    """Calls of the JSON API. Safe to share between threads.

    Args:
        client: Gives the endpoint, the credentials, and the project that pays for calls about a
            bucket whose requester pays.
    """

    def __init__(self, client: storage.Client) -> None:
        # The only way to the credentials the client really uses, impersonated ones included.
        self._credentials = client._credentials  # noqa: SLF001
        self._refreshing = Request()
        self._lock = threading.Lock()
        self._project = client.project
        self._paying: set[str] = set()
        self._endpoint = urlsplit(client.api_endpoint)
        self._threads = threading.local()

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
        try:
            return self._tried(self._paid(ApiCall(method, path, query, body)))
        except google_errors.BadRequest as error:
            unpaid = set(_BUCKET.findall(path)) - self._paying
            if _REQUESTER_PAYS not in str(error.message).lower() or not unpaid:
                raise
            self._paying |= unpaid
        return self._tried(self._paid(ApiCall(method, path, query, body)))

    def _paid(self, call: ApiCall) -> ApiCall:
        """Name the project that pays for a call about a bucket whose requester pays."""
        if self._paying.isdisjoint(_BUCKET.findall(call.path)):
            return call
        return call._replace(query={**call.query, "userProject": self._project})

    def _tried(self, call: ApiCall) -> Resource:
        method, target, content = call.method, call.target, call.content
        # Nearly every call succeeds at once, and what `calling` costs adds up over millions of them.
        try:
            return self._once(method, target, content)
        except (google_errors.GoogleAPICallError, auth_errors.TransportError, OSError) as error:
            if not is_transient(error):
                raise
        return calling(lambda: self._once(method, target, content))

    def at_once(self, calls: Sequence[ApiCall]) -> list[Resource | None]:
        """Try up to 100 calls in one request, in any order, each once.

        Returns:
            The answer of each call; None for one that failed or of which nothing is known.
        """
        content, content_type = batch_request([self._paid(call) for call in calls])
        try:
            status, answer, answer_type = self._exchange("POST", BATCH_PATH, content, content_type)
        except (auth_errors.TransportError, OSError):
            return [None] * len(calls)
        if status >= _HTTP_ERROR:
            return [None] * len(calls)
        return batch_answers(answer, answer_type, len(calls))

    def _once(self, method: str, target: str, content: bytes | None) -> Resource:
        status, answer, _ = self._exchange(method, target, content)
        if status == _UNAUTHORIZED:
            with self._lock:
                self._credentials.refresh(self._refreshing)
            status, answer, _ = self._exchange(method, target, content)
        if status >= _HTTP_ERROR:
            raise _api_error(status, answer)
        try:
            document = json.loads(answer or b"{}")
        except ValueError as error:
            message = f"the answer to {method} {target} is not whole"
            raise ConnectionError(message) from error
        if not isinstance(document, dict):
            message = f"the answer to {method} {target} is no JSON object"
            raise ConnectionError(message)
        return document

    def _exchange(
        self,
        method: str,
        target: str,
        content: bytes | None,
        content_type: str = "application/json",
    ) -> tuple[int, bytes, str]:
        """Send one request and read its answer, on this thread's own connection."""
        headers = {"Content-Type": content_type} if content is not None else {}
        self._authorize(method, f"{self._endpoint.geturl()}{target}", headers)
        connection = self._connection()
        try:
            connection.request(method, target, content, headers)
            answer = connection.getresponse()
            return answer.status, answer.read(), answer.headers.get("Content-Type", "")
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            if isinstance(error, ConnectionError | TimeoutError):
                raise
            raise ConnectionError(str(error)) from error

    def _authorize(self, method: str, url: str, headers: dict[str, str]) -> None:
        """Add the credentials; when they have run out, one thread renews them for all."""
        with nullcontext() if self._credentials.valid else self._lock:
            self._credentials.before_request(self._refreshing, method, url, headers)

    def _connection(self) -> http.client.HTTPConnection:
        connection: http.client.HTTPConnection | None
        connection = getattr(self._threads, "connection", None)
        if connection is None:
            is_plain = self._endpoint.scheme == "http"
            kind = http.client.HTTPConnection if is_plain else http.client.HTTPSConnection
            connection = kind(self._endpoint.netloc, timeout=CALL_SECONDS)
            self._threads.connection = connection
        return connection


def object_path(bucket: str, name: str) -> str:
    """Return the path of an object; every character that means something in a URL is quoted."""
    return f"b/{bucket}/o/{quote(name, safe='')}"


def _api_error(status: int, content: bytes) -> google_errors.GoogleAPICallError:
    try:
        details = json.loads(content)["error"]
        reasons = tuple(item for item in details.get("errors", ()) if isinstance(item, dict))
        message = str(details.get("message", ""))
    except (AttributeError, ValueError, KeyError, TypeError):
        reasons, message = (), content[:200].decode("utf-8", "replace")
    made: google_errors.GoogleAPICallError = google_errors.from_http_status(
        status, message, errors=reasons
    )
    return made
