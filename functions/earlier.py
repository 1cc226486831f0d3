"""The complete runs that were there before a run: what it builds on, and is held against."""

from collections.abc import Sequence
from datetime import datetime

from functions.parts import FailedPart
from manifests.catalog import Catalog
from manifests.errors import NoRecoveryPointError
from manifests.kind import Backup
from manifests.model import Manifest, PartFailure, RunId
from manifests.selection import select
from manifests.store import Vault


class EarlierRuns:
    """The runs of a vault, looked at once.

    Args:
        vault: The runs.
    """

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._runs = vault.runs()

    def newest(self, *, at: datetime | None = None) -> RunId | None:
        """Return the newest complete run, or the newest at or before an instant, or None."""
        try:
            return select(self._runs, at=at).run_id
        except NoRecoveryPointError:
            return None

    def manifest(self, *, at: datetime | None = None) -> Manifest | None:
        """Return the manifest of that run, or None."""
        run_id = self.newest(at=at)
        return None if run_id is None else self._vault.manifest(run_id)

    def tables(self, point: datetime) -> set[str]:
        """Return the tables of the newest run, and of the newest at or before an instant."""
        runs = (self.manifest(), self.manifest(at=point))
        return {table.name for run in runs if run is not None for table in run.tables}


def emptied_datasets(
    catalog: Catalog, last: Manifest | None, parts: Sequence[Backup]
) -> tuple[FailedPart, ...]:
    """Return the wholly protected datasets of which the last run holds tables and this one none.

    A run of nothing at all would be called complete, and the last one that has something expire.

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
