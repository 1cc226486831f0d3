"""How the functions read a call, refuse it, and answer when it fails.

5xx when the same call can help later, 4xx when it cannot.
"""

import io
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import datetime

import flask
import structlog
from pydantic import ValidationError

from manifests.errors import (
    LeaseLostError,
    MisconfiguredError,
    ReboundError,
    RunInProgressError,
    UsageError,
)
from manifests.values import UtcTime, Value

type Answer = tuple[dict[str, object], int]
type Header = Callable[[str], str | None]

SCHEDULE_HEADER = "X-CloudScheduler-JobName"
TIME_HEADER = "X-CloudScheduler-ScheduleTime"
_MOST_BODY_BYTES = 4096
_METHOD_NOT_ALLOWED, _TOO_LARGE = 405, 413

log = structlog.get_logger()


class _ScheduleTime(Value):
    time: UtcTime


def answering(
    request: flask.Request, work: Callable[[flask.Request, bytes], Answer], *, failed: str
) -> Answer:
    """Answer a call, whatever happens.

    Args:
        request: The call.
        work: Does it, given the body.
        failed: The message of the line that says that it was not done.
    """
    structlog.contextvars.clear_contextvars()
    try:
        body = _body(request)
        return _refusal(request.method, body) or work(request, body)
    except ReboundError as error:
        return failure(error, failed)
    except Exception as error:  # noqa: BLE001 - the one boundary; a bug is logged like the rest
        return failure(ReboundError(f"a bug: {type(error).__name__}"), failed)


@contextmanager
def misconfigured() -> Generator[None]:
    """Turn the error of a wrong setting into one that no caller can mend.

    Raises:
        MisconfiguredError: A setting or the catalog is wrong.
    """
    try:
        yield
    except UsageError as error:
        raise MisconfiguredError(error.message, subject=error.subject, hint=error.hint) from error


def _body(request: flask.Request) -> bytes:
    """Read a call's body; stop reading once it is too large."""
    request.max_content_length = None
    body: bytes = request.stream.read(_MOST_BODY_BYTES + 1)
    # The framework reads the rest of a body before it answers, for ever where the body has no end.
    request.stream = io.BytesIO()
    return body


def failure(error: ReboundError, failed: str) -> Answer:
    """Log why a call did not do its work, in words, a bug with its stack trace; answer so.

    Args:
        error: Why.
        failed: The message of the line.
    """
    is_busy = isinstance(error, RunInProgressError | LeaseLostError)
    is_bug = type(error) is ReboundError
    tell = log.warning if is_busy else log.error
    message = "another call is at the run" if is_busy else failed
    tell(message, reason=str(error), hint=error.hint, exc_info=is_bug)
    return {**error.as_json(), "retryable": error.may_pass}, _status(error)


def scheduled(header: Header) -> tuple[str, datetime]:
    """Return the name of the schedule that calls, and its time, which retries have in common.

    Args:
        header: Gives a header's value by its name, in any case, or None.

    Raises:
        UsageError: No schedule calls, or its time is none.
    """
    schedule, scheduled_time = header(SCHEDULE_HEADER), header(TIME_HEADER)
    if not schedule or not scheduled_time:
        raise UsageError(
            "nothing names the run: no Cloud Scheduler headers and no run_id",
            hint='send {"run_id": "..."} for a manual run',
        )
    try:
        scheduled_at = _ScheduleTime.model_validate({"time": scheduled_time}).time
    except ValidationError as error:
        raise UsageError("not a schedule time", subject=scheduled_time[:100]) from error
    return schedule, scheduled_at


def _refusal(method: str, body: bytes) -> Answer | None:
    if method != "POST":
        return UsageError("only POST is a call").as_json(), _METHOD_NOT_ALLOWED
    if len(body) > _MOST_BODY_BYTES:
        return UsageError("the body is too large").as_json(), _TOO_LARGE
    return None


def _status(error: ReboundError) -> int:
    """Give 5xx exactly when a retry can help: Cloud Scheduler retries whatever is not 2xx."""
    if error.may_pass:
        return error.http_status if error.http_status >= 500 else 503  # noqa: PLR2004
    return error.http_status if error.http_status < 500 else 422  # noqa: PLR2004
