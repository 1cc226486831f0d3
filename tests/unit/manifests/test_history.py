"""What SQL reads of backups and drills."""

import json
from datetime import timedelta
from typing import Any

from manifests.gauges import Watched, WatchedRun
from manifests.history import SeenDrill, as_lines, drill_lines, run_lines
from manifests.model.drill import DrillEnd
from manifests.model.proof import ProofRecord, ProvenPart
from manifests.selection import RunSummary
from manifests.values import RunId
from tests.unit.drills import BEGUN, CAUGHT, DRILL_ID
from tests.unit.samples import POINT, RUN, manifest

NOW = POINT + timedelta(hours=2)
END = DrillEnd(
    begun=BEGUN,
    verdict="void",
    why="blind",
    ended_at=NOW,
    seconds=60,
    controls=(CAUGHT, CAUGHT.model_copy(update={"is_caught": False})),
    next_due_at=NOW + timedelta(days=90),
)


def rows(content: bytes) -> list[dict[str, Any]]:
    """Return the rows of a file; its first line tells when it was looked, and nothing else."""
    first, *others = map(json.loads, content.splitlines())
    assert first == {"looked_at": f"{NOW:%Y-%m-%dT%H:%M:%SZ}"}
    return others


def part(name: str, *, restored: int) -> ProvenPart:
    """Return what was shown of a part that has three rows."""
    return ProvenPart(
        kind="tables", name=name, run_id=RUN, recovery_point=POINT, restored=restored, held=3
    )


def watched(*proofs: ProofRecord) -> Watched:
    """Return a vault with one complete run."""
    return Watched((WatchedRun.of(manifest()),), proofs, (), 0, (), 0, 0)


def test_a_run_is_told_with_what_it_proved():
    """The last proof counts, and only parts that came back whole; sizes are those of the manifest."""
    proofs = [
        ProofRecord(
            recovery_id=f"r{hours}",
            scenario="sample",
            how="sample",
            proven_at=NOW - timedelta(hours=hours),
            seconds=1,
            parts=parts,
        )
        for hours, parts in ((1, (part("a.a", restored=3),)), (2, (part("a.b", restored=1),)))
    ]
    one = manifest()
    [row] = rows(as_lines(run_lines(watched(*proofs), (), now=NOW)))
    assert row["run_id"] == RUN
    assert (row["state"], row["proven_parts"]) == ("complete", 1)
    assert row["proven_at"] == f"{NOW - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"
    assert row["size_bytes"] == one.size_bytes
    assert row["parts"] == len(list(one.every_part))
    assert {"started_at", "finished_at", "recovery_point", "files"} <= row.keys()


def test_a_run_that_is_none_has_its_reason():
    """What was never proven has no time; a run without a manifest has its state and its reason."""
    other = RunSummary(run_id=RunId("half"), state="partial", reason="no manifest", parts=2)
    whole, half = rows(as_lines(run_lines(watched(), (other,), now=NOW)))
    assert "proven_at" not in whole
    assert half["reason"] == "no manifest"
    assert (half["run_id"], half["state"], half["parts"]) == ("half", "partial", 2)
    assert "recovery_point" not in half


def test_a_drill_is_told_with_what_its_checks_told():
    """A drill that has no record of its end is told as such, with what it began with."""
    at = BEGUN.began_at
    drills = (
        SeenDrill(DRILL_ID, at, None, END),
        SeenDrill("drill-b", at, BEGUN, None),
        SeenDrill("drill-c", at, None, None),
    )
    ended, begun, unknown = rows(as_lines(drill_lines(drills, now=NOW)))
    assert (ended["verdict"], ended["planted"], ended["caught"]) == ("void", 2, 1)
    assert (ended["scenario"], ended["run_id"]) == (BEGUN.scenario, "night")
    assert (begun["verdict"], begun["scenario"]) == ("no record", BEGUN.scenario)
    assert unknown.keys() == {"looked_at", "drill_id", "began_at", "verdict"}


def test_nothing_is_lines_too():
    """A vault without a run and a platform without a drill have a file that is not empty."""
    empty = Watched((), (), (), 0, (), 0, 0)
    assert rows(as_lines(run_lines(empty, (), now=NOW))) == []
    assert rows(as_lines(drill_lines((), now=NOW))) == []
