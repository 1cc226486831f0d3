"""From the options of `plan` and `recover` to what is asked of missed dates."""

from datetime import date

import typer
from pydantic import ValidationError

from manifests.catalog_processors import Processors
from manifests.errors import UsageError
from recovery.kinds.processors.rules.outcome import SCENARIO
from recovery.kinds.processors.rules.request import DatesRequest
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
)
_OF_VAULT = ("run", "at", "access", "untrusted", "unsigned_erasures", "skip_erasures")


def asked(session: Session, rules: Processors, context: typer.Context) -> DatesRequest:
    """Return what is asked for by the options of `plan` or `recover`.

    Raises:
        UsageError: One says nothing to this scenario, or not what it could.
    """
    said = context.params
    allowed = (*_OPTIONS, *_OF_VAULT) if said["from_vault"] else _OPTIONS
    for name in said:
        source = context.get_parameter_source(name)
        if name not in allowed and source is not None and source.name != "DEFAULT":
            raise UsageError(
                f"`--{name.replace('_', '-')}` says nothing to {SCENARIO}",
                hint="`rebound recover --help`",
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
        )
    except (ValidationError, ValueError) as error:
        raise UsageError("not a date like 2024-10-22", subject=str(error)[:200]) from error
    request.check(rules)
    return request
