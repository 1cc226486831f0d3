"""The platform's configuration as it is before a recovery, beside what the backup has of it."""

from collections.abc import Mapping

from manifests.kinds.resources.lines import StoredResource
from manifests.values import Resource, Value
from recovery.kinds.decision import Seen
from recovery.kinds.resources.rules.renaming import Names
from recovery.kinds.resources.rules.secrets import SecretValue


class SeenResource(Value):
    """One resource.

    Attributes:
        type: As `pubsub/topic`.
        stored: As the backup has it.
        resource: As it is; None where there is none.
        policy: Its IAM policy as it is.
        is_source_equal: Whether it is built from the archive that the backup has.
        is_managed: Whether another resource makes it when that is made.
        left_behind: What somebody has to do about it where it is gone, and what makes it is there.
    """

    type: str
    stored: StoredResource
    resource: Resource | None = None
    policy: Resource | None = None
    is_source_equal: bool = True
    is_managed: bool = False
    left_behind: str = ""


class ResourcesSeen(Seen):
    """Every resource of the backup that was asked for, in the order in which they are made.

    Attributes:
        names: What is called otherwise now.
        pinned: Images that are run by their digests, by how the backup names them.
        gone_images: Images that services and jobs run, and that are not there.
        own: The id and the number of the project that is written.
        foreign_buckets: Buckets that resources are in and that another project has.
        lacking: What of the permissions that making a resource needs who looked does not have on the
            project, by type.
        unasked: Why nobody could ask for those permissions; empty where somebody did.
        no_values: Values of secrets that what is missing reads, and that are not there.
    """

    items: tuple[SeenResource, ...] = ()
    names: Names = Names()
    pinned: Mapping[str, str] = {}
    gone_images: frozenset[str] = frozenset()
    own: frozenset[str] = frozenset()
    foreign_buckets: frozenset[str] = frozenset()
    no_values: frozenset[SecretValue] = frozenset()
    lacking: Mapping[str, tuple[str, ...]] = {}
    unasked: str = ""
