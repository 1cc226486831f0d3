"""Google's clients, made here alone: every call of one ends in time, and every answer tells the time.

Their own defaults differ from call to call, and some wait for ever: `jobs.insert`, `jobs.get` and
`jobs.getQueryResults` of BigQuery have no time-out unless one is given.
"""

from collections.abc import Mapping
from typing import override

import google.auth
import requests
from google.auth.transport.requests import AuthorizedSession, Request
from google.cloud import bigquery, storage
from google.oauth2.id_token import fetch_id_token_credentials
from requests.adapters import HTTPAdapter

from manifests.cloud.clock import ServiceClock
from manifests.cloud.retry import calling, cloud_errors

CALL_SECONDS = 60
"""How long a call may say nothing: to be connected, and between two pieces of its answer."""

_ALL_OF_CLOUD = "https://www.googleapis.com/auth/cloud-platform"

type _TimeOut = float | tuple[float, float] | tuple[float, None] | None
type _Certificate = bytes | str | tuple[bytes | str, bytes | str] | None


class _Adapter(HTTPAdapter):
    """Sends the requests of a session, with one time-out whatever the client asks for.

    Args:
        seconds: The time-out.
        clock: Told the `Date` of every answer.
    """

    def __init__(self, seconds: float, clock: ServiceClock | None) -> None:
        super().__init__()
        self._seconds = seconds
        self._clock = clock

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
        asked = self._clock.passed() if self._clock else 0.0
        answer = super().send(
            request,
            stream=stream,
            timeout=self._seconds,
            verify=verify,
            cert=cert,
            proxies=proxies,
        )
        if self._clock:
            self._clock.hear(answer.headers.get("Date", ""), asked=asked)
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
    # For traces that nobody takes, threads of its own would read each bucket: a call without end,
    # and a permission more.
    client._bucket_metadata_cache = None  # type: ignore[assignment]  # noqa: SLF001 - no argument leaves it out
    session: AuthorizedSession = client._http  # noqa: SLF001 - nothing public gives the session

    def ask() -> None:
        with cloud_errors("the time of Cloud Storage"):
            calling(lambda: session.head(client.api_endpoint))

    clock = ServiceClock(ask)
    _bound(session, seconds, clock)
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
    _bound(client._http, seconds, None)  # noqa: SLF001 - as above
    return client


def rest_session(*, seconds: float = CALL_SECONDS) -> AuthorizedSession:
    """Return a session for the REST APIs that have no client here.

    Args:
        seconds: The time-out of each call.

    Raises:
        google.auth.exceptions.DefaultCredentialsError: There are no credentials.
    """
    credentials, _ = google.auth.default(scopes=[_ALL_OF_CLOUD])
    session = AuthorizedSession(credentials)
    _bound(session, seconds, None)
    return session


def service_session(audience: str, *, seconds: float) -> AuthorizedSession:
    """Return a session whose requests carry an identity token for one service.

    Args:
        audience: The address of the service.
        seconds: The time-out of each call.

    Raises:
        DefaultCredentialsError: No service account's credentials are set up. Those of a person give
            no token for an audience (google-auth, google.oauth2.id_token).
    """
    session = AuthorizedSession(fetch_id_token_credentials(audience, Request()))
    _bound(session, seconds, None)
    return session


def _bound(session: AuthorizedSession, seconds: float, clock: ServiceClock | None) -> None:
    for scheme in ("https://", "http://"):
        session.mount(scheme, _Adapter(seconds, clock))
