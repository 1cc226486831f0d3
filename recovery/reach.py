"""Checks that Google Cloud, and the vault in it, can be reached, before a command begins.

A call is tried again for minutes. That is right in the middle of a recovery; at its beginning it
keeps somebody waiting whose machine has no network.
"""

import time
from functools import partial
from queue import Empty, SimpleQueue
from threading import Thread

import requests

from manifests.cloud.clock import ServiceClock
from manifests.cloud.firestore import Connection
from manifests.cloud.objects import Bucket
from manifests.errors import CloudError, UsageError
from recovery.units import printable

_WITHIN_SECONDS = 3.0
_PAUSES_SECONDS = (0.5, 1.0, 0.0)


class Reach:
    """Insists on an answer of each service, once.

    Args:
        clock: Told the date of each answer.
        within_seconds: How long a name may take to be looked up, and its answer to come.
    """

    def __init__(self, clock: ServiceClock, *, within_seconds: float = _WITHIN_SECONDS) -> None:
        self._clock = clock
        self._within_seconds = within_seconds
        self._reached: set[str] = set()

    def require(self, endpoint: str) -> None:
        """Insist on an answer, whatever it is.

        Args:
            endpoint: The address of a service.

        Raises:
            CloudError: There is none.
        """
        if endpoint in self._reached:
            return
        problems: SimpleQueue[str] = SimpleQueue()
        # Nothing bounds the look-up of a name, so that another thread waits for it.
        asking = partial(_problem, endpoint, self._within_seconds, self._clock)
        Thread(target=lambda: problems.put(asking()), daemon=True).start()
        try:
            problem = problems.get(timeout=self._within_seconds)
        except Empty:
            problem = f"no answer within {self._within_seconds:.0f} s"
        if problem:
            raise _unreachable(endpoint, problem)
        self._reached.add(endpoint)


def require_firestore(connection: Connection, *, within_seconds: float = _WITHIN_SECONDS) -> None:
    """Insist that Firestore can be reached.

    Raises:
        CloudError: It cannot.
    """
    if not connection.connects(within_seconds=within_seconds):
        problem = f"no connection within {within_seconds:.0f} s"
        raise _unreachable(connection.endpoint, problem)


def refuse_other_bucket(vault: Bucket) -> None:
    """Refuse a vault without a run that holds something else: it is not the vault.

    Raises:
        UsageError: It holds what no backup is.
    """
    found = next(iter(vault.list_objects("")), None)
    if found is not None:
        raise UsageError(
            f"no run is in it, and it holds other things, as {printable(found.name)}",
            subject=vault.uri(""),
            hint="check REBOUND_VAULT_BUCKET",
        )


def _unreachable(endpoint: str, problem: str) -> CloudError:
    return CloudError(
        f"Google Cloud could not be reached: {problem}",
        subject=endpoint,
        hint="check the network, the proxy and the name service of this machine",
        retryable=True,
    )


def _problem(endpoint: str, seconds: float, clock: ServiceClock) -> str:
    """Return why a service does not answer; empty when it does."""
    problem = ""
    for pause_seconds in _PAUSES_SECONDS:
        asked = clock.passed()
        try:
            answer = requests.head(endpoint, timeout=seconds)
        except requests.exceptions.RequestException as error:
            problem = _innermost(error)
            time.sleep(pause_seconds)
        else:
            clock.hear(answer.headers.get("Date", ""), asked=asked)
            return ""
    return problem


def _innermost(error: BaseException) -> str:
    """Return what the operating system said, which the libraries wrap several times."""
    while error.__context__ is not None:
        error = error.__context__
    return " ".join(str(error).split()) or type(error).__name__
