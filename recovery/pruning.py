"""Deletes contents of buckets that no run needs any more."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from manifests.cloud.expiry import Expiry
from manifests.cloud.objects import Bucket
from manifests.cloud.retry import cloud_errors
from manifests.errors import BackupDamagedError, RefusedError
from manifests.store.vault import Vault
from manifests.values import RunId, Value
from recovery.kinds.buckets.cloud.exclusion import Pruning
from recovery.kinds.buckets.cloud.garbage import Garbage


class PrunedContents(Value):
    """Contents of buckets that no run needs.

    Attributes:
        protected: Those of them that a retention policy still keeps.
    """

    objects: int = 0
    size_bytes: int = 0
    protected: int = 0


class Prune:
    """The contents of one vault.

    Args:
        vault: The bucket with the backups; deleting needs more rights than backing up.
        documents: The runs in it.
        landing: The bucket with leases.
        expiry: Tells which runs are being written.
        partial_days: Younger contents are kept: a run that is not complete may need them.
        holder: A name for this process that no other process has.
    """

    def __init__(
        self,
        vault: Bucket,
        documents: Vault,
        landing: Bucket,
        *,
        expiry: Expiry,
        partial_days: int,
        holder: str,
    ) -> None:
        self._vault = vault
        self._documents = documents
        self._landing = landing
        self._expiry = expiry
        self._partial_days = partial_days
        self._holder = holder

    def prune(self, clock: Callable[[], datetime], *, delete: bool) -> PrunedContents:
        """Find, and if told so delete, the contents of buckets that no run in the vault needs.

        Args:
            clock: Gives the present instant.
            delete: Whether they are deleted; meanwhile no run is written.

        Raises:
            RefusedError: A run is being written, or not all manifests are read, so that what they
                need is not known; or somebody else prunes.
            BackupDamagedError: An inventory is gone or cannot be read, so what it needs is not known.
        """
        if not delete:
            return self._pruned(clock(), advance=lambda: None, delete=False)
        pruning = Pruning(self._landing, clock, holder=self._holder)
        try:
            return self._pruned(clock(), advance=pruning.go_on, delete=True)
        finally:
            pruning.end()

    def _pruned(
        self, now: datetime, *, advance: Callable[[], None], delete: bool
    ) -> PrunedContents:
        if active := self._expiry.active(now):
            raise RefusedError(
                f"run {min(active)} is being written",
                hint="prune again when it has ended; `rebound unlock` breaks a lease that cannot end",
            )
        folders = self._documents.folders()
        if folders.needing:
            raise RefusedError(
                f"{len(folders.needing):,} runs are not looked into, so that what they need is not known",
                subject=folders.needing[0],
                hint="find out who wrote them; `rebound list` shows the runs",
            )
        garbage = Garbage(
            self._vault,
            runs=folders.read,
            known=self._inventories(folders.read),
            older_than=now - timedelta(days=self._partial_days),
            holds=delete and self._holds_what_is_new(),
            advance=advance,
        )
        objects = size_bytes = protected = 0
        for version in garbage.find():
            advance()
            objects += 1
            size_bytes += version.size_bytes
            protected += delete and not garbage.delete(version)
        return PrunedContents(objects=objects, size_bytes=size_bytes, protected=protected)

    def _inventories(self, runs: Sequence[RunId]) -> Iterator[str]:
        """Yield each inventory that a manifest lists; a manifest that cannot be read lists none."""
        for run_id in runs:
            try:
                manifest = self._documents.manifest(run_id)
            except BackupDamagedError:
                continue
            yield from (stored.name for bucket in manifest.buckets for stored in bucket.needed)

    def _holds_what_is_new(self) -> bool:
        """Whether the vault puts an event-based hold on what is written to it."""
        with cloud_errors(self._vault.uri("")):
            resource = self._vault.versions.resource() or {}
        return bool(resource.get("defaultEventBasedHold"))
