"""What `verify` found, kept in the landing bucket, so that a list of runs can tell of it.

verdicts/<run>.json    the last look at a run
"""

from datetime import datetime

from manifests.cloud.objects import Bucket
from manifests.errors import BackupDamagedError
from manifests.model import Frozen, Manifest, RunId, UtcTime
from manifests.store import Vault, decode, encode
from recovery.verify import Verdict

_FOLDER = "verdicts/"


class VerdictRecord(Frozen):
    """What the last look at a run found.

    Attributes:
        damaged: What is not as the manifest says; empty when the run is whole.
    """

    run_id: RunId
    verified_at: UtcTime
    damaged: tuple[str, ...]


class Verdicts:
    """The verdicts about the runs of one vault."""

    def __init__(self, landing: Bucket) -> None:
        self._landing = landing

    def record(self, run_id: RunId, verdict: Verdict, now: datetime) -> None:
        """Write what was found about a run, over what was found before."""
        damaged = tuple(sorted({item.subject for item in verdict.findings}))
        record = VerdictRecord(run_id=run_id, verified_at=now, damaged=damaged)
        name = f"{_FOLDER}{run_id}.json"
        found = self._landing.info(name)
        self._landing.put_if(
            name,
            encode(record),
            generation=0 if found is None else found.generation,
            content_type="application/json",
        )

    def damaged(self) -> frozenset[str]:
        """Return every file that was found damaged; a record that cannot be read tells nothing."""
        names: set[str] = set()
        for item in self._landing.list_objects(_FOLDER):
            content = self._landing.read(item.name)
            try:
                if content is not None:
                    names |= set(decode(content, VerdictRecord, subject=item.name).damaged)
            except BackupDamagedError:
                continue
        return frozenset(names)


def damaged_in(manifest: Manifest, damaged: frozenset[str]) -> tuple[str, ...]:
    """Return the tables, buckets and databases of a run that lean on a damaged file.

    Args:
        manifest: The run's manifest.
        damaged: Every file that was found damaged, whichever run it was found in.
    """
    files = {item.name: item.objects for item in manifest.tables}
    files |= {item.name: item.objects for item in manifest.databases}
    files |= {
        item.bucket: tuple(shard.stored for shard in item.shards) for item in manifest.buckets
    }
    return tuple(
        name for name, stored in files.items() if any(item.name in damaged for item in stored)
    )


def leaning(
    vault: Vault, runs: list[RunId], damaged: frozenset[str]
) -> dict[RunId, tuple[str, ...]]:
    """Return for each run that leans on a damaged file which of its parts do."""
    if not damaged:
        return {}
    found = {run_id: damaged_in(vault.manifest(run_id), damaged) for run_id in runs}
    return {run_id: parts for run_id, parts in found.items() if parts}
