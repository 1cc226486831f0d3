"""Writes to a resource on the condition that it still is what was looked at."""

from google.api_core import exceptions as google_errors

from manifests.errors import RefusedError
from manifests.values import Resource

CHANGED = (
    google_errors.Conflict,
    google_errors.FailedPrecondition,
    google_errors.PreconditionFailed,
)
"""How services refuse an etag that is not the present one: most with 409 (AIP-154), Secret Manager with
400 FAILED_PRECONDITION (Secret Manager, Use entity tags for optimistic concurrency control)."""


def etag_of(seen: Resource | None, *, is_taken: bool) -> str:
    """Return the etag of what was looked at; empty where none is known, or a call takes none.

    Args:
        seen: The resource that was looked at.
        is_taken: Whether the call takes an etag.
    """
    return str((seen or {}).get("etag", "")) if is_taken else ""


def changed_since(name: str, error: google_errors.GoogleAPICallError) -> RefusedError:
    """Return the refusal of a write to what somebody changed."""
    return RefusedError(
        f"it was changed since it was looked at; it is left: {error.message}",
        subject=name,
        hint="look at it, then run the same command again",
    )
