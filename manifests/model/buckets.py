"""What a run stores of Cloud Storage: an inventory of each bucket, and where the content is kept."""

from pydantic import Field

from manifests.model.values import Frozen, Resource, StoredObject, UtcTime


class ObjectRecord(Frozen):
    """One object of a protected bucket as it was at the recovery point: a row of its inventory.

    Attributes:
        generation: Identifies the content; generations do not tell which is newer.
        crc32c: Base64, big-endian, as Cloud Storage reports it.
        md5: Base64; None for a composite object.
        metadata: Custom metadata.
        stored_as: The vault object that holds the content; None where it could not be copied.
        stored_generation: The generation of that vault object.
    """

    name: str
    generation: int
    metageneration: int
    size_bytes: int = Field(ge=0)
    crc32c: str
    md5: str | None = None
    content_type: str | None = None
    content_encoding: str | None = None
    content_disposition: str | None = None
    content_language: str | None = None
    cache_control: str | None = None
    metadata: dict[str, str] = Field(default_factory=dict)
    custom_time: UtcTime | None = None
    temporary_hold: bool = False
    event_based_hold: bool = False
    storage_class: str = "STANDARD"
    created_at: UtcTime
    updated_at: UtcTime
    stored_as: str | None = None
    stored_generation: int | None = None


class InventoryShard(Frozen):
    """One stored file of an inventory: a run of neighbouring names, in UTF-8 order.

    Attributes:
        stored: The Avro file in the vault; its row count is the number of objects.
        first_name: The first object name in it.
        last_name: The last one.
    """

    stored: StoredObject
    first_name: str
    last_name: str


class BucketBackup(Frozen):
    """One bucket at the recovery point.

    Attributes:
        resource: The bucket's own configuration.
        listed_at: When the listing began; what happened since the recovery point was undone by
            looking at noncurrent and soft-deleted generations.
        shards: The inventory, in name order, without gaps or overlaps.
        not_copied: Objects in the inventory whose content is not in the vault.
        copied_bytes: Content that this run copied; the rest was there already.
    """

    bucket: str
    resource: Resource
    listed_at: UtcTime
    object_count: int = Field(ge=0)
    size_bytes: int = Field(ge=0)
    shards: tuple[InventoryShard, ...]
    not_copied: int = Field(default=0, ge=0)
    copied_bytes: int = Field(default=0, ge=0)

    @property
    def name(self) -> str:
        """Return the bucket's name."""
        return self.bucket
