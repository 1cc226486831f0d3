"""Logs in the form Cloud Logging reads: one JSON object a line on stdout.

The field names are Cloud Logging's (Logging, Structured logging): `severity`, `message`, `time`.
Every line of a run carries its run id and attempt, every line of a part the part, and every line of
a call the trace that the platform gave it, by which Cloud Logging puts them together.
"""

import logging
import re
import sys
import time
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from typing import Any

import structlog


class LoggingPool(ThreadPoolExecutor):
    """A pool of threads whose log lines carry what those of their caller carry: run and part."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:  # noqa: ANN401 - as the base class
        """Run a call in a thread, with the caller's context."""
        return super().submit(copy_context().run, fn, *args, **kwargs)


_TRACE = re.compile(r"(?:00-)?([0-9a-f]{32})(?:[-/].*)?")
_TIME = structlog.processors.TimeStamper(fmt="iso", utc=True, key="time")
_SERVER_LOGGERS = ("gunicorn.error", "gunicorn.access")
_SEVERITIES = {"warn": "WARNING", "exception": "ERROR"}


log = structlog.get_logger()


@contextmanager
def logged_step(name: str, **about: object) -> Generator[dict[str, object]]:
    """Log that a step begins, and that it ends, with the seconds it took.

    Args:
        name: What is done.
        about: What it is done to.

    Yields:
        What the line at its end tells besides, to be filled: `bytes`, `rows`.
    """
    began = time.monotonic()
    done: dict[str, object] = {}
    log.info("step begins", step=name, **about)
    try:
        yield done
        message = "step ends"
    except Exception:
        message = "step failed"  # the line about the part says why
        raise
    finally:
        seconds = round(time.monotonic() - began, 3)
        log.info(message, step=name, seconds=seconds, **about, **done)


def trace_fields(header: Callable[[str], str | None], project: str) -> dict[str, str]:
    """Return what joins a line to its call (Cloud Run, Correlate container logs with a request log).

    Args:
        header: Gives a header's value by its name, in any case, or None.
        project: The project that holds the trace.
    """
    value = header("traceparent") or header("X-Cloud-Trace-Context") or ""
    found = _TRACE.fullmatch(value)
    return (
        {"logging.googleapis.com/trace": f"projects/{project}/traces/{found[1]}"} if found else {}
    )


def configure_logs(level: int = logging.INFO) -> None:
    """Send every log line of the process to stdout as one JSON object."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            _TIME,
            structlog.processors.format_exc_info,
            _as_cloud_logging,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(),
        cache_logger_on_first_use=False,
    )
    # What libraries log and warn of becomes such a line, too.
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _TIME,
                structlog.processors.format_exc_info,
                _as_cloud_logging,
                structlog.processors.JSONRenderer(),
            ],
            foreign_pre_chain=[structlog.contextvars.merge_contextvars],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.captureWarnings(capture=True)
    for name in _SERVER_LOGGERS:
        logging.getLogger(name).addFilter(_HandedOver())


class _HandedOver(logging.Filter):
    """Hands the lines of a logger to the handler of the process, and to no other.

    gunicorn gives its loggers handlers of its own when it starts, which is after this module is
    read; it takes no filter away. No configuration file of it is read: functions-framework makes
    gunicorn's application itself.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Hand a line over."""
        logging.getLogger().handle(record)
        return False


def _as_cloud_logging(
    _logger: Any,  # noqa: ANN401 - structlog's processor signature
    method: str,
    event: structlog.typing.EventDict,
) -> structlog.typing.EventDict:
    event["severity"] = _SEVERITIES.get(method, method.upper())
    event["message"] = event.pop("event")
    if "exception" in event:
        # Error Reporting groups by a stack trace in this field.
        event["stack_trace"] = event.pop("exception")
    return event
