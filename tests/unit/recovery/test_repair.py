"""What of a table went wrong, by which witness, and what has to be said before it is taken back."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from google.api_core.exceptions import NotFound

from manifests.errors import RefusedError, SourceUnreadableError, UsageError
from manifests.values import Fingerprint
from recovery.compare.difference import TableDifference
from recovery.compare.merging import Merge
from recovery.compare.observed import ObservedTable
from recovery.repair.jobs import job_facts
from recovery.repair.model import Ask, Repair, Window, Witness
from recovery.repair.rules import (
    JobFacts,
    agrees,
    check_ask,
    check_key,
    check_table,
    holds_then,
    key_of,
    plan_of,
    window_of_job,
    wrong_partitions,
)
from recovery.request import Target
from tests.unit.samples import ARRIVALS, GAMES, catalog, fingerprint_of

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
TABLE = "nba.games"
WELL = {"20250101": fingerprint_of(["a", "b"]), "20250102": fingerprint_of(["c"])}
WRONG = {"20250101": fingerprint_of(["a"]), "20250103": fingerprint_of(["d"])}


def ask(**told: Any) -> Ask:  # noqa: ANN401 - fields of the model
    """Return what an operator knows."""
    return Ask(table=TABLE, **told)


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"job": "j", "since": NOW},
        {"until": NOW},
        {"since": NOW, "until": NOW},
        {"since": NOW + timedelta(hours=1)},
    ],
    ids=["nothing", "job and time", "no beginning", "no time between", "the future"],
)
def test_what_cannot_be_meant_is_refused(told: dict[str, Any]):
    """Nothing is looked at before one thing says when it went wrong."""
    with pytest.raises(UsageError):
        check_ask(ask(**told), now=NOW)


def test_a_job_says_when_it_wrote():
    """All was well just before it began; one that failed, or wrote elsewhere, is not it."""
    job = JobFacts("j", "ann@example.com", NOW, NOW + timedelta(seconds=2), "", {TABLE})
    window = window_of_job(job, TABLE)
    assert window.since < NOW < NOW + timedelta(seconds=2) < (window.until or NOW)
    assert window.by == "job j of ann@example.com"
    assert window_of_job(job._replace(tables=set()), TABLE) == window
    for other in (job._replace(failure="quota"), job._replace(tables={"nba.other"})):
        with pytest.raises(UsageError):
            window_of_job(other, TABLE)


def test_partitions_that_went_wrong_are_those_that_differ():
    """Rows that went, came, or changed; only in those that were named, if any were."""
    assert wrong_partitions(ask(), WELL, WRONG) == ("20250101", "20250102", "20250103")
    assert wrong_partitions(ask(partitions=("20250102",)), WELL, WRONG) == ("20250102",)
    assert wrong_partitions(ask(), WELL, dict(WELL)) == ()


def test_which_rows_are_the_same_is_never_guessed():
    """Where somebody wrote since, or rows are chosen, a key has to be known."""
    later = {**WRONG, "20250101": fingerprint_of(["a", "x"])}
    check_key(ask(), (), WRONG, WRONG, ("20250101",))
    check_key(ask(), ("game_id",), WRONG, later, ("20250101",))
    check_key(ask(), (), WRONG, later, ("20250103",))
    for asked, now in ((ask(), later), (ask(where="x"), WRONG), (ask(newest="team"), WRONG)):
        with pytest.raises(RefusedError) as refused:
            check_key(asked, (), WRONG, now, ("20250101",))
        assert "--key" in refused.value.hint


def test_the_key_is_asked_for_or_the_tables_own():
    """What an operator names stands above the primary key."""
    assert key_of(ask(key=("team",)), GAMES, catalog()) == ("team",)
    assert key_of(ask(), GAMES, catalog()) == ("game_id",)
    assert key_of(ask(), {**GAMES, "tableConstraints": {}}, catalog()) == ()


@pytest.mark.parametrize(
    ("resource", "error"),
    [
        (None, UsageError),
        ({**GAMES, "type": "VIEW"}, UsageError),
        (ARRIVALS, RefusedError),
        ({**GAMES, "streamingBuffer": {"estimatedRows": "1"}}, RefusedError),
    ],
    ids=["gone", "a view", "by arrival", "streamed into"],
)
def test_a_table_whose_rows_cannot_be_told_apart_is_refused(
    resource: Any,  # noqa: ANN401 - JSON
    error: type[Exception],
):
    """It is said before anything is made; so is a column that there is not."""
    with pytest.raises(error):
        check_table(ask(), ObservedTable(resource=resource))
    with pytest.raises(UsageError):
        check_table(ask(key=("nothing",)), ObservedTable(resource=GAMES))


def found() -> Repair:
    """Return a repair of a partition that loses rows and one that goes."""
    rows = TableDifference(table=TABLE, run_id="", recovery_point=NOW, going=1, coming=2)
    return Repair(
        table=TABLE,
        window=Window(since=NOW),
        witness=Witness(name="time travel", why="it reaches back"),
        partitions=("20250101", "20250103"),
        key=(),
        rows=rows,
        kept_keys=0,
        left_out=0,
        seen=WRONG,
        repaired={"20250101": WELL["20250101"]},
        version=2,
    )


def test_all_other_partitions_are_to_stay_as_they_are():
    """What nobody agreed to change is expected to be what it is now."""
    other: dict[str, Fingerprint] = {"20240101": fingerprint_of(["z"])}
    assert holds_then(found(), {**WRONG, **other}) == {**other, "20250101": WELL["20250101"]}


def test_the_plan_replaces_what_it_saw_and_nothing_else():
    """What is to be empty is removed; what was seen there is what may go."""
    (step,) = plan_of(found(), Target(project="platform")).steps
    assert (step.partitions, step.removed_partitions) == (("20250101",), ("20250103",))  # type: ignore[union-attr]
    assert step.seen == WRONG  # type: ignore[union-attr]


def test_what_a_repair_tells_is_what_it_does():
    """Who writes its entry could have it remove more rows than it shows, or other partitions."""
    rows = found().rows.model_copy(update={"going": 1, "coming": 1})
    genuine = found().model_copy(update={"rows": rows})
    assert agrees(genuine)
    more = {**WRONG, "20240101": fingerprint_of(["x", "y"])}
    assert not agrees(genuine.model_copy(update={"seen": more}))
    partitions = (*genuine.partitions, "20240101")
    assert not agrees(genuine.model_copy(update={"seen": more, "partitions": partitions}))


@pytest.mark.parametrize("where", ["TRUE) OR (TRUE", "TRUE; DROP TABLE nba.games", "'", "TRUE /*"])
def test_a_condition_is_one_expression(where: str):
    """A text that ends the parentheses it stands in could be a statement of its own."""
    merge = Merge(
        before="p.s.b", after="p.s.a", live="p.nba.games", resource=GAMES, partitions=("20250101",)
    )
    assert "team = ';)'" in merge.model_copy(update={"where": "team = ';)' -- x"}).merged_sql(
        "p.s.m"
    )
    with pytest.raises(SourceUnreadableError):
        merge.model_copy(update={"where": where}).merged_sql("p.s.m")


def test_one_answer_that_there_is_no_job_is_asked_about_again():
    """It would be called a mistake of the operator's."""
    answers: list[Any] = [
        NotFound("no"),
        SimpleNamespace(state="RUNNING", started=None, ended=None),
    ]

    class Client:
        def get_job(self, *_: object, **__: object) -> object:
            answer = answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer

    target = cast("Any", SimpleNamespace(jobs=SimpleNamespace(client=Client()), location="US"))
    with pytest.raises(UsageError, match="has not ended"):
        job_facts(target, "wrong-job")
    answers += [NotFound("no"), NotFound("no")]
    with pytest.raises(UsageError, match="no such job in US"):
        job_facts(target, "wrong-job")
