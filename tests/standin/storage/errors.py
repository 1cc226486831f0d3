"""Errors as Cloud Storage answers them."""

from starlette.responses import JSONResponse, Response

from tests.standin.faults import error_body


class StorageError(Exception):
    """A request that Cloud Storage refuses."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        """Describe the refusal.

        Args:
            status: HTTP status.
            reason: the machine-readable reason of the JSON API.
            message: what happened, to what.
        """
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.message = message

    def response(self) -> Response:
        """Return the answer of the JSON API."""
        if self.status == 304:
            return Response(status_code=304)
        body = error_body(self.status, self.message, self.reason)
        return JSONResponse(body, status_code=self.status)


def invalid(message: str) -> StorageError:
    """Return the refusal of a malformed request."""
    return StorageError(400, "invalid", message)


def no_such_bucket() -> StorageError:
    """Return the refusal of a bucket that does not exist."""
    return StorageError(404, "notFound", "The specified bucket does not exist.")


def no_such_object(bucket: str, name: str) -> StorageError:
    """Return the refusal of an object that does not exist."""
    return StorageError(404, "notFound", f"No such object: {bucket}/{name}")


def condition_not_met(status: int = 412) -> StorageError:
    """Return the refusal of a precondition: 412, or 304 on a read."""
    message = "At least one of the pre-conditions you specified did not hold."
    return StorageError(status, "conditionNotMet", message)
