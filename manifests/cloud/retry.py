"""The one place that says which failures of Google Cloud are worth another try.

Google's clients are called with `retry=None`; every call goes through `calling`, and every write
carries a precondition or a deterministic id, so that a call whose answer was lost can be repeated.
A call that has neither is made once, and its effect is looked up.
"""

import re
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager, suppress
from functools import partial

import requests.exceptions
import structlog
import tenacity
import urllib3.exceptions
from google.api_core import exceptions as google_errors
from google.auth import exceptions as auth_errors

from manifests.errors import CloudError

_TRANSIENT_CODES = frozenset({408, 429, 499, 500, 502, 503, 504})
_TRANSIENT_REASONS = frozenset(
    {
        "backendError",
        "internalError",
        "jobBackendError",
        "jobInternalError",
        "jobRateLimitExceeded",
        "rateLimitExceeded",
        "tableUnavailable",
    }
)
_LOST_TO_ANOTHER = "due to concurrent update"
# Errors of gRPC that no HTTP status stands for.
_TRANSIENT_ERRORS = (google_errors.RetryError, google_errors.Aborted, google_errors.Unknown)
# The answer did not come, or its body was cut or changed on the way.
# What the clients raise for a body depends on who reads it, and where it is cut.
_UNANSWERED = (
    ConnectionError,
    TimeoutError,
    requests.exceptions.ConnectionError,
    requests.exceptions.Timeout,
    requests.exceptions.ChunkedEncodingError,
    requests.exceptions.ContentDecodingError,
    requests.exceptions.JSONDecodeError,
    urllib3.exceptions.HTTPError,
    auth_errors.TransportError,
)
_LONGEST_SECONDS = 300
MOST_ATTEMPTS = 8
_FIRST_TOLD_ATTEMPT = 4
_MOST_MESSAGE_CHARACTERS = 500
_REQUEST = re.compile(r"^(GET|POST|PUT|PATCH|DELETE) \S+: ")

log = structlog.get_logger()


class ContradictionError(ConnectionError):
    """Google Cloud answered that something is not there, while a list contains it."""


def is_transient_failure(reason: str | None, message: str) -> bool:
    """Whether a BigQuery job failed for a passing fault (BigQuery, Error messages).

    A writer that lost against another is told that its query is invalid: "Could not serialize
    access to table … due to concurrent update", "Transaction is aborted due to concurrent update"
    (confluentinc/kafka-connect-bigquery#279, m-lab/etl-gardener#272).
    """
    return reason in _TRANSIENT_REASONS or _LOST_TO_ANOTHER in message


def is_transient(error: BaseException) -> bool:
    """Whether the same call can succeed when it is made again."""
    if isinstance(error, _UNANSWERED):
        return True
    if isinstance(error, _TRANSIENT_ERRORS):
        return True
    if isinstance(error, google_errors.GoogleAPICallError):
        return error.code in _TRANSIENT_CODES or bool(reasons_of(error) & _TRANSIENT_REASONS)
    return False


def is_timed_out(error: BaseException) -> bool:
    """Whether a query took longer than Firestore lets one take; another one would take as long."""
    return isinstance(error, google_errors.DeadlineExceeded) or "timed out" in str(error)


def reasons_of(error: google_errors.GoogleAPICallError) -> set[object]:
    """Return the reasons that an API names for a refusal."""
    return {item.get("reason") for item in error.errors if isinstance(item, dict)}


def _is_too_fast(error: BaseException | None) -> bool:
    """Whether calls came too fast, which Cloud Storage answers with 429 and BigQuery with 403."""
    if not isinstance(error, google_errors.GoogleAPICallError):
        return False
    return isinstance(error, google_errors.TooManyRequests) or "rateLimitExceeded" in reasons_of(
        error
    )


def calling[Answer](call: Callable[[], Answer], *, attempts: int = MOST_ATTEMPTS) -> Answer:
    """Make a call, again while its failure is transient.

    Args:
        call: The call.
        attempts: How often it is tried at most; tries that came too fast are not counted.

    Raises:
        Exception: What the last try raised.
    """
    return _again_while(is_transient, call, attempts=attempts)


def believed[Answer](
    ask: Callable[[], Answer | None], is_listed: Callable[[], bool]
) -> Answer | None:
    """Return an answer, or None where a list confirms that there is nothing.

    Much follows from there being nothing: it is created, or its run counts as no backup and
    expires. One answer can be false, so a list has to say the same.

    Args:
        ask: Gives the answer; None when it is that there is nothing.
        is_listed: Whether a listing shows it all the same.

    Raises:
        ContradictionError: It is listed, and answered again and again not to be there.
    """

    def look() -> Answer | None:
        answer = ask()
        if answer is None and is_listed():
            message = "it is listed, and answered not to be there"
            raise ContradictionError(message)
        return answer

    return _again_while(lambda error: isinstance(error, ContradictionError), look)


