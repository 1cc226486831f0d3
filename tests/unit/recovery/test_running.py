"""Which executions that run now may write to what is fenced."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from manifests.errors import PartialError
from recovery.fence.insisting import require_quiet
from recovery.fence.model import PlannedFence, Quiet
from recovery.fence.quiet import FenceLooks, Looked, changed, wait_for_quiet
from recovery.fence.running import (
    NEVER,
    QueryJob,
    RunningNow,
    begun_at,
    ended_before,
    may_write,
    named,
    running_task,
)
from recovery.report.fenced import fence_section
from tests.unit.recovery.test_fence import fence
from tests.unit.writers import job

THINGS = ("dataset nba_raw", "dataset _hidden", "table nba_x.games", "bucket lake/raw/")


@pytest.mark.parametrize(
    ("job", "writes"),
    [
        (QueryJob("j", "query", "SELECT", ("p._0a1b.anon1",)), False),
        (QueryJob("j", "query", "SELECT", ("p.nba_raw.games",)), True),
        (QueryJob("j", "query", "SELECT", ("p.other.games",)), False),
        (QueryJob("j", "query", "SELECT", ("p._hidden.games",)), True),
        (QueryJob("j", "query", "SELECT"), False),
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
    """What reads into results is left out; what nobody can tell, as a script or a redacted job, may write."""
    assert may_write(job, THINGS, "p") is writes


def test_no_job_writes_documents_or_objects_but_what_exports():
    """What only a bucket or a database is fenced for waits for no query."""
    unknown = QueryJob("j", "query", "UPDATE")
    assert not may_write(unknown, ("database (default)", "bucket lake"), "p")
    assert may_write(QueryJob("j", "query", "EXPORT_DATA"), ("bucket lake",), "p")


def execution(name: str, begun: str = "", *, ended: str = "", **labels: str) -> dict[str, Any]:
    """Return an execution as Cloud Run lists those of all regions."""
    told = {"run.googleapis.com/job": "job", "cloud.googleapis.com/location": "place"}
    named_labels = {label: labels[key] for label, key in told.items() if key in labels}
    metadata = {"name": name, "labels": named_labels, "creationTimestamp": begun}
    return {"metadata": metadata, "status": {"completionTime": ended} if ended else {}}


def test_an_execution_has_ended_once_it_says_when():
    """No other field says so: one that is only acknowledged counts no task yet."""
    ended = execution("load-ab1cd", ended="2026-11-30T06:00:00Z")
    assert running_task(ended) is None
    job, told = running_task(execution("load-ab1cd", job="load", place="us-east1")) or ("", "")
    assert (job, told) == ("run/job load", "its execution load-ab1cd runs in us-east1")
    assert running_task({"metadata": {"name": "load-all-ab1cd"}}) == (
        "run/job load-all",
        "its execution load-all-ab1cd runs",
    )


def test_a_second_look_goes_back_to_where_everything_had_ended():
    """What has ended does not run again; one of another region may come into the list late."""
    noon = datetime(2026, 11, 30, 12, tzinfo=UTC)
    hour = timedelta(hours=1)
    assert ended_before([]) == NEVER
    assert ended_before([(noon, False), (noon - hour, False)]) == noon - hour
    assert ended_before([(noon, False), (noon - hour, True), (noon - 9 * hour, False)]) == (
        noon - 2 * hour
    )
    # One that does not say when it was begun bounds nothing.
    undated = begun_at(execution("x"))
    assert ended_before([(undated, True)]) == NEVER
    assert begun_at(execution("x", "2026-11-30T12:00:00.123456Z")) > noon


class Watched:
    """A dataset that is written while somebody asks what runs, and by nothing afterwards."""

    def __init__(self) -> None:
        self._writes = 0

    def look(self, things: Collection[str]) -> Looked:
        """Return what is there."""
        return Looked({thing: {"games": ("table", self._writes)} for thing in things}, {})

    def running(self, things: Collection[str]) -> RunningNow:
        """Say that nothing runs; it took so long that the last execution wrote and ended meanwhile."""
        del things
        self._writes = 1
        return RunningNow({}, {})


def test_what_is_written_while_executions_are_listed_is_seen():
    """The last look is the last thing that is done: nothing is asked behind it."""
    watched = Watched()
    looking = cast(FenceLooks, watched)
    once = wait_for_quiet(looking, ("dataset nba",), runs=watched, seconds=1, sleep=lambda _: None)
    assert once.changed == ("games",)
    waited = wait_for_quiet(
        looking, ("dataset nba",), runs=watched, seconds=1, within_seconds=9, sleep=lambda _: None
    )
    assert waited.not_quiet == ""


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
    name = "bigquery/transfer nightly: games"
    running = Quiet(seconds=1, running=(f"{name}: its run 1 is running",), executions=(name,))
    with pytest.raises(PartialError, match="1 execution not over") as refused:
        require_quiet(running, PartialError("nothing was recovered"), "rebound resume")
    assert f"`--despite '{name}'`" in refused.value.hint


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


def test_a_plan_tells_what_it_does_not_wait_for():
    """Whoever goes on with a journal sees the patterns that it holds; somebody else may have written them."""
    record = fence(job("gap-detector"))
    planned = PlannedFence(
        things=record.things, writers=record.writers, quiet_seconds=60, despite=("bigquery jobs",)
    )
    (section,) = fence_section(planned)
    (told,) = (row for row in section.blocks[0].rows if row.state == "NOT WAITED FOR")
    assert told.text == "bigquery jobs may run on or be unknown, as `--despite` says"
