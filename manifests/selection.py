"""Which run is restored, and why each other run is not. Pure."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Literal

from manifests.errors import NoRecoveryPointError
from manifests.model.run import PartFailure
from manifests.values import RunId, UtcTime, Value

_MOST_TOLD = 20
FIRST_BACKUP = "make the first backup: step 8 of runbooks/deploy.md"
"""What helps where the vault holds no run at all: nothing can be listed, chosen or drilled."""
RunState = Literal["complete", "partial", "damaged", "foreign", "untrusted"]
"""A foreign run is complete, and another platform's; an untrusted one is signed by nobody we trust."""


class RunSummary(Value):
    """One run as the vault shows it.

    Attributes:
        recovery_point: None when the run never fixed one.
        reason: Why a run that is not complete is not, and what a complete one lacks.
        base_run_id: The run that a partial one refers to; a complete one's manifest says it.
        parts: How many tables, buckets and databases it holds; of a partial one, how many are done.
        size_bytes: What they take in the vault; 0 when it is not known.
        failures: Why the last attempt of a partial run failed.
    """

    run_id: RunId
    state: RunState
    recovery_point: UtcTime | None = None
    reason: str = ""
    base_run_id: RunId | None = None
    parts: int = 0
    size_bytes: int = 0
    failures: tuple[PartFailure, ...] = ()


class PassedOver(Value):
    """A run that was not chosen, and why.

    Attributes:
        is_unusable: Whether it is no backup of this platform, whatever is asked for.
    """

    run_id: RunId
    reason: str
    is_unusable: bool = False


class Selection(Value):
    """The chosen run, and every run that is newer or not restorable with the reason."""

    run_id: RunId
    recovery_point: UtcTime
    passed_over: tuple[PassedOver, ...]

    @property
    def unusable(self) -> tuple[PassedOver, ...]:
        """Return the runs that are no backup of this platform."""
        return tuple(run for run in self.passed_over if run.is_unusable)


def select(
    runs: tuple[RunSummary, ...], *, at: datetime | None = None, run_id: RunId | None = None
) -> Selection:
    """Choose the newest complete run at or before an instant.

    Args:
        runs: Every run in the vault.
        at: The latest acceptable recovery point; None accepts any.
        run_id: The one run that is wanted, which may then be another platform's, or not trusted;
            None accepts any of this platform that is trusted.

    Raises:
        NoRecoveryPointError: No run fits; the message names the reason for each.
    """
    passed_over = {run.run_id: _passed_over(run, at=at, run_id=run_id) for run in runs}
    fitting = [
        (run.recovery_point, run.run_id)
        for run in runs
        if passed_over[run.run_id] is None and run.recovery_point is not None
    ]
    if not fitting:
        obstacles = sorted((run, item) for run, item in passed_over.items() if item is not None)
        told = [f"{run}: {item.reason}" for run, item in obstacles[-_MOST_TOLD:]]
        if left := len(obstacles) - len(told):
            told.insert(0, f"{left:,} others")
        reasons = "; ".join(told)
        raise NoRecoveryPointError(
            f"no run can be restored ({reasons or 'the vault holds no run'})",
            hint="`rebound list` shows every run; `--at` and `--run` narrow the choice"
            if runs
            else FIRST_BACKUP,
        )
    recovery_point, chosen = max(fitting)
    return Selection(
        run_id=chosen,
        recovery_point=recovery_point,
        passed_over=tuple(
            passed_over[run.run_id] or PassedOver(run_id=run.run_id, reason=f"older than {chosen}")
            for run in runs
            if run.run_id != chosen
        ),
    )


def alarming(runs: Sequence[RunSummary]) -> Iterator[RunSummary]:
    """Yield the runs that no healthy vault has.

    Those that are damaged, and those that nobody we trust signed and that are newer than the newest
    one that is trusted: older ones may be from before there was a key.
    """
    trusted = [run.recovery_point for run in runs if run.state == "complete" and run.recovery_point]
    newest = max(trusted, default=None)
    for run in runs:
        is_new = newest is None or (run.recovery_point is not None and run.recovery_point > newest)
        if run.state == "damaged" or (run.state == "untrusted" and is_new):
            yield run


def _passed_over(
    run: RunSummary, *, at: datetime | None, run_id: RunId | None
) -> PassedOver | None:
    """Return why a run cannot be chosen, or None."""
    if run_id is not None and run.run_id != run_id:
        return PassedOver(run_id=run.run_id, reason="not the run that was asked for")
    was_named = run.state in ("foreign", "untrusted") and run_id is not None
    if run.recovery_point is None or not (run.state == "complete" or was_named):
        reason = f"{run.state}: {run.reason or 'no reason recorded'}"
        return PassedOver(run_id=run.run_id, reason=reason, is_unusable=True)
    if at is not None and run.recovery_point > at:
        reason = f"its recovery point {run.recovery_point:%Y-%m-%dT%H:%MZ} is later"
        return PassedOver(run_id=run.run_id, reason=reason)
    return None
