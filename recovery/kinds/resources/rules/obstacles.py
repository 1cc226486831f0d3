"""What keeps a resource from being made again, for which there is no word. Pure."""

from manifests.kinds.resources.images import images
from manifests.values import Resource

_DELETED_TOPIC = "_deleted-topic_"
"""In the place of a topic that is gone (Pub/Sub, Subscription.topic)."""


def obstacle(kind: str, resource: Resource, gone: frozenset[str], *, foreign: bool = False) -> str:
    """Return why a resource cannot be made; empty when nothing is known to be in the way.

    Args:
        kind: Its type.
        resource: As the backup has it.
        gone: The images that are not there any more, but for those of functions, which are built again.
        foreign: Whether the bucket that it is in is another project's.
    """
    if foreign:
        return "its bucket is another project's"
    if kind == "pubsub/subscription" and resource.get("topic") == _DELETED_TOPIC:
        return "its topic had been deleted before the backup"
    missing = [image for image in images(resource) if image in gone]
    return f"its image is gone: {', '.join(missing)}" if missing else ""
