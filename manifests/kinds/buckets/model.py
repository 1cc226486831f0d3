"""What a run stores of Cloud Storage: an inventory of each bucket, and where the content is kept.

Of single objects there are millions: they are named tuples, because making frozen dataclasses of
them took about half of the time in which a page of a listing is read.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, NamedTuple

from pydantic import Field

from manifests.kind import Backup
from manifests.values import Resource, Stored, StoredObject, UtcTime

VersionState = Literal["live", "noncurrent", "soft-deleted"]


class ObjectSettings(NamedTuple):
    """What a client says about an object beside its content.

    Attributes:
        metadata: Custom metadata.
        custom_time: As RFC 3339 text, verbatim.
        contexts: Contexts that somebody attached, by key.
        kms_key: The key of Cloud KMS that it is under, without the key's version.
        retention: A retention of its own, as the API's JSON.
    """

    content_type: str | None = None
    content_encoding: str | None = None
    content_disposition: str | None = None
    content_language: str | None = None
    cache_control: str | None = None
    metadata: Mapping[str, str] = {}
    custom_time: str | None = None
    temporary_hold: bool = False
    event_based_hold: bool = False
    contexts: Mapping[str, str] = {}
    kms_key: str | None = None
    retention: str | None = None


class ObjectVersion(NamedTuple):
    """One version of an object, as a listing shows it.

    Attributes:
        generation: Identifies the content; generations do not tell which is newer.
        crc32c: Base64, big-endian, as Cloud Storage reports it.
        md5: Base64; None for a composite object.
        ended_at: When it stopped being live; None while it is.
    """

    name: str
    generation: int
    metageneration: int
    size_bytes: int
    crc32c: str
    md5: str | None
    created_at: datetime
    updated_at: datetime
    storage_class: str = "STANDARD"
    settings: ObjectSettings = ObjectSettings()
    state: VersionState = "live"
    ended_at: datetime | None = None


NotStored = Literal["gone", "foreign key", "left over"]
"""Why the content of an object is not in the vault.

    gone         it was replaced or deleted between the recovery point and the copy
    foreign key  it is under a key that only the customer has, and cannot be read
    left over    the run copies no more than a given number of objects
"""


class ContentThen(NamedTuple):
    """What an object held at the recovery point, where its record holds a later version.

    It could not be read any more when the inventory was made. As long as soft delete keeps it, it can
    be restored.
    """

    generation: int
    size_bytes: int
    crc32c: str
    md5: str | None


class ObjectRecord(NamedTuple):
    """One object of a bucket at the recovery point: a row of its inventory.

    Attributes:
        version: The version that was live then; a later one where that could not be read any more.
        stored_as: The vault object that holds the content; None where it could not be copied.
        stored_generation: The generation of that vault object.
        not_stored: Why there is none.
        then: What it held at the recovery point, where the version is a later one; None otherwise.
    """

    version: ObjectVersion
    stored_as: str | None = None
    stored_generation: int | None = None
    not_stored: NotStored | None = None
    then: ContentThen | None = None

    @property
    def is_unprotected(self) -> bool:
        """Whether its content is there to be copied and is not in the vault."""
        return self.not_stored in ("foreign key", "left over")


class InventoryShard(Stored):
    """One stored file of an inventory: a run of neighbouring names, in UTF-8 order.

    Attributes:
        stored: The Avro file in the vault; its row count is the number of objects.
        first_name: The first object name in it.
        last_name: The last one.
        content_bytes: The size of the objects it lists.
        not_copied: Those of them whose content is not in the vault.
        unprotected: Those of the ones without content that could have been copied.
        metadata_later: Those whose metadata was changed between the recovery point and the listing.
        content_later: Those whose content was written between the two, where what was there at the
            recovery point cannot be read any more, or nobody can tell.
        later_names: The first names of these.
        gone_names: The first names of those that were deleted before they could be copied.
    """

    stored: StoredObject
    first_name: str
    last_name: str
    content_bytes: int = Field(ge=0)
    not_copied: int = Field(default=0, ge=0)
    unprotected: int = Field(default=0, ge=0)
    metadata_later: int = Field(default=0, ge=0)
    content_later: int = Field(default=0, ge=0)
    later_names: tuple[str, ...] = ()
    gone_names: tuple[str, ...] = ()


class BucketBackup(Backup):
    """One bucket at the recovery point.

    Attributes:
        resource: The bucket's own configuration, read when the listing began.
        access: The bucket's IAM policy; None where the backup could not read it.
        listed_at: When the listing began.
        finished_at: When the last shard was written. What happened between the recovery point and
            then is undone by looking at noncurrent and soft-deleted versions.
        shards: The inventory, in name order, without gaps or overlaps.
        changed_later: Names that were written after the recovery point, where what they held then
            cannot be read any more, or is unknown. Runs before format 1.2 leave them out of the
            inventory; later ones have what they held when listed.
    """

    bucket: str
    resource: Resource
    access: Resource | None = None
    listed_at: UtcTime
    finished_at: UtcTime
    shards: tuple[InventoryShard, ...]
    changed_later: int = Field(default=0, ge=0)

    @property
    def name(self) -> str:
        """Return the bucket's name."""
        return self.bucket

    @property
    def needed(self) -> tuple[StoredObject, ...]:
        """Return the inventory; a content that is gone costs one object."""
        return tuple(shard.stored for shard in self.shards)

    @property
    def count(self) -> int:
        """Return how many objects it holds."""
        return self.object_count

    @property
    def object_count(self) -> int:
        """Return how many objects the bucket held."""
        return sum(shard.stored.row_count for shard in self.shards)

    @property
    def size_bytes(self) -> int:
        """Return how many bytes its objects held."""
        return sum(shard.content_bytes for shard in self.shards)

    @property
    def not_copied(self) -> int:
        """Return how many objects have no content in the vault."""
        return sum(shard.not_copied for shard in self.shards)

    @property
    def unprotected(self) -> int:
        """Return how many objects have no content in the vault though it was there to be copied."""
        return sum(shard.unprotected for shard in self.shards)

    @property
    def later_names(self) -> tuple[str, ...]:
        """Return the first names whose content is newer than the recovery point."""
        return tuple(name for shard in self.shards for name in shard.later_names)

    @property
    def gone_names(self) -> tuple[str, ...]:
        """Return the first names of objects that were deleted before they could be copied."""
        return tuple(name for shard in self.shards for name in shard.gone_names)

    @property
    def content_later(self) -> int:
        """Return how many objects' content is newer than the recovery point."""
        return sum(shard.content_later for shard in self.shards)

    @property
    def metadata_later(self) -> int:
        """Return how many objects' metadata is newer than the recovery point."""
        return sum(shard.metadata_later for shard in self.shards)
