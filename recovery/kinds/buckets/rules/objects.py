"""What a recovery would do to one object, and why."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Literal, NamedTuple

from manifests.kinds.buckets.model import ContentThen, ObjectRecord, ObjectSettings, ObjectVersion
from manifests.object_retention import RetentionRules
from manifests.versions import live_of, needs_new_content, same_content
from recovery.compare.objects import Damage, damage_of

Source = Literal["metadata", "live", "noncurrent", "soft-deleted", "vault", "none"]
"""Where an object comes back from, cheapest first.

    metadata      the content is right, only metadata is written
    live          the same, but only writing the content onto itself can undo what is said
    noncurrent    an older generation in the bucket, copied there by the service
    soft-deleted  a deleted generation that the bucket still keeps, restored by the service
    vault         the backup
    none          nowhere: it cannot be brought back
"""

SAME_CONTENT: tuple[Source, ...] = ("metadata", "live")
"""Where only the metadata of an object is set."""

REPLACED: tuple[Damage, ...] = ("overwritten", "corrupted")
"""Where other content is live."""

THERE: tuple[Damage, ...] = (*REPLACED, "metadata changed")
"""Where anything is live."""

EXTRA = "extra/"
"""The folder of what is moved aside, within that of what is replaced."""
_GENERATION = "generation {0.generation} of {0.created_at:%Y-%m-%d %H:%M:%S} with its crc32c"
_WHY: dict[Source, str] = {
    "metadata": "its content is what it was; only metadata is written",
    "live": "only its content written anew gets back its custom time, key or storage class",
    "noncurrent": f"{_GENERATION} is in the bucket",
    "soft-deleted": f"{_GENERATION} is kept by soft delete",
    "vault": "only the vault still holds its content",
    "none": "no version of it survives with its crc32c",
}


class ObjectSource(NamedTuple):
    """One place with the content of an object as it was.

    Attributes:
        version: The surviving version; None for the vault.
    """

    source: Source
    version: ObjectVersion | None = None

    @property
    def why(self) -> str:
        """Say why it is one, for a person."""
        return _WHY[self.source].format(self.version)


class ObjectStep(NamedTuple):
    """What has to happen to one object.

    Attributes:
        origins: Where its content is, best first; empty for an extra object or when nowhere.
    """

    name: str
    damage: Damage
    expected: ObjectRecord | None
    live: ObjectVersion | None
    origins: tuple[ObjectSource, ...]

    @property
    def source(self) -> Source:
        """Return the best source."""
        return self.origins[0].source if self.origins else "none"

    @property
    def replaces(self) -> bool:
        """Whether content that is live now would be replaced."""
        return self.damage in REPLACED

    @property
    def is_there(self) -> bool:
        """Whether something is live under its name, and differs."""
        return self.damage in THERE

    @property
    def is_brought_back(self) -> bool:
        """Whether anything of the object is written."""
        return self.expected is not None and self.source != "none"

    @property
    def kept_settings(self) -> ObjectSettings:
        """Return the metadata that the object has before retention is set; new content has none."""
        is_kept = self.live is not None and self.source == "metadata"
        return self.live.settings if self.live is not None and is_kept else ObjectSettings()

    @property
    def wanted_settings(self) -> ObjectSettings:
        """Return the metadata that the object had."""
        return ObjectSettings() if self.expected is None else self.expected.version.settings

    @property
    def new_key(self) -> str | None:
        """Return the key of Cloud KMS that the object comes under and is not under now."""
        wanted = self.wanted_settings.kms_key
        present = None if self.live is None else self.live.settings.kms_key
        return wanted if wanted != present and self.source != "none" else None

    @property
    def size_bytes(self) -> int:
        """Return the size of the object as it was; of an extra one, as it is."""
        version = self.expected.version if self.expected is not None else self.live
        return 0 if version is None else version.size_bytes

    @property
    def why(self) -> str:
        """Say why this source."""
        if self.damage == "extra":
            return "the recovery point does not know it"
        return self.origins[0].why if self.origins else _WHY["none"]


def expected_of(record: ObjectRecord, versions: Sequence[ObjectVersion]) -> ObjectRecord:
    """Return the record that an object is compared with, where the inventory holds a later version.

    It is that of the recovery point while soft delete keeps that content, or it is live again.

    Args:
        record: Its record in the inventory.
        versions: Every version of it that the bucket still has.
    """
    then = record.then
    if then is None:
        return record
    found = [item for item in versions if is_content_then(item, then)]
    was = next((item for item in found if item.generation == then.generation), None)
    is_back = next((item for item in found if item.state == "live"), None)
    if (chosen := was or is_back) is None:
        return record
    return ObjectRecord(chosen._replace(state="live", ended_at=None))


def is_content_then(version: ObjectVersion, then: ContentThen) -> bool:
    """Whether a version holds what an object held at the recovery point."""
    told = (version.size_bytes, version.crc32c)
    is_md5 = version.md5 == then.md5 or None in (version.md5, then.md5)
    return told == (then.size_bytes, then.crc32c) and bool(then.crc32c) and is_md5


def plan_object(
    name: str,
    expected: ObjectRecord | None,
    versions: Sequence[ObjectVersion],
    recovery_point: datetime,
    retention: RetentionRules | None = None,
) -> ObjectStep | None:
    """Decide what has to happen to one object; None when it is as it was.

    Args:
        name: Its name.
        expected: Its record in the inventory, or None.
        versions: Every version of it that the bucket still has.
        recovery_point: The instant of the inventory.
        retention: What is done about retention of its own that it lost; None for nothing.
    """
    live = live_of(versions)
    damage = damage_of(expected, live, recovery_point, retention)
    if damage is None:
        return None
    origins: tuple[ObjectSource, ...] = ()
    if expected is not None:
        origins = tuple(_origins(expected, live, versions))
    return ObjectStep(name, damage, expected, live, origins)


def _origins(
    expected: ObjectRecord, live: ObjectVersion | None, versions: Sequence[ObjectVersion]
) -> Iterator[ObjectSource]:
    """Yield every place with the very content an object had, cheapest first."""
    wanted = expected.version
    if live is not None and same_content(wanted, live):
        if not needs_new_content(wanted, live):
            yield ObjectSource("metadata", live)
        yield ObjectSource("live", live)
    for version in _surviving("noncurrent", wanted, versions):
        yield ObjectSource("noncurrent", version)
    for version in _surviving("soft-deleted", wanted, versions):
        if not needs_new_content(wanted, version):
            yield ObjectSource("soft-deleted", version)
    if expected.stored_as is not None:
        yield ObjectSource("vault")


def _surviving(
    state: Literal["noncurrent", "soft-deleted"],
    wanted: ObjectVersion,
    versions: Sequence[ObjectVersion],
) -> list[ObjectVersion]:
    """Return the versions with the wanted content: the very generation first, then the newest."""
    found = [item for item in versions if item.state == state and same_content(wanted, item)]
    if len(found) > 1:
        found.sort(
            key=lambda item: (item.generation == wanted.generation, item.created_at), reverse=True
        )
    return found
