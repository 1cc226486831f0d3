"""Nothing that a journal asks for or plans is hidden from whoever goes on with it."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from pydantic import BaseModel

from manifests.catalog import load_catalog
from manifests.catalog_objectives import ScenarioName
from manifests.errors import RefusedError
from manifests.selection import PassedOver
from manifests.values import RunId
from recovery.kinds.processors.rules.request import DatesRequest
from recovery.options.asked import Options
from recovery.options.option import option_of, put, spelled
from recovery.plan.fallen import FallBack
from recovery.plan.model import Plan
from recovery.plan.said import BY_CATALOG, DRILLS_ALONE, HOW, SCOPE, WORDS, check_not_drilled
from recovery.report.planned import plan_document
from recovery.report.text import text_of
from recovery.request import Request
from recovery.unseen import Unseen
from tests.fuzz.whole import BEGUN
from tests.unit.recovery.test_said import ASKED, PLANNED
from tests.unit.samples import POINT
from tests.unit.worlds import request


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
