"""Google's REST APIs as they are: JSON in, JSON out.

Typed clients drop the fields that are younger than they are, so that what they read is no backup.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlencode

from manifests.cloud.clients import CALL_SECONDS, cloud_credentials
from manifests.cloud.http import Http
from manifests.cloud.pages import pages
from manifests.cloud.retry import MOST_ATTEMPTS, calling
from manifests.values import Resource

type Query = Mapping[str, str | int | tuple[str, ...]]


class Rest:
    """Calls of REST APIs. Safe to share between threads.

    Args:
        endpoint: What stands before the host in an address.
        require: Called with the address of each host before a call of it; raises where the host
            does not answer. A call by itself is tried again for minutes.

    Raises:
        google.auth.exceptions.DefaultCredentialsError: There are no credentials.
    """

    def __init__(self, endpoint: str, *, require: Callable[[str], None] | None = None) -> None:
        self._endpoint = endpoint
        self._require = require
        self._http = Http(cloud_credentials(), seconds=CALL_SECONDS)
        self._signed = Http(None, seconds=CALL_SECONDS)

    def call(
        self,
        method: str,
        host: str,
        path: str,
        *,
        query: Query | None = None,
        body: Resource | None = None,
        is_repeatable: bool = True,
    ) -> dict[str, Any]:
        """Make a call, again while its failure is transient, and return the answer's JSON.

        Args:
            method: The HTTP method.
            host: The API's, as `pubsub.googleapis.com`.
            path: With the version; what means something in a URL is quoted here, but for `%`.
            query: Parameters; one of several values is sent once for each.
            body: The request's JSON.
            is_repeatable: Whether a second call has no further effect. A call that is not
                repeatable is made once, even where its answer is lost.

        Raises:
            google.api_core.exceptions.GoogleAPICallError: The API refused.
            OSError: The API could not be reached, or the answer is not whole or no JSON object.
            CloudError: Its host does not answer, where that was asked for.
        """
        given = f"?{urlencode(query, doseq=True)}" if query else ""
        if self._require is not None:
            self._require(f"{self._endpoint}/{host}")
        address = f"{self._endpoint}/{host}/{quote(path, safe='/:@()-_.~%')}{given}"
        attempts = MOST_ATTEMPTS if is_repeatable else 1
        return self._http.json(method, address, body, attempts=attempts)

    def pages(self, host: str, path: str, query: Query) -> Iterator[Resource]:
        """Yield the pages of a list, each as `call` returns it."""
        return pages(lambda asked: self.call("GET", host, path, query=asked), query)

    def fetch(self, address: str) -> bytes:
        """Return what is at a signed address, which takes no credentials.

        Raises:
            Exception: As `call`.
        """
        return calling(lambda: self._signed.once("GET", address)).content

    def put(self, address: str, content: bytes, content_type: str) -> None:
        """Write to a signed address, which takes no credentials.

        Raises:
            Exception: As `call`.
        """
        headers = {"Content-Type": content_type}
        calling(lambda: self._signed.once("PUT", address, content, headers))
