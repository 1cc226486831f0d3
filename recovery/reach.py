"""Whether Google Cloud can be reached at all: looked at once, before a command begins.

A call is tried again for minutes. That is right in the middle of a recovery; at its beginning it
keeps somebody waiting whose machine has no network.
"""

import time
from collections.abc import Callable
from functools import partial
from queue import Empty, SimpleQueue
from threading import Thread

import requests

from manifests.errors import CloudError

_PAUSES_SECONDS = (0.5, 1.0, 0.0)


def require_reachable(
    endpoint: str, *, within_seconds: float = 4.0, hear: Callable[[str], None] = lambda _: None
) -> None:
    """Insist on an answer, whatever it is.

    Args:
        endpoint: The address of a service.
        hear: Told the answer's date.
        within_seconds: How long its name may take to be looked up, and its answer to come.

    Raises:
        CloudError: There is none.
    """
    problems: SimpleQueue[str] = SimpleQueue()
    # Nothing bounds the look-up of a name, so that another thread waits for it.
    asking = partial(_problem, endpoint, within_seconds, hear)
    Thread(target=lambda: problems.put(asking()), daemon=True).start()
    try:
        problem = problems.get(timeout=within_seconds)
    except Empty:
        problem = f"no answer within {within_seconds:.0f} s"
    if problem:
        raise CloudError(
            f"Google Cloud could not be reached: {problem}",
            subject=endpoint,
            hint="check the network, the proxy and the name service of this machine",
            retryable=True,
        )


def _problem(endpoint: str, seconds: float, hear: Callable[[str], None]) -> str:
    """Return why a service does not answer; empty when it does."""
    problem = ""
    for pause_seconds in _PAUSES_SECONDS:
        try:
            answer = requests.head(endpoint, timeout=seconds)
        except requests.exceptions.RequestException as error:
            problem = _innermost(error)
            time.sleep(pause_seconds)
        else:
            hear(answer.headers.get("Date", ""))
            return ""
    return problem


def _innermost(error: BaseException) -> str:
    """Return what the operating system said, which the libraries wrap several times."""
    while error.__context__ is not None:
        error = error.__context__
    return " ".join(str(error).split()) or type(error).__name__
