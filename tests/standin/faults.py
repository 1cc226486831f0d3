"""Faults on request for any service of the local cloud, each counting that it fired.

`Faults` is the registry, usable by a service of any protocol: `claim` the faults of an operation
and enact them. `FaultMiddleware` enacts them for ASGI apps and answers the HTTP interface at
`/standin/faults`. It has to be the outermost app, directly under uvicorn: a connection is reset
by aborting uvicorn's own transport, so that a client sees what a broken network shows it.
"""

import itertools
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.standin.connection import (
    AnswerAborted,
    abort,
    delay,
    discard,
    flipping,
    stalling,
    truncating,
)

FAULTS_PATH = "/standin/faults"
KINDS = ("status", "reset", "lost", "truncate", "flip", "stall", "latency")
REASONS = {
    401: "authError",
    403: "forbidden",
    404: "notFound",
    408: "requestTimeout",
    409: "conflict",
    412: "conditionNotMet",
    429: "rateLimitExceeded",
    500: "internalError",
    501: "notImplemented",
    502: "badGateway",
    503: "backendError",
    504: "gatewayTimeout",
}
STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ALREADY_EXISTS",
    412: "FAILED_PRECONDITION",
    416: "OUT_OF_RANGE",
    429: "RESOURCE_EXHAUSTED",
    499: "CANCELLED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}


_PAUSE_SECONDS = 0.02
_SPOILING = {"truncate": truncating, "flip": flipping, "stall": stalling}


@dataclass(kw_only=True)
class Fault:
    """One fault to inject.

    Attributes:
        operation: pattern that has to match the whole operation id.
        kind: one of `KINDS`.
        match: pattern searched for in `path?query`; None matches every request.
        status: HTTP status of kind `status`.
        reason: reason in the error body of kind `status`; None is the usual one of the status, and an empty
            one leaves it out, as Google's testbench does.
        seconds: how long kind `latency` waits before an answer, and kind `stall` within its body,
            or until the fault is taken away.
        skip: how many matching requests are let through first.
        times: how often it fires; None is for ever.
        at_byte: position in the answer's body of `truncate`, `flip` and `stall`; None is the middle.
        id: how the list names it.
        fired: how often it fired.
        calls: the operations it fired at, each with its `path?query`.
        is_over: whether it was taken away, so that nothing waits for it any more.
    """

    operation: str
    kind: str
    match: str | None = None
    status: int = 503
    reason: str | None = None
    seconds: float = 0.5
    skip: int = 0
    times: int | None = 1
    at_byte: int | None = None
    id: str = ""
    fired: int = 0
    skipped: int = field(default=0)
    calls: list[str] = field(default_factory=list)
    is_over: bool = False

    def __post_init__(self) -> None:
        """Refuse what could never fire.

        Raises:
            ValueError: the kind is unknown or a pattern is malformed.
        """
        if self.kind not in KINDS:
            raise ValueError(f"kind {self.kind!r} is none of {', '.join(KINDS)}")
        for pattern in (self.operation, self.match or ""):
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"pattern {pattern!r}: {error}") from error

    def concerns(self, operation: str, target: str) -> bool:
        """Say whether a request is one of those that the fault is for."""
        return bool(
            (self.times is None or self.fired < self.times)
            and re.fullmatch(self.operation, operation)
            and (self.match is None or re.search(self.match, target))
        )

    def pauses(self) -> Iterator[float]:
        """Yield the seconds of each pause in which it waits: none once it was taken away."""
        ends = time.monotonic() + self.seconds
        while not self.is_over and (left_seconds := ends - time.monotonic()) > 0:
            yield min(left_seconds, _PAUSE_SECONDS)


