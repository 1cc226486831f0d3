"""Google's clients, made here alone: every call of one ends in time, and every answer tells the time.

Their own defaults differ from call to call, and some wait for ever: `jobs.insert`, `jobs.get` and
`jobs.getQueryResults` of BigQuery have no time-out unless one is given.
"""

from collections.abc import Callable, Mapping
from typing import override

import requests
from google.auth.transport.requests import AuthorizedSession
from google.cloud import bigquery, storage
from requests.adapters import HTTPAdapter

from manifests.cloud.clock import ServiceClock
from manifests.cloud.retry import calling, cloud_errors

CALL_SECONDS = 60
"""How long a call may say nothing: to be connected, and between two pieces of its answer."""

type _TimeOut = float | tuple[float, float] | tuple[float, None] | None
type _Certificate = bytes | str | tuple[bytes | str, bytes | str] | None


class _Adapter(HTTPAdapter):
    """Sends the requests of a session, with one time-out whatever the client asks for.

    Args:
        seconds: The time-out.
        hear: Told the `Date` of every answer.
    """

    def __init__(self, seconds: float, hear: Callable[[str], None]) -> None:
        super().__init__()
        self._seconds = seconds
        self._hear = hear

    @override
    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: _TimeOut = None,
        verify: bool | str = True,
        cert: _Certificate = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Send a request and return its answer, whose body may still be to come."""
        answer = super().send(
            request,
            stream=stream,
            timeout=self._seconds,
            verify=verify,
            cert=cert,
            proxies=proxies,
        )
        self._hear(answer.headers.get("Date", ""))
        return answer


def storage_client(
    project: str, *, seconds: float = CALL_SECONDS
) -> tuple[storage.Client, ServiceClock]:
    """Return a client of Cloud Storage, and the time that its answers tell.

    Args:
        project: The project that pays, where nobody else does.
        seconds: The time-out of each call.
    """
    client = storage.Client(project=project)
    session: AuthorizedSession = client._http  # noqa: SLF001 - nothing public gives the session

    def ask() -> None:
        with cloud_errors("the time of Cloud Storage"):
            calling(lambda: session.head(client.api_endpoint))

    clock = ServiceClock(ask)
    _bound(session, seconds, clock.hear)
    return client, clock


def bigquery_client(
    project: str, location: str, *, seconds: float = CALL_SECONDS
) -> bigquery.Client:
    """Return a client of BigQuery.

    Args:
        project: The project in which jobs run.
        location: Where they run.
        seconds: The time-out of each call.
    """
    client = bigquery.Client(project=project, location=location)
    _bound(client._http, seconds, lambda _: None)  # noqa: SLF001 - as above
    return client


def _bound(session: AuthorizedSession, seconds: float, hear: Callable[[str], None]) -> None:
    for scheme in ("https://", "http://"):
        session.mount(scheme, _Adapter(seconds, hear))
