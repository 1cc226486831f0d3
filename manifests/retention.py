"""Which runs may be deleted, and why each other run is kept. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import NamedTuple

from manifests.catalog import Catalog, Retention
from manifests.coverage import owed
from manifests.selection import RunSummary
from manifests.values import RunId, UtcTime, Value


class Holdings(NamedTuple):
    """What one run needs of other runs, and what it holds itself.

    Attributes:
        run: The run.
        lists: The other runs whose objects it lists, or will list when it goes on.
        parts: What a complete run holds, by label.
        lacks: What it could not back up, by label.
        is_borne_out: Whether the other records of a complete run say what its manifest does.
    """

    run: RunSummary
    lists: frozenset[RunId]
    parts: frozenset[str] = frozenset()
    lacks: frozenset[str] = frozenset()
    is_borne_out: bool = True


def needs_of(holdings: Iterable[Holdings]) -> dict[RunId, frozenset[RunId]]:
    """Return the runs that each run needs: whose objects it lists, and that hold what it lacks."""
    needs: dict[RunId, frozenset[RunId]] = {}
    newest_with: dict[str, RunId] = {}
    for item in sorted(
        holdings, key=lambda item: (str(item.run.recovery_point or ""), item.run.run_id)
    ):
        run_id = item.run.run_id
        earlier = {newest_with[part] for part in item.lacks if part in newest_with}
        needs[run_id] = item.lists | earlier
        if item.run.state == "complete":
            newest_with |= dict.fromkeys(item.parts, run_id)
    return needs


def lesser(catalog: Catalog, holdings: Iterable[Holdings]) -> frozenset[RunId]:
    """Return the complete runs that no record bears out, or that lack a part they need.

    A part is lacking that the catalog requires and an earlier run held. Otherwise whoever writes
    manifests into the vault could have whole runs expire in favour of empty ones. A part that is
    new in the catalog is in no earlier run.
    """
    known: set[str] = set()
    found = set()
    complete = (item for item in holdings if item.run.state == "complete")
    for item in sorted(complete, key=lambda item: (str(item.run.recovery_point), item.run.run_id)):
        lost = known.intersection(owed(catalog, item.parts, item.lacks))
        emptied = any(
            any(map(entry.covers, known)) and not any(map(entry.covers, item.parts))
            for entry in catalog.datasets
            if entry.backup == "required"
        )
        if lost or emptied or not item.is_borne_out:
            found.add(item.run.run_id)
        known |= item.parts if item.is_borne_out else frozenset()
    return frozenset(found)


class KeepDecision(Value):
    """What happens to one run, and why."""

    run_id: RunId
    keep: bool
    reason: str
    recovery_point: UtcTime | None = None


def decide(
    runs: tuple[RunSummary, ...],
    *,
    policy: Retention,
    now: datetime,
    needs: Mapping[RunId, frozenset[RunId]],
    held: frozenset[RunId],
    reading: frozenset[RunId] = frozenset(),
    lesser: frozenset[RunId] = frozenset(),
    active: frozenset[RunId],
    written: Mapping[RunId, datetime] = MappingProxyType({}),
) -> tuple[KeepDecision, ...]:
    """Decide for each run whether it is kept.

    Args:
        runs: Every run in the vault.
        policy: How long runs are kept.
        now: The present instant.
        needs: For each run, the other runs that it needs.
        held: Runs an operator holds.
        reading: Runs that a recovery which has not ended reads.
        lesser: Complete runs that hold less than the catalog asks for: they take the place of none
            that holds all.
        active: Runs whose lease is in force.
        written: When the last object was written of runs that never fixed a recovery point.

    Returns:
        One decision a run, oldest first. A damaged run is kept: a person decides about it; another
        platform's is for that platform to delete. A run is kept as long as a run that
        is kept needs it.
    """
    complete = sorted(
        (run for run in runs if run.state == "complete" and run.recovery_point is not None),
        key=lambda run: (run.recovery_point, run.run_id),
        reverse=True,
    )
    reasons = _complete_reasons(complete, lesser, policy=policy, now=now)
    for run in runs:
        if run.run_id in held:
            reasons[run.run_id] = "held"
        elif run.run_id in reading:
            reasons[run.run_id] = "a recovery that has not ended reads it"
        elif run.run_id in active:
            reasons[run.run_id] = "its lease is in force"
        elif run.run_id not in reasons:
            reasons[run.run_id] = _other_reason(
                run.model_copy(
                    update={"recovery_point": run.recovery_point or written.get(run.run_id)}
                ),
                complete,
                policy=policy,
                now=now,
            )
    _keep_what_is_needed(reasons, needs)
    oldest_first = sorted(runs, key=lambda run: (str(run.recovery_point or ""), run.run_id))
    return tuple(
        KeepDecision(
            run_id=run.run_id,
            keep=bool(reasons[run.run_id]),
            reason=reasons[run.run_id] or "expired",
            recovery_point=run.recovery_point,
        )
        for run in oldest_first
    )


def _complete_reasons(
    complete: Sequence[RunSummary],
    lesser: frozenset[RunId],
    *,
    policy: Retention,
    now: datetime,
) -> dict[RunId, str]:
    """Return why each complete run, newest first, is kept by itself; empty where it is not."""
    reasons = {
        run.run_id: _own_reason(run, rank=rank, policy=policy, now=now)
        for rank, run in enumerate(complete)
    }
    whole = [run.run_id for run in complete if run.run_id not in lesser]
    for run_id in whole[: policy.keep_at_least]:
        reasons[run_id] = reasons[run_id] or "one of the newest that hold all that is asked for"
    return reasons


def _own_reason(run: RunSummary, *, rank: int, policy: Retention, now: datetime) -> str:
    if rank == 0:
        return "the last complete run"
    if rank < policy.keep_at_least:
        return f"one of the newest {policy.keep_at_least}"
    if run.recovery_point is not None and now - run.recovery_point < timedelta(
        days=policy.keep_days
    ):
        return f"younger than {policy.keep_days} days"
    return ""


def _other_reason(
    run: RunSummary, complete: Sequence[RunSummary], *, policy: Retention, now: datetime
) -> str:
    """Return why a run is kept that is no complete one of ours."""
    match run.state:
        case "foreign":
            return f"not ours to delete: {run.reason}"
        case "damaged":
            return "damaged: a person decides"
        case "untrusted":
            return _untrusted_reason(run, complete, policy=policy, now=now)
        case _:
            return _partial_reason(run, policy=policy, now=now)


def _untrusted_reason(
    run: RunSummary, complete: Sequence[RunSummary], *, policy: Retention, now: datetime
) -> str:
    """Return why a run is kept that nobody we trust signed, as those before there were keys."""
    point, newest = run.recovery_point, complete[0].recovery_point if complete else None
    if point is None or newest is None or newest <= point:
        return "not trusted, and no trusted run is newer: a person decides"
    if now - point < timedelta(days=policy.keep_days):
        return f"not trusted, younger than {policy.keep_days} days"
    return ""


def _partial_reason(run: RunSummary, *, policy: Retention, now: datetime) -> str:
    if run.recovery_point is None:
        return "it never fixed a recovery point, so its age is unknown"
    if now - run.recovery_point < timedelta(days=policy.partial_days):
        return f"partial, younger than {policy.partial_days} days"
    return ""


def _keep_what_is_needed(
    reasons: dict[RunId, str], needs: Mapping[RunId, frozenset[RunId]]
) -> None:
    pending = [run_id for run_id, reason in reasons.items() if reason]
    while pending:
        keeper = pending.pop()
        for needed in sorted(needs.get(keeper, frozenset())):
            if needed in reasons and not reasons[needed]:
                reasons[needed] = f"{keeper} needs it"
                pending.append(needed)