class Faults:
    """The faults of one service; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._ids = itertools.count(1)

    @property
    def is_armed(self) -> bool:
        """Whether there is any fault, so that a request may need a look."""
        return bool(self._faults)

    def add(self, description: dict[str, Any]) -> str:
        """Add a fault and return its id.

        Args:
            description: attributes of a `Fault` by name.

        Raises:
            ValueError: the description makes no fault.
        """
        try:
            fault = Fault(**description)
        except TypeError as error:
            raise ValueError(str(error)) from error
        with self._lock:
            fault.id = f"fault-{next(self._ids)}"
            fault.fired = fault.skipped = 0
            fault.calls = []
            self._faults.append(fault)
        return fault.id

    def claim(self, operation: str, target: str) -> list[Fault]:
        """Return the faults to enact on a request, and count them as fired.

        Args:
            operation: id of the operation, such as `storage.objects.insert`.
            target: `path?query` of the request.

        Returns:
            Any number of `latency`, then at most one of another kind.
        """
        waits: list[Fault] = []
        others: list[Fault] = []
        with self._lock:
            for fault in self._faults:
                if not fault.concerns(operation, target):
                    continue
                if fault.skipped < fault.skip:
                    fault.skipped += 1
                    continue
                if fault.kind != "latency" and others:
                    continue
                fault.fired += 1
                fault.calls.append(f"{operation} {target}")
                (waits if fault.kind == "latency" else others).append(fault)
        return waits + others

    def unclaim(self, fault: Fault) -> None:
        """Take a firing back, because there was nothing to spoil."""
        with self._lock:
            fault.fired -= 1
            fault.calls.pop()

    def report(self) -> list[dict[str, Any]]:
        """Return every fault with the count of its firings."""
        with self._lock:
            return [asdict(fault) for fault in self._faults]

    def clear(self) -> list[dict[str, Any]]:
        """Remove every fault; return them with the counts of their firings."""
        with self._lock:
            removed = [asdict(fault) for fault in self._faults]
            for fault in self._faults:
                fault.is_over = True
            self._faults.clear()
        return removed


def error_body(status: int, message: str, reason: str | None = None) -> dict[str, Any]:
    """Return an error in the form of Google's JSON APIs.

    Args:
        status: HTTP status.
        message: what happened.
        reason: the machine-readable reason; None is the usual one of the status, an empty one is left out.
    """
    reason = REASONS.get(status, "invalid") if reason is None else reason
    error = {"message": message, "domain": "global", **({"reason": reason} if reason else {})}
    name = STATUSES.get(status, "UNKNOWN")
    return {"error": {"code": status, "message": message, "errors": [error], "status": name}}


async def answer_faults(faults: Faults, request: Request) -> Response:
    """Answer the HTTP interface of a registry: POST adds, GET lists, DELETE removes all."""
    if request.method == "GET":
        return JSONResponse(faults.report())
    if request.method == "DELETE":
        return JSONResponse(faults.clear())
    try:
        return JSONResponse({"id": faults.add(json.loads(await request.body()))})
    except ValueError as error:
        return JSONResponse(error_body(400, str(error)), status_code=400)


class FaultMiddleware:
    """Enacts faults around an ASGI app, and answers their HTTP interface."""

    def __init__(
        self, app: ASGIApp, operation_of: Callable[[Scope], str], faults: Faults | None = None
    ) -> None:
        """Wrap an app.

        Args:
            app: the service.
            operation_of: tells the operation id of a request from its scope.
            faults: the registry; None makes a new one.
        """
        self.app = app
        self.operation_of = operation_of
        self.faults = faults or Faults()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, spoilt by the faults that concern it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if scope["path"] == FAULTS_PATH:
            response = await answer_faults(self.faults, Request(scope, receive))
            await response(scope, receive, send)
            return
        try:
            for fault in self._claim(scope):
                if fault.kind != "latency":
                    await self._enact(fault, scope, receive, send)
                    return
                await delay(fault.pauses())
            await self.app(scope, receive, send)
        except AnswerAborted:
            await abort(receive, send)

    def _claim(self, scope: Scope) -> list[Fault]:
        if not self.faults.is_armed:
            return []
        target = f"{scope['path']}?{scope['query_string'].decode('latin-1')}"
        return self.faults.claim(self.operation_of(scope), target)

    async def _enact(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        if fault.kind == "status":
            body = error_body(fault.status, f"Injected fault {fault.id}.", fault.reason)
            await JSONResponse(body, status_code=fault.status)(scope, receive, send)
        elif fault.kind == "reset":
            await abort(receive, send)
        elif fault.kind == "lost":
            await self.app(scope, receive, discard)
            await abort(receive, send)
        else:
            spoilt = _SPOILING[fault.kind](receive, send, fault.at_byte)
            spoilt.pauses = fault.pauses()
            await self.app(scope, receive, spoilt)
            if not spoilt.done:
                self.faults.unclaim(fault)
