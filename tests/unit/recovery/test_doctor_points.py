"""What a doctor says of recovery points, of looks at them, and of how large a night is."""

from datetime import timedelta

import pytest

from manifests.model.proof import ProofRecord, ProvenPart
from manifests.model.run import Manifest, VerdictRecord
from manifests.protected import PartId
from manifests.selection import FIRST_BACKUP, RunSummary
from manifests.values import RunId
from recovery.doctor.rules import points
from recovery.health import Health
from tests.unit.samples import POINT, RUN, games, manifest

NOW = POINT + timedelta(hours=1)


def summary(state: str, hours: float, run_id: str = RUN) -> RunSummary:
    """Return a run of some hours ago."""
    return RunSummary.model_validate(
        {"run_id": run_id, "state": state, "recovery_point": NOW - timedelta(hours=hours)}
    )


@pytest.mark.parametrize(
    ("runs", "told"),
    [
        ([], "no run is complete"),
        ([summary("partial", 1)], "no run is complete"),
        ([summary("complete", 26)], ""),
        ([summary("complete", 28)], "the newest complete run is 1 d old"),
        ([summary("complete", 1), summary("damaged", 2, "bad")], "1 run cannot be read, as bad"),
        ([summary("complete", 20), summary("partial", 1, "new")], "run new is not complete"),
        ([summary("complete", 1), summary("partial", 20, "old")], ""),
    ],
)
def test_recovery_points(runs: list[RunSummary], told: str):
    """What counts is the newest complete run, and what came after it."""
    found = "; ".join(item.what for item in points.point_problems(runs, now=NOW))
    assert found.startswith(told)
    assert bool(found) == bool(told)


def test_an_empty_vault_needs_a_backup():
    """Without any run there is nothing to list."""
    (found,) = points.point_problems((), now=NOW)
    assert found.mend == FIRST_BACKUP
    (found,) = points.point_problems((summary("partial", 1),), now=NOW)
    assert found.mend == "rebound list"


def proof(days: float, *names: str) -> ProofRecord:
    """Return that some tables were shown to restore at a point of some days ago."""
    point = NOW - timedelta(days=days)
    parts = tuple(
        ProvenPart(kind="tables", name=name, run_id=RUN, recovery_point=point, restored=1, held=1)
        for name in names
    )
    return ProofRecord(
        recovery_id="r", scenario="s", how="drill", proven_at=NOW, seconds=1, parts=parts
    )


def test_the_newest_proven_point_is_told():
    """It is that of the part whose proof is the oldest; what was never shown has none."""
    owed: tuple[PartId, ...] = (("tables", "a.b"), ("tables", "a.c"))
    proofs = [proof(3, "a.b", "a.c"), proof(1, "a.b")]
    (told,) = points.proven_problems(owed, proofs, now=NOW)
    assert told.health is Health.HEALTHY
    at = NOW - timedelta(days=3)
    assert (
        told.what
        == f"every part was shown to restore at {at:%Y-%m-%d %H:%M} UTC, 3 d ago, or later"
    )
    (never,) = points.proven_problems(owed, proofs[1:], now=NOW)
    assert never.health is Health.WARNING
    assert never.what.startswith("1 part of 2 were never shown to restore")
    assert never.what.endswith(", as a.c")
    assert [*points.proven_problems((), proofs, now=NOW)] == []


def verdict(days: float, *damaged: str, run_id: RunId = RUN) -> VerdictRecord:
    """Return a look at a run."""
    return VerdictRecord(run_id=run_id, verified_at=NOW - timedelta(days=days), damaged=damaged)


@pytest.mark.parametrize(
    ("verdicts", "told"),
    [
        ([], "nobody has read"),
        ([verdict(1)], "the function verify has read no share yet"),
        ([verdict(1)], "a run was read by hand 1 d ago"),
        ([verdict(9)], "was 9 d ago"),
        ([verdict(1, "runs/x/a.avro")], "1 object of run"),
        ([verdict(1, run_id=RunId("gone"))], "nobody has read"),
    ],
)
def test_looks_at_what_is_stored(verdicts: list[VerdictRecord], told: str):
    """Damage is told, and so is that nobody has looked."""
    found = points.verified_problems([summary("complete", 1)], verdicts, now=NOW)
    assert told in "; ".join(item.what for item in found)


def test_a_share_of_a_night_is_told_apart_from_a_look_by_hand():
    """The gauge counts nights alone; the doctor says which it was."""
    hour = NOW - timedelta(hours=3)
    (found,) = points.verified_problems([summary("complete", 1)], (), (hour,), now=NOW)
    assert found.health is Health.HEALTHY
    assert "a share 3 h ago" in found.what
    assert "by hand" not in found.what
    damaged = [verdict(1, "runs/x/a.avro")]
    told = points.verified_problems([summary("complete", 1)], damaged, (hour,), now=NOW)
    assert [item.health for item in told] == [Health.CRITICAL]


@pytest.mark.parametrize(
    ("exports", "tables", "told"),
    [
        (80_001, 1, ["extracting a night", "loading every table"]),
        (80_000, 1, []),
        (1, 40_001, ["keeping every table"]),
    ],
)
def test_jobs_of_a_day_are_counted(exports: int, tables: int, told: list[str]):
    """A night of many small extracts, and a recovery of many tables, are told of before they stop."""
    table = games()
    one = next(item for item in table.exports if item.run_id == manifest().run_id)
    many = table.model_copy(update={"exports": (one,) * exports})
    run = manifest().model_copy(update={"tables": (many,) * tables})
    found = [item.what for item in points.quota_problems(run)]
    assert len(found) == len(told)
    assert all(what.startswith(begin) for what, begin in zip(found, told, strict=True))


def test_a_night_of_forty_tebibytes_comes_near_to_the_quota():
    """What a project may extract in a day is told before it is reached."""
    table = games()
    (export, *_) = table.exports
    (stored, *_) = export.objects
    large = stored.model_copy(update={"size_bytes": 41 * 2**40})
    exports = (export.model_copy(update={"objects": (large,)}),)
    run = manifest().model_copy(update={"tables": (table.model_copy(update={"exports": exports}),)})
    assert [item.health for item in points.quota_problems(run)] == [Health.WARNING]
    empty: Manifest | None = None
    assert not list(points.quota_problems(manifest()))
    assert not list(points.quota_problems(empty))
