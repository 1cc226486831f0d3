"""Which executions that run now may write to what is fenced."""

import pytest

from manifests.errors import PartialError
from recovery.fence.insisting import require_quiet
from recovery.fence.model import PlannedFence, Quiet
from recovery.fence.quiet import Looked, changed
from recovery.fence.running import QueryJob, has_ended, may_write, named
from recovery.report.fenced import fence_section
from tests.unit.recovery.test_fence import fence
from tests.unit.writers import job

THINGS = ("dataset nba_raw", "table nba_x.games", "bucket lake/raw/")


@pytest.mark.parametrize(
    ("job", "writes"),
    [
        (QueryJob("j", "query", "SELECT", ("p._0a1b.anon1",)), False),
        (QueryJob("j", "query", "SELECT", ("p.nba_raw.games",)), False),
        (QueryJob("j", "query", "INSERT", ("p.nba_raw.games",)), True),
        (QueryJob("j", "query", "MERGE", ("p.other.games",)), False),
        (QueryJob("j", "query", "", ("p._0a1b.anon1",)), True),
        (QueryJob("j", "query", "SCRIPT"), True),
        (QueryJob("j", "query", "EXPORT_DATA"), True),
        (QueryJob("j", "load", into=("p.nba_x.games",)), True),
        (QueryJob("j", "load", into=("p.nba_x.teams",)), False),
        (QueryJob("j", "copy", into=("elsewhere.nba_raw.games",)), False),
        (QueryJob("j", "extract", into=("gs://lake/raw/x-*.avro",)), True),
        (QueryJob("j", "extract", into=("gs://backups/x-*.avro",)), False),
        (QueryJob("j", ""), True),
    ],
)
def test_what_a_job_may_write(job: QueryJob, *, writes: bool):
    """What only reads is left out; what nobody can tell, as a script or a redacted job, may write."""
    assert may_write(job, THINGS, "p") is writes


def test_no_job_writes_documents_or_objects_but_what_exports():
    """What only a bucket or a database is fenced for waits for no query."""
    unknown = QueryJob("j", "query", "UPDATE")
    assert not may_write(unknown, ("database (default)", "bucket lake"), "p")
    assert may_write(QueryJob("j", "query", "EXPORT_DATA"), ("bucket lake",), "p")


def test_an_execution_has_ended_once_it_says_when():
    """No other field says so: one that is only acknowledged counts no task yet."""
    assert not has_ended({"name": "x", "reconciling": True})
    assert has_ended({"completionTime": "2026-11-30T06:00:00Z"})


def test_patterns_take_out_what_is_of_no_account():
    """As the catalog's `harmless` and the operator's `--despite` name it."""
    runs = {"run/job report-weekly": "x", "run/job load": "y"}
    assert list(named(runs, ["run/job report-*"])) == ["run/job load"]
    assert named(runs, ["*"]) == {}


def test_of_what_one_look_could_not_see_nothing_is_called_written():
    """A dataset that is seen again would else look as if all its tables had just been made."""
    there = {"dataset a": {"a.games": ("table", "1")}, "bucket b": {"b/x": ("object", 1)}}
    blind = Looked({"bucket b": {"b/x": ("object", 2)}}, {"dataset a": "403"})
    assert changed(blind, Looked(there, {})) == ("b/x",)


def test_unknown_is_not_quiet():
    """The hint names what nobody looked at, each once, as it can be pasted."""
    quiet = Quiet(seconds=1, unknown=("bucket a b: 403",), in_doubt=("bucket a b", "bucket a b"))
    with pytest.raises(PartialError, match="whether anything writes to bucket a b") as refused:
        require_quiet(quiet, PartialError("nothing was recovered"), "rebound resume")
    assert "`--despite 'bucket a b'` of `rebound resume`" in refused.value.hint
    require_quiet(Quiet(seconds=1, unknown=("bucket a: 403",)), PartialError("x"), "y")
    running = Quiet(seconds=1, running=("run/job load: its execution load-1 runs",))
    with pytest.raises(PartialError, match="1 executions run on") as refused:
        require_quiet(running, PartialError("nothing was recovered"), "rebound resume")
    assert "`--despite 'run/job load'`" in refused.value.hint


def test_many_writers_of_a_plan_are_counted():
    """What is lost is not to be searched behind them; `--verbose`, pages and files name each."""
    many = [job(f"gap-detector-{number}") for number in range(20)]
    record = fence(*many)
    planned = PlannedFence(things=record.things, writers=record.writers, quiet_seconds=60)
    (section,) = fence_section(planned, is_whole=False)
    first = section.blocks[0].rows[0]
    assert first.text.startswith("20 writers: 20 of scheduler/job")
    assert "`--verbose` names each" in first.text
    (whole,) = fence_section(planned)
    assert sum(row.state == "pause" for row in whole.blocks[0].rows) == 20
    few = planned.model_copy(update={"writers": record.writers[:3]})
    (section,) = fence_section(few, is_whole=False)
    assert sum(row.state == "pause" for row in section.blocks[0].rows) == 3
