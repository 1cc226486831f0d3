"""The locations of every API."""

from tests.standin.platform.bodies import Body
from tests.standin.platform.errors import PlatformError, not_found
from tests.standin.platform.service import Call, short

LOCATIONS = (
    "asia-east1",
    "europe-west1",
    "europe-west4",
    "us-central1",
    "us-east1",
    "us-east4",
    "us-west1",
    "us-west2",
)
_MORE = ("us", "eu", "global", "-")


def get(call: Call) -> Body:
    """Answer a location."""
    if short(call.target) not in LOCATIONS:
        raise not_found(call.target)
    return _shown(call.target)


def list_all(call: Call) -> Body:
    """Answer the locations of a project."""
    return {"locations": [_shown(f"{call.target}/locations/{name}") for name in LOCATIONS]}


def check(call: Call) -> None:
    """Refuse a location that does not exist.

    Raises:
        PlatformError: It does not.
    """
    if call.location and call.location not in (*LOCATIONS, *_MORE):
        message = f"Location {call.location} is not found or access is unauthorized."
        raise PlatformError("PERMISSION_DENIED", message)


def _shown(name: str) -> Body:
    return {"name": name, "locationId": short(name)}
