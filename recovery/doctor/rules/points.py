"""Whether there is a recovery point, how old it is, and whether anybody looked at it. Pure."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta

from manifests.gauges import NOTHING_YET, proven_point
from manifests.model.proof import ProofRecord
from manifests.model.run import Manifest, VerdictRecord
from manifests.parts import part_kind
from manifests.protected import PartId
from manifests.selection import FIRST_BACKUP, RunSummary
from recovery.doctor.rules.problem import Problem, fine, warning
from recovery.units import age, counted, size

SILENT_HOURS = 27
"""A day and the time of retries, as in the alert `missed-backup`."""
VERIFIED_DAYS = 8
_EXTRACTED_A_DAY_BYTES = 50 * 2**40
"""BigQuery, Quotas and limits: extract bytes a day of a project, in the shared pool."""
_JOBS_A_DAY = 100_000
_SNAPSHOTS_A_DAY = 50_000
"""BigQuery, Quotas and limits: extract, load and copy jobs a day of a project, and snapshots among those."""
_MOST_SHARE = 0.8


def point_problems(runs: Sequence[RunSummary], *, now: datetime) -> Iterator[Problem]:
    """Tell whether the newest complete run is missing or too old.

    Args:
        runs: Every run in the vault.
        now: The present instant.
    """
    points = [run.recovery_point for run in runs if run.state == "complete" and run.recovery_point]
    if not points:
        mend = "rebound list" if runs else FIRST_BACKUP
        yield Problem("no run is complete: nothing can be recovered", mend)
        return
    newest = max(points)
    if now - newest > timedelta(hours=SILENT_HOURS):
        told = age((now - newest).total_seconds())
        yield Problem(f"the newest complete run is {told} old", "rebound list --limit 5")
    if damaged := [run for run in runs if run.state == "damaged"]:
        what = f"{counted(len(damaged), 'run')} cannot be read, as {damaged[-1].run_id}"
        yield warning(what, f"rebound show {damaged[-1].run_id}")
    later = [
        run
        for run in runs
        if run.state == "partial" and run.recovery_point and run.recovery_point > newest
    ]
    if later:
        yield warning(f"run {later[-1].run_id} is not complete", f"rebound show {later[-1].run_id}")


def proven_problems(
    owed: Collection[PartId], proofs: Sequence[ProofRecord], *, now: datetime
) -> Iterator[Problem]:
    """Tell the newest point at which every part was shown to restore, or that there is none.

    Args:
        owed: The parts that have to be shown to restore.
        proofs: What was shown, without what is forgotten.
        now: The present instant.
    """
    never = [part for part in owed if proven_point((part,), proofs) == NOTHING_YET]
    if never:
        kind, name = min(never)
        what = (
            f"{counted(len(never), 'part')} of {len(owed)} were never shown to restore, or not for long, "
            f"as {part_kind(kind).labelled(name)}"
        )
        yield warning(what, "rebound status")
    elif owed:
        point = proven_point(owed, proofs)
        told = age((now - point).total_seconds())
        yield fine(
            f"every part was shown to restore at {point:%Y-%m-%d %H:%M} UTC, {told} ago, or later"
        )


def verified_problems(
    runs: Sequence[RunSummary],
    verdicts: Sequence[VerdictRecord],
    shares: Sequence[datetime] = (),
    *,
    now: datetime,
) -> Iterator[Problem]:
    """Tell whether what is stored was found damaged, or was not looked at for long; and who last read it.

    Args:
        runs: Every run in the vault.
        verdicts: What `rebound verify` found of a run, and when.
        shares: The nights in which the function `verify` read a share.
        now: The present instant.
    """
    complete = {run.run_id for run in runs if run.state == "complete"}
    looks = [item for item in verdicts if item.run_id in complete]
    for item in looks:
        if item.damaged:
            what = f"{counted(len(item.damaged), 'object')} of run {item.run_id} were found damaged"
            yield Problem(what, f"rebound verify {item.run_id}")
    if not complete:
        return
    by_hand = max((item.verified_at for item in looks), default=None)
    night = max(shares, default=None)
    last = max((it for it in (by_hand, night) if it is not None), default=None)
    if last is None:
        yield warning("nobody has read any run to see whether it is whole", "rebound verify")
    elif now - last > timedelta(days=VERIFIED_DAYS):
        told = age((now - last).total_seconds())
        yield warning(f"the last look at what is stored was {told} ago", "rebound verify")
    elif not any(item.damaged for item in looks):
        looked = [
            f"{what} {age((now - at).total_seconds())} ago"
            for what, at in (
                ("the function verify read a share", night),
                ("a run was read by hand", by_hand),
            )
            if at is not None
        ]
        if night is None:
            looked.append("the function verify has read no share yet")
        yield fine(
            f"no damage is known: {'; '.join(looked)} (the gauge age_of_verification_seconds counts "
            "what the function reads)"
        )


def quota_problems(newest: Manifest | None) -> Iterator[Problem]:
    """Tell whether a night, or a recovery of all tables, comes near to what BigQuery allows in a day.

    Args:
        newest: The newest complete run; None where there is none.
    """
    if newest is None:
        return
    for what, wanted, allowed in _jobs(newest):
        if wanted > _MOST_SHARE * allowed:
            told = (
                f"{what} takes {wanted:,} jobs, and BigQuery lets a project run {allowed:,} a day"
            )
            yield warning(told, "rebound recover bigquery-dataset-loss --dataset DATASET")
    extracted = sum(item.size_bytes for item in newest.tables)
    if extracted > _MOST_SHARE * _EXTRACTED_A_DAY_BYTES:
        what = (
            f"a full run extracts {size(extracted)}, and BigQuery lets a project extract "
            f"{size(_EXTRACTED_A_DAY_BYTES)} a day"
        )
        yield warning(what, "bq mk --reservation_assignment --job_type=PIPELINE ...")


def _jobs(run: Manifest) -> Iterator[tuple[str, int, int]]:
    """Yield what a night and a recovery do by jobs, how many they take, and how many there may be."""
    made = sum(item.run_id == run.run_id for table in run.tables for item in table.exports)
    yield "extracting a night like the last one", made, _JOBS_A_DAY
    loads = sum(len(table.exports) for table in run.tables)
    yield "loading every table", loads, _JOBS_A_DAY
    yield "keeping every table as it was", len(run.tables), _SNAPSHOTS_A_DAY
