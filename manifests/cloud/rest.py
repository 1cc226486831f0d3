"""Google's REST APIs as they are: JSON in, JSON out.

Typed clients drop the fields that are younger than they are, so that what they read is no backup.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import requests
from google.api_core import exceptions as google_errors

from manifests.cloud.clients import CALL_SECONDS, rest_session
from manifests.cloud.retry import calling
from manifests.model import Resource

_HTTP_ERROR = 400

type Query = Mapping[str, str | int]


class Rest:
    """Calls of REST APIs. Safe to share between threads.

    Args:
        endpoint: What stands before the host in an address.
    """

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._session = rest_session()

    def call(
        self,
        method: str,
        host: str,
        path: str,
        *,
        query: Query | None = None,
        body: Resource | None = None,
    ) -> dict[str, Any]:
        """Make a call, again while its failure is transient, and return the answer's JSON.

        Args:
            method: The HTTP method.
            host: The API's, as `pubsub.googleapis.com`.
            path: With the version; what means something in a URL is quoted here, but for `%`.
            query: Parameters.
            body: The request's JSON.

        Raises:
            google.api_core.exceptions.GoogleAPICallError: The API refused.
            ConnectionError: The answer is not JSON.
            requests.exceptions.RequestException: The API could not be reached.
        """
        address = f"{self._endpoint}/{host}/{quote(path, safe='/:@()-_.~%')}"
        return calling(lambda: self._answer(method, address, query, body))

    def fetch(self, address: str) -> bytes:
        """Return what is at a signed address, which takes no credentials.

        Raises:
            google.api_core.exceptions.GoogleAPICallError: It was refused.
            requests.exceptions.RequestException: It could not be fetched whole.
        """

        def fetched() -> bytes:
            answer = requests.get(address, timeout=CALL_SECONDS)
            if answer.status_code >= _HTTP_ERROR:
                raise google_errors.from_http_response(answer)
            return answer.content

        return calling(fetched)

    def put(self, address: str, content: bytes, content_type: str) -> None:
        """Write to a signed address, which takes no credentials.

        Raises:
            google.api_core.exceptions.GoogleAPICallError: It was refused.
            requests.exceptions.RequestException: It could not be written whole.
        """

        def written() -> None:
            answer = requests.put(
                address, content, headers={"Content-Type": content_type}, timeout=CALL_SECONDS
            )
            if answer.status_code >= _HTTP_ERROR:
                raise google_errors.from_http_response(answer)

        calling(written)

    def _answer(
        self, method: str, address: str, query: Query | None, body: Resource | None
    ) -> dict[str, Any]:
        # The time-out is the session's own.
        answer = self._session.request(method, address, params=query, json=body)
        if answer.status_code >= _HTTP_ERROR:
            raise google_errors.from_http_response(answer)
        try:
            document = answer.json() if answer.content else {}
        except ValueError as error:
            message = f"the answer to {method} {address} is no JSON"
            raise ConnectionError(message) from error
        if not isinstance(document, dict):
            message = f"the answer to {method} {address} is no JSON object"
            raise ConnectionError(message)
        return document
