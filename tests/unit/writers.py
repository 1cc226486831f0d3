"""Writers of a platform, as their APIs return them."""

from typing import Any


def job(name: str, uri: str = "https://elsewhere/", **more: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return a schedule as its API returns it."""
    return {
        "name": f"projects/p/locations/us-west2/jobs/{name}",
        "schedule": "0 6 * * *",
        "state": "ENABLED",
        "httpTarget": {"uri": uri, "httpMethod": "POST"},
        **more,
    }


def subscription(name: str, topic: str, **push: str) -> dict[str, Any]:
    """Return a subscription as its API returns it."""
    return {
        "name": f"projects/p/subscriptions/{name}",
        "topic": f"projects/p/topics/{topic}",
        "pushConfig": push,
    }
