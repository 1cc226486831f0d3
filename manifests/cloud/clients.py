"""Makes Google's clients: every call of theirs has a time-out, and their answers set the clock.

Their own defaults differ from call to call, and some wait for ever. That of BigQuery is in a module of its
own, `bigquery`: what asks no table does not import it.
"""

from collections.abc import Mapping
from typing import override

import google.auth
import requests
from google.auth.credentials import Credentials
from google.auth.transport.requests import AuthorizedSession, Request
from google.cloud import storage
from google.oauth2.id_token import fetch_id_token_credentials
from requests.adapters import HTTPAdapter

from manifests.cloud.api import StorageApi
from manifests.cloud.clock import ServiceClock
from manifests.cloud.http import Http
from manifests.cloud.retry import calling, cloud_errors

CALL_SECONDS = 60
"""Seconds that a call waits for the connection, and for each next piece of its answer."""

_ALL_OF_CLOUD = "https://www.googleapis.com/auth/cloud-platform"

type _TimeOut = float | tuple[float, float] | tuple[float, None] | None
type _Certificate = bytes | str | tuple[bytes | str, bytes | str] | None


class _Adapter(HTTPAdapter):
    """Sends the requests of a session, with one time-out whatever the client asks for.

    Args:
        seconds: The time-out.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._seconds = seconds

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
        return super().send(
            request,
            stream=stream,
            timeout=self._seconds,
            verify=verify,
            cert=cert,
            proxies=proxies,
        )


def storage_api(project: str, *, seconds: float = CALL_SECONDS) -> StorageApi:
    """Return the API of Cloud Storage, whose clock tells the time of its answers.

    Args:
        project: The project that pays, where nobody else does.
        seconds: The time-out of each call.
    """
    # Google's client knows where the API is and who asks; calls are cheaper without it.
    client = storage.Client(project=project)
    endpoint: str = client.api_endpoint

    def ask() -> None:
        with cloud_errors("the time of Cloud Storage"):
            calling(lambda: http.exchange("HEAD", endpoint))

    clock = ServiceClock(ask)
    http = Http(client._credentials, seconds=seconds, clock=clock)  # noqa: SLF001 - nothing public gives them
    return StorageApi(http, endpoint, project, clock)


def cloud_credentials() -> Credentials:
    """Return credentials for the REST APIs that have no client here.

    Raises:
        google.auth.exceptions.DefaultCredentialsError: There are none.
    """
    credentials, _ = google.auth.default(scopes=[_ALL_OF_CLOUD])
    return credentials


def service_client(audience: str, *, seconds: float) -> AuthorizedSession:
    """Return a session whose requests carry an identity token for one service.

    Args:
        audience: The address of the service.
        seconds: The time-out of each call.

    Raises:
        DefaultCredentialsError: No service account's credentials are set up. Those of a person give
            no token for an audience (google-auth, google.oauth2.id_token).
    """
    session = AuthorizedSession(fetch_id_token_credentials(audience, Request()))
    bounded(session, seconds)
    return session


def bounded(session: AuthorizedSession, seconds: float) -> None:
    """Give every call of a session one time-out.

    Args:
        session: The session.
        seconds: The time-out.
    """
    for scheme in ("https://", "http://"):
        session.mount(scheme, _Adapter(seconds))
