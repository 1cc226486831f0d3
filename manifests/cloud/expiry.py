"""Deletes runs past their retention: `manifests.retention` decides, this looks and deletes."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import structlog

from manifests import coverage, layout
from manifests.catalog import Catalog
from manifests.claim_layout import LEASES_PREFIX, leased_run_id, unlock_name
from manifests.cloud.holds import set_hold
from manifests.cloud.objects import Bucket
from manifests.cloud.protection import Protections
from manifests.cloud.recoveries import Recoveries
from manifests.cloud.retry import cloud_errors
from manifests.cloud.verdicts import Verdicts
from manifests.cloud.versions import after_prefix
from manifests.errors import BackupDamagedError, RefusedError, UsageError
from manifests.model.run import UnlockRecord
from manifests.retention import Holdings, KeepDecision, decide, lesser, needs_of
from manifests.selection import RunSummary
from manifests.store.claims import MOST_SECONDS, lease_claim
from manifests.store.envelope import encode
from manifests.store.seal import Seal
from manifests.store.vault import Vault
from manifests.values import RunId, Stored, UtcTime

_PARALLEL_LOOKS = 16
_MOST_LEASES = 500
_MOST_STRAYS = 10_000
"""So many folders without a backup are deleted by one call at most; the next call deletes more."""
_LONG_AGO = datetime.min.replace(tzinfo=UTC)

log = structlog.get_logger()


class HoldRecord(Stored):
    """Since when an operator holds a run."""

    run_id: RunId
    held_at: UtcTime


class Expiry:
    """The runs of one vault and how long they are kept.

    Args:
        vault: The bucket with the backups; deleting needs more rights than backing up.
        documents: The runs in it.
        landing: The bucket with leases and journals.
        catalog: What is protected, and for how long runs are kept.
        protections: What the vault lets nobody delete.
        seal: Tells whose journals are believed.
    """

    def __init__(
        self,
        vault: Bucket,
        documents: Vault,
        landing: Bucket,
        *,
        catalog: Catalog,
        protections: Protections,
        seal: Seal,
    ) -> None:
        self._vault = vault
        self._documents = documents
        self._landing = landing
        self._catalog = catalog
        self._policy = catalog.retention
        self._protections = protections
        self._seal = seal

    def decide(self, now: datetime) -> tuple[KeepDecision, ...]:
        """Decide for every run whether it is kept; what the vault protects is."""
        folders = self._documents.folders()
        read = tuple(map(self._documents.summary, folders.read))
        runs = (*read, *map(_stray, folders.strays[:_MOST_STRAYS]))
        holdings = [_holdings(self._documents, run) for run in runs]
        with ThreadPoolExecutor(_PARALLEL_LOOKS, thread_name_prefix="expire") as pool:
            bare = [run.run_id for run in runs if run.state == "partial" and not run.recovery_point]
            decisions = decide(
                runs,
                policy=self._policy,
                now=now,
                needs=needs_of(holdings),
                held=self.held(),
                reading=self._in_recovery(now, runs),
                lesser=lesser(self._catalog, holdings),
                active=self.active(now),
                written=dict(zip(bare, pool.map(self._written_at, bare), strict=True)),
            )
            kept = decisions if not folders.needing else map(_kept_unread, decisions)
            return tuple(pool.map(lambda decision: self._protected(decision, now), kept))

    def _written_at(self, run_id: RunId) -> datetime:
        """Return when the newest object of a run was written, where no start record tells the run's time."""
        folder = layout.run_prefix(run_id)
        with cloud_errors(self._vault.uri(folder)):
            found = self._vault.versions.versions("live", folder, after_prefix(folder))
            return max((item.created_at for item in found), default=_LONG_AGO)

    def _protected(self, decision: KeepDecision, now: datetime) -> KeepDecision:
        """Keep a run if any object of it cannot be deleted: half a run is no backup."""
        if decision.keep:
            return decision
        told = self._protections.told(layout.run_prefix(decision.run_id), now=now)
        if not told:
            return decision
        return decision.model_copy(update={"keep": True, "reason": f"{decision.reason}; {told}"})

    def delete(self, decisions: Sequence[KeepDecision], now: datetime) -> tuple[KeepDecision, ...]:
        """Delete the runs that are not kept, when a second look decides the same.

        A decision depends on what is there and what is not: a manifest, a lease, a hold. That can
        have changed since the first look, and one answer can be false.

        Args:
            decisions: What the first look decided.
            now: The present instant.

        Returns:
            What both looks decided: a run is kept where either kept it.
        """
        again = {decision.run_id: decision for decision in self.decide(now)}
        agreed = tuple(
            decision if decision.keep else again.get(decision.run_id, decision)
            for decision in decisions
        )
        with ThreadPoolExecutor(_PARALLEL_LOOKS, thread_name_prefix="expire") as pool:
            return tuple(
                pool.map(lambda item: item if item.keep else self._gone(item, now), agreed)
            )

    def _gone(self, decision: KeepDecision, now: datetime) -> KeepDecision:
        """End the holds of a run and delete it, unless a retention policy then keeps it."""
        folder = layout.run_prefix(decision.run_id)
        manifest = layout.manifest_name(decision.run_id)
        if decision.recovery_point is None and self._vault.info(manifest) is not None:
            return decision.model_copy(update={"keep": True, "reason": "it has a manifest"})
        with cloud_errors(self._vault.uri(folder)):
            for item in self._vault.versions.versions("live", folder, after_prefix(folder)):
                set_hold(self._vault.versions, item, held=False)
        decided = self._protected(decision, now)
        if not decided.keep:
            self._delete(decision.run_id)
        return decided

    def _delete(self, run_id: RunId) -> None:
        """Delete a run: its manifest first, so that half a run is never taken for a backup."""
        manifest = layout.manifest_name(run_id)
        found = self._vault.info(manifest)
        if found is not None:
            self._vault.delete(manifest, generation=found.generation)
        # The start record goes last: while anything is left, the run is still seen.
        start = layout.start_name(run_id)
        items = list(self._vault.list_objects(layout.run_prefix(run_id)))
        for item in sorted(items, key=lambda item: item.name == start):
            self._vault.delete(item.name, generation=item.generation)
        Verdicts(self._landing).forget(run_id)

    def hold(self, run_id: RunId, now: datetime) -> None:
        """Keep a run until it is released."""
        record = HoldRecord(run_id=run_id, held_at=now)
        self._vault.put_once(layout.hold_name(run_id), encode(record))

    def release(self, run_id: RunId, now: datetime) -> bool:
        """Let a held run expire like any other; return whether it was held.

        Raises:
            RefusedError: The vault protects the record of the hold itself.
        """
        name = layout.hold_name(run_id)
        with cloud_errors(self._vault.uri(name)):
            found = self._vault.versions.find(name)
        if found is not None:
            found = set_hold(self._vault.versions, found, held=False)
            if told := self._protections.told(found.name, now=now):
                raise RefusedError(
                    f"its hold is {told}", subject=run_id, hint="release it again then"
                )
            self._vault.delete(found.name, generation=found.generation)
        return found is not None

    def held(self) -> frozenset[RunId]:
        """Return the runs an operator holds."""
        names = (
            layout.held_run_id(item.name) for item in self._vault.list_dated(layout.HOLDS_PREFIX)
        )
        return frozenset(name for name in names if name is not None)

    def _in_recovery(self, now: datetime, runs: tuple[RunSummary, ...]) -> frozenset[RunId]:
        """Return the runs that recoveries read which were begun within the retention and have not ended.

        A plan that cannot be read could need any run.
        """
        recoveries = Recoveries(self._landing, self._seal)
        since = now - timedelta(days=self._policy.keep_days)
        try:
            needed = [recoveries.needs(it) for it in recoveries.open(since=since)]
        except BackupDamagedError as error:
            log.warning("a recovery could need any run", reason=str(error))
            return frozenset(run.run_id for run in runs)
        return frozenset().union(*needed)

    def unlock(self, run_id: RunId, why: str, now: datetime) -> None:
        """Break the lease of a run, and write down who held it and why it was broken.

        Whoever holds it notices before anything more is written.

        Raises:
            UsageError: The run has none.
        """
        listed = self._landing.list_dated(f"{LEASES_PREFIX}{run_id}")
        names = (item.name for item in listed if leased_run_id(item.name) == run_id)
        leases = [(name, found) for name in names if (found := self._landing.read_dated(name))]
        if not leases:
            raise UsageError(
                "the run has no lease, so that there is nothing to unlock",
                subject=run_id,
                hint="`rebound list` shows the runs",
            )
        last = max((lease_claim(found, run_id) for _, found in leases), key=lambda it: it.until)
        record = UnlockRecord(run_id=run_id, unlocked_at=now, holder=last.holder, why=why)
        self._landing.put_once(unlock_name(run_id, now), encode(record))
        for name, found in leases:
            self._landing.delete(name, generation=found.generation)

    def active(self, now: datetime) -> frozenset[RunId]:
        """Return the runs whose lease is in force; log a lease that cannot be read."""
        since = now - timedelta(seconds=MOST_SECONDS)
        young = {
            item.name: run_id
            for item in self._landing.list_dated(LEASES_PREFIX)
            if item.written_at > since and (run_id := leased_run_id(item.name))
        }
        if len(young) > _MOST_LEASES:
            log.warning("leases are taken to be in force: too many to read", leases=len(young))
            return frozenset(young.values())
        return frozenset(
            run_id for name, run_id in young.items() if self._is_in_force(name, run_id, now)
        )

    def _is_in_force(self, name: str, run_id: RunId, now: datetime) -> bool:
        found = self._landing.read_dated(name)
        if found is None:
            return False
        claim = lease_claim(found, run_id)
        if claim.problem:
            log.warning("a lease cannot be read", run_id=run_id, reason=claim.problem)
        return claim.until > now


def _stray(run_id: RunId) -> RunSummary:
    return RunSummary(run_id=run_id, state="partial", reason="no manifest")


def _kept_unread(decision: KeepDecision) -> KeepDecision:
    """Keep a run while there are others that are not looked into: one of them may need it."""
    if decision.keep or decision.recovery_point is None:
        return decision
    reason = "there are more runs than are looked into, and one of them may need it"
    return decision.model_copy(update={"keep": True, "reason": reason})


def _holdings(documents: Vault, run: RunSummary) -> Holdings:
    """Return what a run needs of other runs, and what it holds itself."""
    if run.state not in ("complete", "foreign", "untrusted"):
        base = () if run.base_run_id is None else (run.base_run_id,)
        return Holdings(run, frozenset(base))
    manifest = documents.manifest(run.run_id)
    listed = {export.run_id for table in manifest.tables for export in table.exports}
    return Holdings(
        run,
        frozenset(listed - {run.run_id}),
        coverage.held(manifest),
        frozenset(item.part for item in manifest.lacking),
        is_borne_out=documents.borne_out(manifest) is not None,
    )
