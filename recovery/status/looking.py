"""Reads as little of the vault and the journals as tells how every part stands."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from manifests import layout
from manifests.catalog import Catalog
from manifests.cloud.objects import Bucket
from manifests.cloud.proofs import Proofs
from manifests.cloud.retry import cloud_errors
from manifests.cloud.verdicts import Verdicts
from manifests.cloud.versions import VersionedBucket
from manifests.errors import BackupDamagedError, CloudError
from manifests.model.proof import ProofRecord
from manifests.model.run import Manifest, Owner
from manifests.parts import part_kind
from manifests.run_folders import RunFolders
from manifests.store.vault import Vault
from manifests.values import RunId
from recovery.fence.store import Fences
from recovery.fence.text import is_late
from recovery.health import Health, HealthFinding
from recovery.lapsing import lapsing_findings, unconfirmed_findings
from recovery.status.held import left_out, unprotected_findings
from recovery.status.model import PartFacts, PartStatus, Status
from recovery.status.points import Points, StoredRun, newest_points, protected_parts
from recovery.status.rules import (
    answer_of,
    part_status,
    scenario_statuses,
    shown_of,
)
from recovery.under_way import unclosed
from recovery.units import age, listed
from recovery.verdicts import leaning_parts

_PARALLEL_RUNS = 16
_MOST_OPEN = 50


class StatusLooks:
    """What `rebound status` looks at.

    Args:
        catalog: What is protected.
        owner: Whose runs count.
        vault: The documents of all runs.
        contents: The bucket they are in, listed by version.
        landing: The bucket with journals.
        proofs: What was shown to restore.
        verdicts: What `rebound verify` found.
        fences: The fences that were begun.
    """

    def __init__(
        self,
        catalog: Catalog,
        owner: Owner,
        *,
        vault: Vault,
        contents: VersionedBucket,
        landing: Bucket,
        proofs: Proofs,
        verdicts: Verdicts,
        fences: Fences,
    ) -> None:
        self._catalog = catalog
        self._owner = owner
        self._vault = vault
        self._contents = contents
        self._landing = landing
        self._proofs = proofs
        self._verdicts = verdicts
        self._fences = fences

    def status(self, now: datetime) -> Status:
        """Return how everything stands.

        Args:
            now: The present instant.

        Raises:
            CloudError: The runs could not be looked at; of all else that is told as a finding.
        """
        found: list[HealthFinding] = []
        damaged = self._looked_at("verdicts", lambda: tuple(self._verdicts.all()), found)
        proven_since = now - timedelta(days=self._catalog.drills.proof_days)
        proofs = self._looked_at(
            "proofs", lambda: tuple(self._proofs.since(proven_since, now=now)), found
        )
        folders = self._vault.folders()
        points = newest_points(
            self._runs(folders.read),
            self._catalog,
            self._manifest,
            lambda manifest: leaning_parts(manifest, damaged),
        )
        decisions, today = self._catalog.left_out, now.date()
        found += [
            *unprotected_findings(points.newest, decisions, today),
            *unconfirmed_findings(self._catalog, today),
            *lapsing_findings(self._catalog, today),
            *_unusable(points),
            *_crowds(folders),
        ]
        found += self._looked_at("recoveries", lambda: tuple(self._open()), found)
        found += self._looked_at("fences", lambda: tuple(self._standing(now)), found)
        parts = tuple(self._parts(points, proofs, now, has_runs=bool(folders.read)))
        return Status(
            project=self._owner.project,
            platform=self._owner.platform,
            looked_at=now,
            answer=answer_of(parts, now=now),
            parts=parts,
            others=tuple(found),
            left_out=tuple(left_out(points.newest, decisions, today)),
            scenarios=tuple(
                scenario_statuses(
                    protected_parts(self._catalog, points.newest),
                    proofs,
                    self._catalog.drills,
                    runs_again=self._catalog.processors is not None,
                )
            ),
        )

    def _runs(self, run_ids: Sequence[RunId]) -> tuple[StoredRun, ...]:
        """Return when the manifest of each run was written; a run without one is no backup."""
        with ThreadPoolExecutor(_PARALLEL_RUNS, thread_name_prefix="status") as pool:
            found = tuple(pool.map(self._run, run_ids))
        return tuple(run for run in found if run is not None)

    def _run(self, run_id: RunId) -> StoredRun | None:
        name = layout.manifest_name(run_id)
        with cloud_errors(self._contents.uri(name)):
            found = self._contents.find(name)
        return None if found is None else StoredRun(found.created_at, run_id)

    def _manifest(self, run_id: RunId) -> Manifest | str:
        try:
            manifest = self._vault.manifest(run_id)
        except BackupDamagedError as error:
            return f"damaged: {error.message}"
        foreign = self._vault.foreign(manifest.platform, manifest.project)
        return self._vault.trust(run_id).problem or foreign or manifest

    def _parts(
        self, points: Points, proofs: Sequence[ProofRecord], now: datetime, *, has_runs: bool
    ) -> Iterator[PartStatus]:
        rule = self._catalog.drills
        best_effort = {
            (kind.name, entry.name)
            for kind, entry in self._catalog.parts
            if entry.backup == "best effort"
        }
        for part in protected_parts(self._catalog, points.newest):
            facts = PartFacts(
                part=part,
                label=part_kind(part.kind).labelled(part.name),
                is_required=part not in best_effort,
                newest=points.of.get(part),
                whole=shown_of(part, proofs, whole=True),
                some=shown_of(part, proofs, whole=False),
                has_runs=has_runs,
            )
            yield part_status(facts, rule, self._catalog.objectives, now=now)

    def _open(self) -> Iterator[HealthFinding]:
        found = unclosed(self._landing)
        if len(found) > _MOST_OPEN:
            what = f"{len(found) - _MOST_OPEN:,} more have not ended"
            yield HealthFinding("recoveries", "", Health.WARNING, what, "`rebound report`")
        for recovery_id in found[-_MOST_OPEN:]:
            yield HealthFinding(
                "recoveries",
                recovery_id,
                Health.WARNING,
                "it has not ended",
                f"`rebound report {recovery_id}` tells how far it is",
            )

    def _standing(self, now: datetime) -> Iterator[HealthFinding]:
        rule = self._catalog.fence
        for fence in self._fences.standing():
            record = fence.record
            if record is None:
                what, mend = str(fence.error), "`rebound fence --status` names the others"
                yield HealthFinding("fences", fence.name, Health.UNKNOWN, what, mend)
                continue
            late = rule is not None and is_late(record, now, rule.most_hours)
            stands = age((now - record.fenced_at).total_seconds())
            yield HealthFinding(
                "fences",
                record.fence_id,
                Health.CRITICAL if late else Health.WARNING,
                f"it stands since {stands}: {listed(record.things)}",
                f"`rebound thaw {record.fence_id}`",
            )

    def _looked_at[Seen](
        self, check: str, look: Callable[[], tuple[Seen, ...]], found: list[HealthFinding]
    ) -> tuple[Seen, ...]:
        """Return what a look shows; that it could not be looked at is a finding, and unknown."""
        try:
            return look()
        except (BackupDamagedError, CloudError) as error:
            found.append(HealthFinding(check, "", Health.UNKNOWN, str(error), error.hint))
            return ()


def _crowds(folders: RunFolders) -> Iterator[HealthFinding]:
    for told in folders.told():
        mend = "find out who made them; `rebound expire --yes` deletes old ones without a manifest"
        yield HealthFinding("runs", told.run_id, Health.WARNING, told.reason, mend)


def _unusable(points: Points) -> Iterator[HealthFinding]:
    for run_id, why in points.unusable:
        mend = f"`rebound verify {run_id}` tells more"
        yield HealthFinding("runs", run_id, Health.WARNING, why, mend)