def asked_twice[Answer](
    ask: Callable[[], Answer], denial: type[Exception] | tuple[type[Exception], ...]
) -> Answer | None:
    """Return an answer, or None where it was answered twice that what is asked for is not there.

    For what no list shows, as a dataset or an account that was deleted (BigQuery, datasets.list; IAM,
    Undelete a service account): one answer can be false. Where there is a list, it decides: `believed`.

    Args:
        ask: The call.
        denial: The errors that say so.

    Raises:
        Exception: Any other that the call raises.
    """
    for _ in range(2):
        with suppress(*denial if isinstance(denial, tuple) else (denial,)):
            return ask()
    return None


def asked_again[Answer](ask: Callable[[], Answer], denial: type[Exception]) -> Answer:
    """Return an answer, or the second one where the first is that what is asked for is not there.

    For what has to be there: that it is not ends what was begun, and one answer can be false. Of Firestore
    that is reported, and stands on no page: NOT_FOUND after idleness (firebase/firebase-admin-node#2732).

    Args:
        ask: The call.
        denial: The error that says that nothing is there.

    Raises:
        Exception: What the call raises, or raises again.
    """
    try:
        return ask()
    except denial:
        return ask()


def _again_while[Answer](
    is_passing: Callable[[BaseException], bool],
    call: Callable[[], Answer],
    *,
    attempts: int = MOST_ATTEMPTS,
) -> Answer:
    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_exception(is_passing),
        wait=tenacity.wait_random_exponential(multiplier=0.25, max=20),
        stop=partial(_gives_up, attempts=attempts),
        before_sleep=_tell,
        reraise=True,
    )
    return retrying(call)


def _gives_up(state: tenacity.RetryCallState, *, attempts: int) -> bool:
    """Whether a call was tried often or long enough; one that came too fast is tried for minutes."""
    if (state.seconds_since_start or 0) >= _LONGEST_SECONDS:
        return True
    error = state.outcome.exception() if state.outcome is not None else None
    return state.attempt_number >= attempts and not _is_too_fast(error)


def _tell(state: tenacity.RetryCallState) -> None:
    """Say that a call is tried again, once that takes noticeably long."""
    if state.attempt_number >= _FIRST_TOLD_ATTEMPT and state.outcome is not None:
        error = state.outcome.exception()
        reason = "" if error is None else _message(error)
        log.warning("trying again", attempt=state.attempt_number, reason=reason)


@contextmanager
def cloud_errors(subject: str, needs: str = "") -> Generator[None]:
    """Turn what Google's clients raise into a `CloudError` about one table, object or run.

    Args:
        subject: What the call is about.
        needs: The permissions it takes, where the roles that read and write data lack them.
    """
    try:
        yield
    except (
        google_errors.GoogleAPIError,
        auth_errors.GoogleAuthError,
        *_UNANSWERED,
    ) as error:
        told = CloudError(
            _message(error),
            subject=subject,
            hint=_hint(error, needs),
            retryable=is_transient(error),
        )
        told.is_unconfirmed = isinstance(error, google_errors.NotFound)
        raise told from error


def require_whole(unreachable: Iterable[str], subject: str) -> None:
    """Refuse a list without the locations that could not be reached.

    It would look complete (BigQuery REST, DatasetList; Firestore REST, ListDatabasesResponse).

    Args:
        unreachable: The locations, as the list names them.
        subject: What was listed.

    Raises:
        CloudError: There are some.
    """
    if names := ", ".join(unreachable):
        raise CloudError(
            f"the list is not whole: Google Cloud cannot reach {names}",
            subject=subject,
            hint="run the same command again",
            retryable=True,
        )


def _message(error: BaseException) -> str:
    if isinstance(error, google_errors.GoogleAPICallError):
        text = _REQUEST.sub("", str(error.message))
        return f"Google Cloud answered {error.code}: {_one_line(text)}"
    if isinstance(error, auth_errors.GoogleAuthError):
        return f"there are no credentials that Google Cloud accepts: {_one_line(str(error))}"
    if isinstance(error, ContradictionError):
        return f"Google Cloud contradicts itself: {error}"
    return f"Google Cloud did not answer, or not to the end: {_one_line(str(error))}"


def _one_line(text: str) -> str:
    return " ".join(text.split())[:_MOST_MESSAGE_CHARACTERS]


def _hint(error: BaseException, needs: str) -> str:
    if isinstance(error, google_errors.NotFound) and "bucket" in str(error):
        return "check REBOUND_VAULT_BUCKET and REBOUND_LANDING_BUCKET, and the buckets themselves"
    if isinstance(error, google_errors.Forbidden) and needs:
        return f"grant the identity {needs}"
    if isinstance(error, google_errors.Forbidden):
        return "the identity lacks a permission, or a quota is used up"
    if isinstance(error, auth_errors.GoogleAuthError):
        return "log in with `gcloud auth application-default login`"
    return "run the same command again" if is_transient(error) else ""
