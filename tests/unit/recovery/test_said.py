"""What a journal says was allowed, and how a recovery ended, is held against something else."""

import shlex
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest
from pydantic import BaseModel

from manifests.catalog import load_catalog
from manifests.catalog_objectives import ScenarioName
from manifests.errors import RefusedError
from manifests.selection import PassedOver
from manifests.values import RunId, UtcTime
from recovery.cli.commands import loaded
from recovery.cli.options import moment
from recovery.kinds.buckets.rules.buckets import BucketStep
from recovery.kinds.known import RULES
from recovery.kinds.processors.rules.request import DatesRequest
from recovery.kinds.tables.rules.datasets import DatasetStep
from recovery.kinds.tables.rules.definitions import DefinitionStep
from recovery.options.asked import Options
from recovery.options.option import option_of, put, spelled
from recovery.options.processors import ProcessorOptions
from recovery.outcome import contradiction
from recovery.plan.fallen import FallBack
from recovery.plan.model import Plan
from recovery.plan.said import (
    BY_CATALOG,
    DRILLS_ALONE,
    HOW,
    OF_DATES,
    SCOPE,
    WORDS,
    check_not_drilled,
    recovering,
    resuming,
    undoing,
    unsaid,
)
from recovery.plan.words import check_plan
from recovery.report.planned import plan_document
from recovery.report.text import text_of
from recovery.request import Request, Target
from recovery.unseen import Unseen
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


def paths_of(kind: type[BaseModel], before: str = "") -> Iterator[str]:
    """Yield the path of every value of a model, as `target.prefix`."""
    for name, field in kind.model_fields.items():
        within = field.annotation
        if isinstance(within, type) and issubclass(within, BaseModel):
            yield from paths_of(within, f"{before}{name}.")
        else:
            yield f"{before}{name}"


SHOWN: Mapping[str, tuple[ScenarioName, dict[str, Any]]] = {
    "scenario": ("complete-outage", {}),
    "project_was_named": ("bigquery-dataset-loss", {"project_was_named": True}),
    "point_was_named": ("bigquery-dataset-loss", {"point_was_named": True}),
}
"""What of a request is no option of its own."""


def text_about(asked: Request) -> str:
    """Return what a plan of a request tells; of its steps it has those of another."""
    return text_of(plan_document(PLANNED.model_copy(update={"request": asked}), now=BEGUN))


def test_nothing_that_a_journal_asks_for_is_hidden():
    """A field of a request is given again, told, the catalog's alone, or a drill's: one that is new is none."""
    of_options = {name: option_of(field).asks for name, field in Options.model_fields.items()}
    again = {of_options[name] for name in (*WORDS, "lock_again")}
    told = {of_options[name] for name in (*SCOPE, *HOW)}
    classes = (again, told, {*DRILLS_ALONE}, {*BY_CATALOG}, {*SHOWN})
    fields = sorted(name for found in classes for name in found)
    assert fields == sorted(paths_of(Request))
    # What is told is told: whatever of it somebody changes.
    how = {"project": "platform", "now": BEGUN}
    for scenario, given in ASKED.items():
        without = Options.given({}).request(scenario, load_catalog(), **how)
        for name in {*given} & {*SCOPE, *HOW} - {"into_project"}:
            options = Options.given({name: given[name]})
            if name == "partition":
                options = Options.given({name: given[name], "table": given["table"]})
            asked = options.request(scenario, load_catalog(), **how)
            assert spelled(name) in text_about(asked)
            assert text_about(asked) != text_about(without)
    for scenario, changes in SHOWN.values():
        assert text_about(request(scenario=scenario, **changes)) != text_about(request())


OF_PLAN: Mapping[str, Any] = {
    "run_id": RunId("other"),
    "cannot_bring_back": ("x",),
    "passed_over": (PassedOver(run_id=RunId("other"), reason="x"),),
    "fallen_back": (
        FallBack(
            kind="tables",
            name="nba.games",
            run_id=RunId("other"),
            recovery_point=POINT,
            manifest_digest="",
        ),
    ),
    "unseen": (Unseen(name="x", why="y"),),
    "left_alone": ("x",),
    "came_first": ("x",),
}
"""What a journal says of a plan, and a text tells."""
LOOKED_AT = {
    *("request", "steps", "recovery_point", "manifest_digest", "seen", "access", "fence"),
    *("foreign", "trust", "left_out", "erasures", "agreed", "not_held", "leaning", "takes"),
}
"""What `seen_again` does not believe, or what decides nothing."""


def test_nothing_that_a_journal_plans_is_hidden():
    """A field of a plan is told, or looked at again: one that is new is neither."""
    assert {*OF_PLAN} | LOOKED_AT == {*Plan.model_fields}
    before = text_of(plan_document(PLANNED, now=BEGUN))
    for name, value in OF_PLAN.items():
        changed = PLANNED.model_copy(update={name: value})
        assert text_of(plan_document(changed, now=BEGUN)) != before, name
    assert {*DatesRequest.model_fields} == {
        *("project", "no_fence", "despite", "from_vault", "overwrite"),
        *("processors", "since", "dates"),
    }, "`dates.resume` says the first again, and its steps show the last"


@pytest.mark.parametrize("path", DRILLS_ALONE)
def test_only_a_drill_asks_for_what_is_its_own(path: str):
    """A journal with a label for everything, or another host, is none that anybody goes on with."""
    values = {"target.answering": "x.invalid", "types": ("pubsub/topic",), "grants_nothing": True}
    body = request().model_dump(mode="json")
    check_not_drilled(Request.model_validate(body), subject="r")
    put(body, path, values.get(path, "x"))
    with pytest.raises(RefusedError, match=path):
        check_not_drilled(Request.model_validate(body), subject="r")


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
