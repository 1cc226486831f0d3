"""From the options of `plan` and `recover` to a plan that somebody said yes to."""

import sys
from datetime import datetime, timedelta
from pathlib import Path

import typer

from manifests.errors import BackupDamagedError, RefusedError, UsageError
from recovery.cli.damage import OFFER, fall_backs, ways_around
from recovery.cli.options import past_moment, print_json, tell, write_file
from recovery.cli.request import Options
from recovery.console import Console
from recovery.journal import under_way
from recovery.plan.approval import PlanFile, approved, read_plan
from recovery.plan.fallen import FallBack
from recovery.plan.model import Plan
from recovery.report.planned import plan_document
from recovery.session import Session

_UNDER_WAY = timedelta(days=1)
_BESIDE_A_PLAN = ("plan_file", "confirm_project", "access", "anew", "yes", "as_json")
_BESIDE_A_REQUEST = (*_BESIDE_A_PLAN, "out", "html")


def agreed(
    session: Session, console: Console, context: typer.Context, *, yes: bool, as_json: bool
) -> Plan:
    """Make a plan that has every word it needs, and that the operator says yes to."""
    made = planned(session, context)
    if not as_json:
        show_plan(made, now=session.started_at, as_json=False)
    said = context.params
    others = () if said["anew"] else another(session, made)
    session.refuse(
        made,
        confirmed_project=said["confirm_project"],
        access=said["access"],
        others=(*others, *silence(made, yes=yes)),
    )
    if not (made.come_first or said["fall_back"]):
        check_backup(session, console, made)
    ask(made, yes=yes)
    return made


def planned(session: Session, context: typer.Context) -> Plan:
    """Decide what a recovery does, from the options of the command or the plan it names.

    Raises:
        RefusedError: The plan that it names is not what would be planned now.
    """
    if (file := context.params.get("plan_file")) is not None:
        return _approved(session, context, file)
    said = context.params.items()
    options = Options.given({name: value for name, value in said if name not in _BESIDE_A_REQUEST})
    request = options.request(
        session.catalog, project=session.settings.project, now=session.started_at
    )
    if request.rebuild:
        return session.plan(None, request)
    selection, manifest = session.choose(
        run=options.run, at=past_moment(options.at, now=session.started_at)
    )
    fallen_back: tuple[FallBack, ...] = ()
    if options.fall_back:
        total = sum(item.size_bytes for item in manifest.objects)
        with Console(quiet=context.params["as_json"]).reading(total) as progress:
            fallen_back = fall_backs(session, manifest, request, progress=progress)
    try:
        return session.plan((selection, manifest), request, fallen_back)
    except BackupDamagedError as error:
        error.hint = "; ".join(filter(None, (error.hint, OFFER)))
        raise


def _approved(session: Session, context: typer.Context, file: Path) -> Plan:
    """Return the plan of a file, when the world is still what it saw."""
    for name in context.params:
        source = context.get_parameter_source(name)
        if name not in _BESIDE_A_PLAN and source is not None and source.name != "DEFAULT":
            raise UsageError(
                f"`{name.replace('_', '-')}` is a part of the plan that `--plan` names",
                hint="make a new plan with `rebound plan ... --out`",
            )
    plan = read_plan(file.read_text(encoding="utf-8"), subject=str(file))
    chosen = session.choose(run=plan.run_id, at=None) if plan.run_id else None
    now = session.plan(chosen, plan.request, plan.fallen_back)
    return approved(plan, now, subject=str(file))


def write_plan(made: Plan, file: Path, *, now: datetime) -> None:
    """Write a plan to a file, for somebody to approve."""
    write_file(file, PlanFile(made_at=now, plan=made).model_dump_json(indent=2))


def show_plan(made: Plan, *, now: datetime, as_json: bool) -> None:
    """Print a plan."""
    if as_json:
        print_json(made.model_dump(mode="json"))
    else:
        tell(plan_document(made, now=now))


def check_backup(session: Session, console: Console, made: Plan) -> None:
    """Refuse a damaged backup before anything is touched."""
    if made.run_id is None:
        return
    manifest = session.pieced(session.vault.manifest(made.run_id), made.fallen_back)
    names = {step.name for step in made.tables if step.rows}
    tables = [item for item in manifest.tables if item.name in names]
    # The files of documents were all read and checked when the plan was made.
    if not tables:
        return
    total = sum(step.stored_bytes for step in made.tables)
    with console.reading(total) as progress:
        verdict = session.inspect(manifest, tables, read_bytes=True, progress=progress)
    try:
        verdict.require(manifest.run_id)
    except BackupDamagedError as error:
        error.hint = ways_around(session, manifest, verdict)
        raise


def another(session: Session, made: Plan) -> tuple[RefusedError, ...]:
    """Return a refusal of a plan while another recovery of its scenario is under way."""
    since = session.started_at - _UNDER_WAY
    others = under_way(session.landing, made.request.scenario, since=since)
    if not (others and made.changes):
        return ()
    refusal = RefusedError(
        "another recovery of this scenario was begun and has not ended",
        subject=others[-1],
        hint=f"`rebound resume {others[-1]}` continues it, `--anew` begins another",
    )
    return (refusal,)


def silence(made: Plan, *, yes: bool) -> tuple[RefusedError, ...]:
    """Return a refusal of a plan that changes something where nobody can be asked."""
    if made.changes and not yes and not sys.stdin.isatty():
        return (RefusedError("nobody is there to say yes", hint="`--yes` says it"),)
    return ()


def ask(made: Plan, *, yes: bool) -> None:
    """Ask whether a plan is to be carried out, unless the answer was given.

    Raises:
        RefusedError: The answer is no.
    """
    if yes or not made.changes:
        return
    try:
        agreed = typer.confirm("Do this?", err=True)
    except typer.Abort as error:
        raise KeyboardInterrupt from error
    if not agreed:
        raise RefusedError("not confirmed, nothing was changed")
