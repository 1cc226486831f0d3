"""Errors as BigQuery reports them, over HTTP and as a job's errorResult."""

from typing import Any

_STATUS = {
    400: "INVALID_ARGUMENT",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ALREADY_EXISTS",
    412: "FAILED_PRECONDITION",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
}
_CODES = {
    "accessDenied": 403,
    "backendError": 503,
    "conditionNotMet": 412,
    "duplicate": 409,
    "internalError": 500,
    "notFound": 404,
    "notImplemented": 501,
    "quotaExceeded": 403,
    "rateLimitExceeded": 403,
    "stopped": 499,
}


class BigQueryError(Exception):
    """What BigQuery refuses or cannot do.

    Args:
        reason: BigQuery's short reason, as `notFound`.
        message: What happened, to what.
        location: What the error is about, where BigQuery says so.
    """

    def __init__(self, reason: str, message: str, *, location: str | None = None) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.location = location

    @property
    def code(self) -> int:
        """The HTTP status that goes with the reason."""
        return _CODES.get(self.reason, 400)

    def result(self) -> dict[str, str]:
        """Return the error as a job's errorResult."""
        found = {"reason": self.reason, "message": self.message}
        return found | ({"location": self.location} if self.location else {})

    def body(self) -> dict[str, Any]:
        """Return the error as the body of an HTTP answer."""
        detail = {**self.result(), "domain": "global"}
        status = _STATUS.get(self.code, "UNKNOWN")
        return {
            "error": {
                "code": self.code,
                "message": self.message,
                "errors": [detail],
                "status": status,
            }
        }


def not_found(kind: str, name: str) -> BigQueryError:
    """Return the error for something that is not there."""
    return BigQueryError("notFound", f"Not found: {kind} {name}")


def duplicate(kind: str, name: str) -> BigQueryError:
    """Return the error for something that is there already."""
    return BigQueryError("duplicate", f"Already Exists: {kind} {name}")


def invalid(message: str) -> BigQueryError:
    """Return the error for a request that can never work."""
    return BigQueryError("invalid", message)


def invalid_query(message: str) -> BigQueryError:
    """Return the error for a statement that can never work."""
    return BigQueryError("invalidQuery", message)
