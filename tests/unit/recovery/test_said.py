"""What a journal says was allowed, and how a recovery ended, is held against something else."""

import shlex
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from manifests.catalog import load_catalog
from manifests.catalog_objectives import ScenarioName
from manifests.errors import RefusedError
from manifests.values import RunId, UtcTime
from recovery.cli.commands import loaded
from recovery.cli.options import moment
from recovery.kinds.buckets.rules.buckets import BucketStep
from recovery.kinds.known import RULES
from recovery.kinds.processors.rules.request import DatesRequest
from recovery.kinds.tables.rules.datasets import DatasetStep
from recovery.kinds.tables.rules.definitions import DefinitionStep
from recovery.options.asked import Options
from recovery.options.processors import ProcessorOptions
from recovery.outcome import contradiction
from recovery.plan.fallen import FallBack
from recovery.plan.said import (
    HOW,
    OF_DATES,
    SCOPE,
    WORDS,
    recovering,
    resuming,
    undoing,
    unsaid,
    unsaid_of,
)
from recovery.plan.words import check_plan
from recovery.request import Target
from tests.fuzz.whole import BEGUN, whole_recovery, whole_report
from tests.unit.samples import POINT
from tests.unit.worlds import plan, request, world

JOURNAL = request(overwrite=("lake.games", "x y"), exact=True, notify=True)
PLANNED = plan(world())
ASKED: Mapping[ScenarioName, Mapping[str, Any]] = {
    "bigquery-dataset-loss": {
        "dataset": ["nba"],
        "table": ["nba.games"],
        "partition": ["20240102"],
        "into_prefix": "copy_",
        "from_vault": True,
        "expire_at": "2099-01-02T03:04:05Z",
        "overwrite": ["nba.games", "x y"],
        "exact": True,
        "exclude": ["nba.teams"],
        "settings": True,
        "notify": True,
        "no_fence": True,
        "despite": ["bucket a b", "run/job *"],
        "create_datasets": True,
        "not_in_catalog": True,
        "rewrite_references": True,
        "unsigned_erasures": True,
        "skip_erasures": True,
    },
    "gcs-bucket-corruption": {
        "into_project": "another-platform",
        "into_bucket": "other",
        "bucket": ["raw"],
        "prefix": "it's/",
        "pattern": "**/x y.*",
        "lock_again": True,
        "only_missing": True,
    },
    "firestore-state-loss": {
        "database": ["(default)"],
        "collection": ["a/b/c"],
        "document": ["a/**"],
        "into_database": "copy",
        "unthrottled": True,
        "keep_ttl": True,
    },
    "complete-outage": {
        "into_project": "another-platform",
        "into_bucket_prefix": "other-",
        "into_region": ["us-west2=us-east1"],
        "make": ["raw-complete"],
    },
}
OF_VAULT = ("run", "at", "fall_back")


@pytest.mark.parametrize(
    ("said", "lacking"),
    [
        ({}, ["--overwrite lake.games", "--overwrite 'x y'", "--exact", "--notify"]),
        ({"overwrite": ["x y"], "exact": True}, ["--overwrite lake.games", "--notify"]),
        ({"overwrite": ["*"], "notify": True, "settings": True}, ["--exact"]),
        ({"overwrite": ["*"], "notify": True, "exact": True}, []),
    ],
)
def test_words_of_a_journal_are_said_again(said: dict[str, Any], lacking: list[str]):
    """Each that is not is refused, with what says it; what was never asked for needs no word."""
    found = unsaid(JOURNAL, said, recovery_id="r")
    assert [item.hint.split("`")[1] for item in found] == lacking


def test_all_is_one_word():
    """Who allowed everything has to allow everything again: no list of names does."""
    everything = request(overwrite=("*",))
    assert len(unsaid(everything, {"overwrite": ["lake.games"]}, recovery_id="r")) == 1
    assert not unsaid(everything, {"overwrite": ["*"]}, recovery_id="r")
    again = resuming("r", PLANNED.model_copy(update={"request": everything}))
    assert again == "rebound resume r --overwrite '*' --confirm-project platform"


def test_an_older_run_is_said_again():
    """What comes from it loses what was written since: a journal alone does not choose that."""
    older = FallBack(
        kind="tables", name="nba.games", run_id="before", recovery_point=POINT, manifest_digest="0"
    )
    fallen = PLANNED.model_copy(update={"fallen_back": (older,)})
    assert "--fall-back" in resuming("r", fallen)
    everything = dict.fromkeys(WORDS, True) | {"overwrite": ["*"]}
    (refused,) = unsaid_of(fallen, everything, fall_back=False, recovery_id="r")
    assert refused.hint.startswith("`--fall-back` says it again")
    assert not unsaid_of(fallen, everything, fall_back=True, recovery_id="r")
    assert not unsaid_of(PLANNED, everything, fall_back=False, recovery_id="r")


def read(command: str) -> tuple[str, dict[str, Any]]:
    """Return what the command line reads of a printed command."""
    _, verb, *words = shlex.split(command)
    params: dict[str, Any] = loaded(verb).make_context(verb, words).params
    return verb, params


def asked_by(params: Mapping[str, Any]) -> Options:
    """Return the options of a recovery that were read."""
    given = {name: params[name] for name in Options.model_fields if name in params}
    return Options.given({**given, "expire_at": moment(given.get("expire_at"))})


