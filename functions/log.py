"""Logs in the form Cloud Logging reads: one JSON object a line on stdout.

The field names are Cloud Logging's (Logging, Structured logging): `severity`, `message`, `time`.
Every line of a run carries its run id, and its table where there is one.
"""

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from typing import Any

import structlog


class LoggingPool(ThreadPoolExecutor):
    """A pool of threads whose log lines carry what those of their caller carry: run and part."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:  # noqa: ANN401 - as the base class
        """Run a call in a thread, with the caller's context."""
        return super().submit(copy_context().run, fn, *args, **kwargs)


_SEVERITIES = {"warn": "WARNING", "exception": "ERROR"}


def configure_logs(level: int = logging.INFO) -> None:
    """Send every log line of the process to stdout as one JSON object."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
            structlog.processors.format_exc_info,
            _as_cloud_logging,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(),
        cache_logger_on_first_use=False,
    )


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
