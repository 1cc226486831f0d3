"""What a run stores of one type of resources of the platform's configuration."""

from pydantic import Field

from manifests.kind import Backup
from manifests.kinds.resources.given import is_given
from manifests.values import Stored, StoredObject, UtcTime


class ResourceEntry(Stored):
    """One resource of a run.

    Attributes:
        name: As its API names it.
        sha256: Of its line in the stored file, in hexadecimal.
    """

    name: str
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class ResourceBackup(Backup):
    """Every resource of one type, as its API returned it.

    Attributes:
        type: As `pubsub/topic`.
        locations: Where they were listed; empty where the type has no locations.
        project_number: That of the project: names and addresses can hold it.
        read_at: When; no API tells what was there at an earlier time.
        entries: One a resource, in order of the names.
        stored: The file in the vault: one line of JSON a resource, in the same order.
        sources: The archives that functions are built from, in the vault.
        not_held: What the API never returns, so that no recovery brings it back.
        gone_images: Images that resources of it run and that were not there: those cannot be made again.
            Images of functions are not named here: each is built again from the function's source.
        unseen_images: Images that they run of other registries than the project's, and that nobody could see
            there: whether they are is unknown.
    """

    type: str
    locations: tuple[str, ...] = ()
    project_number: str = ""
    read_at: UtcTime
    entries: tuple[ResourceEntry, ...]
    stored: StoredObject
    sources: tuple[StoredObject, ...] = ()
    not_held: tuple[str, ...] = ()
    gone_images: tuple[str, ...] = ()
    unseen_images: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Return the type, as receipts and reports name it."""
        return self.type

    @property
    def objects(self) -> tuple[StoredObject, ...]:
        """Return every object that the run stores of it."""
        return self.stored, *self.sources

    @property
    def count(self) -> int:
        return len(self.entries)

    @property
    def restorable(self) -> int:
        """Return how many of them Google does not make by itself."""
        return sum(not is_given(self.type, entry.name) for entry in self.entries)
