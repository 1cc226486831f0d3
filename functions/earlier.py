"""Reads the complete runs before this one: it references their content, and is compared with them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import structlog

from functions.parts import FailedPart
from manifests.catalog import Catalog
from manifests.errors import BackupDamagedError
from manifests.kind import Backup, PartKind
from manifests.model.run import Manifest, PartFailure
from manifests.selection import RunSummary
from manifests.store.decoded import Started
from manifests.store.vault import Vault
from manifests.values import RunId

log = structlog.get_logger()


class EarlierRuns:
    """The complete runs of a vault whose other records say what their manifests say; they are read once.

    Args:
        vault: The runs.
    """

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        complete = [run for run in vault.runs() if run.state == "complete"]
        self._newest_first = sorted(complete, key=_age, reverse=True)
        self._bases: dict[RunId, Base | None] = {}

    def newest(self, *, at: datetime | None = None) -> RunId | None:
        """Return the newest run, or the newest at or before an instant, or None."""
        found = self._base(at)
        return None if found is None else found.manifest.run_id

    def manifest(self, *, at: datetime | None = None) -> Manifest | None:
        """Return the manifest of that run, or None."""
        found = self._base(at)
        return None if found is None else found.manifest

    def tables(self, point: datetime) -> set[str]:
        """Return the tables of the newest run, and of the newest at or before an instant."""
        runs = (self.manifest(), self.manifest(at=point))
        return {table.name for run in runs if run is not None for table in run.tables}

    def _base(self, at: datetime | None) -> "Base | None":
        fitting = (
            run.run_id
            for run in self._newest_first
            if at is None or (run.recovery_point is not None and run.recovery_point <= at)
        )
        return next(filter(None, map(self._looked_at, fitting)), None)

    def _looked_at(self, run_id: RunId) -> "Base | None":
        if run_id not in self._bases:
            self._bases[run_id] = Base.of(self._vault, run_id)
        return self._bases[run_id]


class Base:
    """A run whose unchanged content may be referenced, as far as it is believed.

    Where a trusted key signed the manifest, that is enough. Else who writes a manifest into the
    vault has to write the run's other records as well, and each receipt has to name the very start
    record that is there.

    Args:
        vault: The runs.
        manifest: The run's manifest.
        started: Its start record; None where the manifest is signed.
    """

    def __init__(self, vault: Vault, manifest: Manifest, started: Started | None) -> None:
        self._vault = vault
        self.manifest = manifest
        self._started = started

    @classmethod
    def of(cls, vault: Vault, run_id: RunId) -> "Base | None":
        """Return a run, or None where it is gone, damaged, not believed, or not as its start says.

        Whoever can write to the vault could begin a run that names a forged run as its base.
        """
        try:
            manifest = vault.manifest(run_id)
        except BackupDamagedError as error:
            # Without it everything is exported: a base that is lost costs no night.
            log.error("an earlier run is not built on", run_id=run_id, reason=error.message)  # noqa: TRY400 - told in words
            return None
        trust = vault.trust(run_id)
        found = None if trust.is_signed else vault.borne_out(manifest)
        reason = trust.problem or vault.foreign(manifest.platform, manifest.project)
        if not (trust.is_signed or found or reason):
            reason = "its start record does not say what its manifest does"
        if reason:
            log.error("an earlier run is not built on", run_id=run_id, reason=reason)
            return None
        return cls(vault, manifest, found)

    def part(self, kind: PartKind[Any], name: str) -> Backup | None:
        """Return what the run holds of a part, or None where its receipt does not say the same."""
        part: Backup | None = self.manifest.part(kind, name)
        if part is None or self._started is None:
            return part
        try:
            reason = "" if self._vault.part(self._started, kind, name) == part else "another story"
        except BackupDamagedError as error:
            reason = error.message
        if reason:
            log.error("an earlier part is not built on", base=self.manifest.run_id, reason=reason)
        return None if reason else part


def _age(run: RunSummary) -> tuple[str, str]:
    return str(run.recovery_point), run.run_id


def emptied_datasets(
    catalog: Catalog, last: Manifest | None, parts: Sequence[Backup]
) -> tuple[FailedPart, ...]:
    """Return the wholly protected datasets that had tables in the last run and have none in this one.

    Otherwise an empty run would count as complete, and the last run with content could expire.

    Args:
        catalog: What is protected.
        last: The last complete run before this one's instant; None where there is none.
        parts: What this run has.
    """
    held = [item.name for item in last.tables] if last else []
    failed = []
    for entry in catalog.datasets:
        gone = [name for name in held if entry.covers(name)]
        if last and gone and not any(entry.covers(part.name) for part in parts):
            message = (
                f"all {len(gone)} of its tables that run {last.run_id} holds are gone (bring them "
                f"back with `rebound recover bigquery-dataset-loss --run {last.run_id}`, or let the "
                'catalog say of it `"backup": "best effort"`)'
            )
            why = PartFailure(part=f"dataset {entry.dataset}", message=message, retryable=False)
            is_spared = entry.backup == "best effort"
            failed.append(FailedPart(why, is_spared=is_spared, is_lost=not is_spared))
    return tuple(failed)
