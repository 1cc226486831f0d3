"""From the options of `plan` and `recover` to what is asked of missed dates."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import typer
from pydantic import ValidationError

from manifests.catalog_processors import Processors
from manifests.errors import UsageError
from manifests.json_text import read_file
from recovery.cli.approvals import check_beside
from recovery.kinds.processors.rules.outcome import SCENARIO
from recovery.kinds.processors.rules.plan import ProcessorPlan
from recovery.kinds.processors.rules.request import DatesRequest
from recovery.plan.approval import read_plan
from recovery.session import Session

_OPTIONS = (
    "scenario_name",
    "as_json",
    "since",
    "processor",
    "date",
    "overwrite",
    "from_vault",
    "yes",
    "confirm_project",
    "anew",
    "html",
    "reason",
    "no_fence",
    "despite",
    "verbose",
    "out",
)
_OF_VAULT = ("run", "at", "access", "untrusted", "unsigned_erasures", "skip_erasures")
_WITH_A_PLAN = (
    "plan_file",
    "verbose",
    "as_json",
    "yes",
    "confirm_project",
    "anew",
    "html",
    "reason",
)


def asked(session: Session, rules: Processors, context: typer.Context) -> DatesRequest:
    """Return what is asked for by the options of `plan` or `recover`.

    Raises:
        UsageError: One says nothing to this scenario, or not what it could.
    """
    said = context.params
    allowed = (*_OPTIONS, *_OF_VAULT) if said["from_vault"] else _OPTIONS
    for name in _given(context):
        if name not in allowed:
            raise UsageError(
                f"`--{name.replace('_', '-')}` says nothing to {SCENARIO}",
                hint="`rebound recover --help`",
            )
    if said["from_vault"] and said.get("out"):
        raise UsageError(
            "dates that come from the backup are recoveries of tables, each with a plan of its own",
            hint="`rebound plan bigquery-dataset-loss --table TABLE --partition P --out FILE`",
        )
    if said["since"] and said["date"]:
        raise UsageError("`--date` names the dates, and `--since` others")
    try:
        request = DatesRequest(
            project=session.settings.project,
            processors=tuple(said["processor"] or ()),
            since=said["since"] and date.fromisoformat(said["since"]),
            dates=tuple(map(date.fromisoformat, said["date"] or ())),
            overwrite=tuple(said["overwrite"] or ()),
            from_vault=said["from_vault"],
            no_fence=said["no_fence"],
            despite=tuple(said["despite"] or ()),
        )
    except (ValidationError, ValueError) as error:
        raise UsageError("not a date like 2024-10-22", subject=str(error)[:200]) from error
    request.check(rules)
    return request


def asked_before(
    session: Session, rules: Processors, context: typer.Context
) -> ProcessorPlan | None:
    """Return the plan of a file that was approved; None where none is named.

    Raises:
        UsageError: It is not a plan of dates that are run again, or something is asked for beside it.
    """
    file: Path | None = context.params.get("plan_file")
    if file is None:
        return None
    check_beside(name for name in _given(context) if name not in _WITH_A_PLAN)
    was = read_plan(read_file(file, UsageError), "dates", ProcessorPlan, subject=str(file))
    if was.request.from_vault or was.request.project != session.settings.project:
        raise UsageError("it is of another project, or runs nothing again", subject=str(file))
    was.request.check(rules)
    return was


def _given(context: typer.Context) -> Iterator[str]:
    """Yield the options that were given."""
    for name in context.params:
        source = context.get_parameter_source(name)
        if source is not None and source.name != "DEFAULT":
            yield name
