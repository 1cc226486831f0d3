"""What tests of a vault into which somebody else writes have in common."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from manifests.store.envelope import encode
from recovery.outcome import PlannedRecovery, RecoveryReport
from recovery.undo.model import UndoOutcome, UndoReport
from tests.harness import Rebound, of_kind

SCENARIO = "bigquery-dataset-loss"
NIGHT, FORGED = "night", "forged"
PLANTED = f"{SCENARIO}-20260101T000000Z-abcd"


def states(rebound: Rebound) -> dict[str, str]:
    """Return the state of every run."""
    return {run["run_id"]: run["state"] for run in rebound.json("list")}


_BEGUN = "2026-01-01T00:00:00Z"


@contextmanager
def planted(
    rebound: Rebound,
    plan: dict[str, Any],
    forge: Callable[[PlannedRecovery], PlannedRecovery] = lambda planned: planned,
) -> Generator[None]:
    """Plant the journal of a recovery that nobody began, `PLANTED`, until the block ends.

    Args:
        rebound: The platform.
        plan: Its plan, as JSON.
        forge: What is done to the journal after it was checked.
    """
    planned = PlannedRecovery.model_validate(
        {"recovery_id": PLANTED, "started_at": _BEGUN, "plan": plan}
    )
    blob = rebound.landing.blob(f"recoveries/{PLANTED}/plan.json")
    blob.upload_from_string(encode(forge(planned)))
    try:
        yield
    finally:
        blob.delete()


@contextmanager
def reported(rebound: Rebound, plan: dict[str, Any], of: int | None = None) -> Generator[None]:
    """Plant a report of that recovery that all is proven, until the block ends.

    Args:
        rebound: The platform.
        plan: The plan of the planted journal.
        of: Of how many tables it tells; None for all.
    """
    outcomes = [
        {"kind": "table", "name": item["name"], "into": item["into"], "action": "leave"}
        for item in of_kind(plan, "table")
    ]
    report = RecoveryReport.model_validate(
        {
            "recovery_id": PLANTED,
            "plan": plan,
            "started_at": _BEGUN,
            "finished_at": datetime.now(UTC),
            "outcomes": outcomes[:of],
        }
    )
    blob = rebound.landing.blob(f"recoveries/{PLANTED}/report.json")
    blob.upload_from_string(encode(report))
    try:
        yield
    finally:
        blob.delete()


@contextmanager
def undone(rebound: Rebound, recovery: str, table: str) -> Generator[None]:
    """Plant that a recovery was undone, until the block ends.

    Args:
        rebound: The platform.
        recovery: The recovery.
        table: The table that went back.
    """
    outcome = UndoOutcome(kind="table", name=table, into=table, action="put back")
    now = datetime.now(UTC)
    times = {"began_at": now, "finished_at": now}
    report = UndoReport(recovery_id=recovery, outcomes=(outcome,), left=(), **times)
    blob = rebound.landing.blob(f"recoveries/{recovery}/undone/{now:%Y%m%dT%H%M%S.%fZ}.json")
    blob.upload_from_string(encode(report))
    try:
        yield
    finally:
        blob.delete()