@pytest.mark.parametrize("scenario", ASKED)
def test_a_printed_command_asks_for_the_same(scenario: ScenarioName):
    """Whoever pastes what begins, goes on or goes back lacks no word of what was asked for."""
    given = {**dict.fromkeys(Options.model_fields), **ASKED[scenario]}
    options = asked_by({name: value for name, value in given.items() if value is not None})
    how = {"project": "platform", "now": BEGUN}
    wanted = options.request(scenario, load_catalog(), **how)
    made = PLANNED.model_copy(update={"request": wanted})
    _, params = read(recovering(made, run_id=None))
    assert asked_by(params).request(scenario, load_catalog(), **how) == wanted
    assert params["confirm_project"] == [wanted.target.project]
    verb, params = read(resuming("r", made))
    assert (verb, params["recovery"]) == ("resume", "r")
    assert not unsaid(wanted, params, recovery_id="r")
    assert params["lock_again"] == wanted.lock_again
    _, params = read(undoing("r", wanted))
    assert params["into_bucket"] == wanted.target.bucket


def test_a_protected_project_and_another_owner_are_both_named():
    """Who names the one has not named the other, and both can be."""
    nothing = {"keeps_replaced": True, "objects": 0, "equal": 0, "counts": (), "samples": ()}
    theirs = BucketStep(name="raw", into="raw", action="create", owner="123", **nothing)
    made = PLANNED.model_copy(update={"steps": (theirs,), "request": request(notify=True)})
    for names in ((), ("platform",), ("123",)):
        with pytest.raises(RefusedError):
            check_plan(made, protected=("platform",), confirmed_projects=names)
    check_plan(made, protected=("platform",), confirmed_projects=("platform", "123"))
    assert resuming("r", made).endswith("--confirm-project platform --confirm-project 123")


def test_every_option_is_spelt():
    """What is younger than the printed commands would be missing in them."""
    spelt = {*SCOPE, *WORDS, *HOW, *OF_VAULT, "lock_again", *ProcessorOptions.model_fields}
    assert spelt == set(Options.model_fields)
    tried = {name for options in ASKED.values() for name in options}
    assert tried >= {*SCOPE, *WORDS, *HOW} - {"rebuild"}
    _, params = read(recovering(PLANNED, run_id=RunId("night")))
    assert params["run"] == "night"


def test_missed_dates_have_one_word():
    """Whose dates may be run again although rows are there is said again."""
    asked = DatesRequest(project="platform", overwrite=("nba.games",))
    (found,) = unsaid(asked, {}, recovery_id="r", words=OF_DATES)
    assert "`--overwrite nba.games` says it again" in found.hint
    assert not unsaid(asked, {"overwrite": ["*"]}, recovery_id="r", words=OF_DATES)
    again = "rebound resume r --overwrite nba.games --confirm-project platform"
    assert asked.resuming("r") == again


def test_where_it_writes_is_said_again():
    """A journal could send what is restored into what is nobody's copy."""
    target = Target(project="platform", prefix="drill_", database="copy")
    elsewhere = request(target=target)
    (prefix, database) = unsaid(elsewhere, {"into_prefix": "other_"}, recovery_id="r")
    assert "`--into-prefix drill_` says it again" in prefix.hint
    assert "`--into-database copy` says it again" in database.hint
    said = {"into_prefix": "drill_", "into_database": "copy"}
    assert not unsaid(elsewhere, said, recovery_id="r")


@pytest.mark.parametrize(
    ("forged", "written_at", "why"),
    [
        ({}, BEGUN, ""),
        ({"started_at": BEGUN - timedelta(hours=1)}, BEGUN, "another recovery"),
        ({"recovery_id": "other"}, BEGUN, "another recovery"),
        ({"finished_at": BEGUN - timedelta(seconds=1)}, BEGUN, "times"),
        ({"finished_at": BEGUN + timedelta(hours=1)}, BEGUN, "times"),
        ({"outcomes": ()}, BEGUN, "says nothing of"),
        ({"run": "other"}, BEGUN, "another run"),
        ({"digest": "other"}, BEGUN, "another run"),
        ({"prefix": "copy_"}, BEGUN, "something else"),
    ],
)
def test_a_report_that_contradicts_its_plan_is_none(
    forged: dict[str, Any], written_at: UtcTime, why: str
):
    """It is of that recovery, of that run, of all that was planned, and not from the future."""
    report, plan = whole_report(), whole_report().plan
    target = plan.request.target.model_copy(update={"prefix": forged.pop("prefix", "")})
    asked = plan.request.model_copy(update={"target": target})
    changes = {"run_id": forged.pop("run", plan.run_id), "request": asked}
    changes["manifest_digest"] = forged.pop("digest", plan.manifest_digest)
    made = report.model_copy(update={"plan": plan.model_copy(update=changes), **forged})
    found = contradiction(whole_recovery(), made, written_at)
    assert why in found
    assert bool(found) == bool(why)


def test_a_report_tells_of_every_step_of_every_kind():
    """It is none where it leaves out anything that is told, whatever kind that is of."""
    planned, report = whole_recovery(), whole_report()
    steps = planned.plan.steps
    assert {type(step) for step in steps} == {kind for rules in RULES for kind in rules.steps}, (
        "one step of each class, and its outcome, are in tests/fuzz/whole.py"
    )
    of_told = {(step.kind, step.name): step.title for step in steps if step.is_told}
    assert {kind for kind, _ in of_told} >= {"resource", "foundation", "completions"}
    assert DatasetStep(name="nba", into="nba", action="create").is_told
    assert not DatasetStep(name="nba", into="nba").is_told
    view = DefinitionStep(kind="view", name="nba.v", into="nba.v", action="create")
    assert view.is_told
    assert not view.model_copy(update={"action": "leave"}).is_told
    for (kind, name), title in of_told.items():
        rest = [item for item in report.outcomes if (item.kind, item.name) != (kind, name)]
        assert len(rest) < len(report.outcomes)
        made = report.model_copy(update={"outcomes": tuple(rest)})
        assert contradiction(planned, made, BEGUN) == f"it says nothing of {title}"
