"""Errors as Google's newer APIs answer them (AIP-193, Errors)."""

from collections.abc import Sequence
from typing import Any

from starlette.responses import JSONResponse, Response

# google/rpc/code.proto: the number of each code, and what it is in HTTP.
_CODES = {
    "CANCELLED": (1, 499),
    "UNKNOWN": (2, 500),
    "INVALID_ARGUMENT": (3, 400),
    "DEADLINE_EXCEEDED": (4, 504),
    "NOT_FOUND": (5, 404),
    "ALREADY_EXISTS": (6, 409),
    "PERMISSION_DENIED": (7, 403),
    "RESOURCE_EXHAUSTED": (8, 429),
    "FAILED_PRECONDITION": (9, 400),
    "ABORTED": (10, 409),
    "OUT_OF_RANGE": (11, 400),
    "UNIMPLEMENTED": (12, 501),
    "INTERNAL": (13, 500),
    "UNAVAILABLE": (14, 503),
    "UNAUTHENTICATED": (16, 401),
}


class PlatformError(Exception):
    """A request that a service refuses.

    Attributes:
        code: As `NOT_FOUND`.
        message: What happened, to what.
        details: What a program reads of it.
    """

    def __init__(self, code: str, message: str, details: Sequence[dict[str, Any]] = ()) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = list(details)

    @property
    def status(self) -> dict[str, Any]:
        """Return it as an operation tells it (google/rpc/status.proto)."""
        return {"code": _CODES[self.code][0], "message": self.message}

    def response(self) -> Response:
        """Return it as an answer."""
        http_status = _CODES[self.code][1]
        error: dict[str, Any] = {
            "code": http_status,
            "message": self.message,
            "status": self.code,
        }
        if self.details:
            error["details"] = self.details
        return JSONResponse({"error": error}, status_code=http_status)


def invalid(message: str) -> PlatformError:
    """Return the refusal of a malformed request."""
    return PlatformError("INVALID_ARGUMENT", message)


def not_found(name: str) -> PlatformError:
    """Return the refusal of a resource that is not there."""
    return PlatformError("NOT_FOUND", f"Resource '{name}' was not found")


def failed_precondition(message: str) -> PlatformError:
    """Return the refusal of what the state of a resource forbids."""
    return PlatformError("FAILED_PRECONDITION", message)


def aborted(message: str) -> PlatformError:
    """Return the refusal of what another change came in between of."""
    return PlatformError("ABORTED", message)


def unknown_field(name: str, place: str) -> PlatformError:
    """Return the refusal of a name that no document knows.

    Args:
        name: The name.
        place: Where it stands in the body, as `job.httpTarget`; empty for a parameter.
    """
    where = f" at '{place}': Cannot find field." if place else ": Cannot bind query parameter."
    return invalid(f'Invalid JSON payload received. Unknown name "{name}"{where}')
