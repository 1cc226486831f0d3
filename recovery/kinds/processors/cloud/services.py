"""Asks the platform's services to run a processor for a date.

A processor writes for minutes, and one that runs twice at once can write twice. So a request is
repeated only when it was answered, or surely never arrived. It is not repeated when its answer was
lost.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple

import requests
from google.api_core import exceptions as google_errors
from google.auth import exceptions as auth_errors
from google.auth.transport.requests import AuthorizedSession
from urllib3.exceptions import MaxRetryError, NewConnectionError

from manifests.catalog_processors import Processor, Processors, Service
from manifests.cloud.clients import service_client
from manifests.cloud.retry import calling, cloud_errors
from manifests.errors import CloudError, UsageError
from recovery.kinds.processors.rules.outcome import BoundName

_ATTEMPTS = 4
_MOST_CHARACTERS = 300
_REFUSED = frozenset({401, 403, 404})
_GATEWAY_TIMEOUT = 504
_INVOKER = (
    "grant its identity roles/run.invoker on the service, and check the catalog's url and key"
)
_NO_IDENTITY = (
    "identity tokens need a service account: let GOOGLE_APPLICATION_CREDENTIALS name the file that "
    "`gcloud auth application-default login --impersonate-service-account` writes"
)


class ServiceAnswer(NamedTuple):
    """What a service answered.

    Attributes:
        said: What it says of the processor; no proof of anything.
        is_lost: Whether no answer came, so that it may still be at work.
        bound: The bound of the catalog because of which it was not asked; None where it was.
    """

    said: str
    is_lost: bool = False
    bound: BoundName | None = None


class Services:
    """The services of the catalog. Safe to share between threads.

    Args:
        rules: The catalog's processors.
        environment: The environment variables, which hold the API keys.
    """

    def __init__(self, rules: Processors, environment: Mapping[str, str]) -> None:
        self._rules = rules
        self._environment = environment
        self._clients: dict[str, AuthorizedSession] = {}

    def prepare(self, processors: Iterable[Processor]) -> None:
        """Make sure that these processors can be asked for, before anything is run.

        Raises:
            UsageError: The key of a service is not set.
            CloudError: There are no credentials that give identity tokens.
        """
        wanted = {item.service for item in processors}
        for service in self._rules.services:
            if service.name not in wanted:
                continue
            self._key(service)
            try:
                client = service_client(service.url, seconds=service.longest_seconds)
            except auth_errors.DefaultCredentialsError as error:
                raise CloudError(str(error), subject=service.url, hint=_NO_IDENTITY) from error
            self._clients[service.name] = client

    def run(
        self, processor: Processor, day: date, *, before: Callable[[], ServiceAnswer | None]
    ) -> ServiceAnswer:
        """Ask for one date of a processor, again while a second request surely does no harm.

        Args:
            processor: The processor.
            day: The date.
            before: Called before each request; an answer that it returns is taken, and nothing is sent.

        Raises:
            CloudError: The service refuses this identity, or is not there.
        """
        service = self._rules.service(processor)
        try:
            with cloud_errors(service.url):
                return calling(
                    lambda: before() or self._ask(service, processor, day), attempts=_ATTEMPTS
                )
        except CloudError as error:
            if _is_refused(error.__cause__):
                error.hint = _INVOKER
                raise
            return ServiceAnswer(error.message)

    def _ask(self, service: Service, processor: Processor, day: date) -> ServiceAnswer:
        key = self._key(service)
        try:
            response = self._clients[service.name].post(
                f"{service.url}{service.path}",
                json=service.request(processor.called, day),
                headers={"X-API-Key": key} if key else {},
                allow_redirects=False,
            )
        except requests.exceptions.RequestException as error:
            if _was_not_sent(error):
                raise
            return ServiceAnswer(f"no answer came: {type(error).__name__}", is_lost=True)
        if response.status_code == _GATEWAY_TIMEOUT:
            return ServiceAnswer("answered 504, and may still be at work", is_lost=True)
        text = response.text[:_MOST_CHARACTERS]
        if not response.ok or response.is_redirect:
            said = text.replace(key, "...") if key else text
            raise google_errors.from_http_status(response.status_code, said)
        return ServiceAnswer(_said(response, processor))

    def _key(self, service: Service) -> str:
        name = service.api_key_variable
        if name is None:
            return ""
        key = self._environment.get(name, "")
        if not key or not key.isascii() or not key.isprintable():
            raise UsageError(
                f"the key of the service is not in {name}",
                subject=service.name,
                hint=f"set {name}; it is read from the environment alone, and never written",
            )
        return key


def _is_refused(error: BaseException | None) -> bool:
    """Whether every other request to the service would fail alike."""
    if isinstance(error, google_errors.GoogleAPICallError):
        return error.code in _REFUSED
    return isinstance(error, auth_errors.GoogleAuthError)


def _was_not_sent(error: requests.exceptions.RequestException) -> bool:
    """Whether a request surely never reached the service."""
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return True
    cause = error.args[0] if error.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)


def _said(response: requests.Response, processor: Processor) -> str:
    """Return what an answer says of a processor: a service completes although processors fail."""
    try:
        results: Any = response.json()["results"]
        found = [item for item in results if item["processor"] == processor.called]
        texts = [": ".join(filter(None, (item["status"], item.get("error")))) for item in found]
    except (KeyError, TypeError, ValueError):
        return f"answered {response.status_code} without results"
    said = ", ".join(texts)[:_MOST_CHARACTERS]
    return said or f"answered {response.status_code}, and ran no {processor.called}"
