"""From the options of `plan` and `recover` to a plan that somebody said yes to."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import typer

from manifests.errors import BackupDamagedError, RefusedError, UsageError
from recovery.cli.damage import ways_around
from recovery.cli.options import past_moment, print_json, say
from recovery.cli.request import Options
from recovery.console import Console
from recovery.plan import Plan, PlanFile, approved, read_plan
from recovery.report import plan_text
from recovery.session import Session

_BESIDE_A_PLAN = ("plan_file", "confirm_project", "access", "anew", "yes", "as_json")


def agreed(
    session: Session, console: Console, context: typer.Context, *, yes: bool, as_json: bool
) -> Plan:
    """Make a plan that has every word it needs, and that the operator says yes to."""
    made = planned(session, context)
    if not as_json:
        show_plan(made, as_json=False)
    if not context.params["anew"]:
        session.refuse_another(made)
    said = context.params
    session.refuse(made, confirmed_project=said["confirm_project"], access=said["access"])
    refuse_silence(made, yes=yes)
    if not made.undeletes:
        _check_backup(session, console, made)
    ask(made, yes=yes)
    return made


def planned(session: Session, context: typer.Context) -> Plan:
    """Decide what a recovery does, from the options of the command or the plan it names.

    Raises:
        RefusedError: The plan that it names is not what would be planned now.
    """
    if (file := context.params.get("plan_file")) is not None:
        return _approved(session, context, file)
    options = Options.given(context.params)
    request = options.request(session.catalog, project=session.settings.project)
    if options.rebuild:
        return session.plan_rebuild(request)
    selection, manifest = session.choose(
        run=options.run, at=past_moment(options.at, now=session.started_at)
    )
    return session.plan(selection, manifest, request)


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
    if plan.run_id is None:
        now = session.plan_rebuild(plan.request)
    else:
        now = session.plan(*session.choose(run=plan.run_id, at=None), plan.request)
    return approved(plan, now, subject=str(file))


def write_plan(made: Plan, file: Path, *, now: datetime) -> None:
    """Write a plan to a file, for somebody to approve."""
    file.write_text(PlanFile(made_at=now, plan=made).model_dump_json(indent=2), encoding="utf-8")


def show_plan(made: Plan, *, as_json: bool) -> None:
    """Print a plan."""
    if as_json:
        print_json(made.model_dump(mode="json"))
    else:
        say(plan_text(made, now=datetime.now(UTC)))


def _check_backup(session: Session, console: Console, made: Plan) -> None:
    """Refuse a damaged backup before anything is touched."""
    if made.run_id is None:
        return
    manifest = session.vault.manifest(made.run_id)
    names = tuple(step.table for step in made.tables if step.rows)
    # The files of documents were all read and checked when the plan was made.
    if not names:
        return
    total = sum(step.stored_bytes for step in made.tables)
    with console.reading(total) as progress:
        verdict = session.inspect(manifest, tables=names, read_bytes=True, progress=progress)
    try:
        verdict.require(manifest.run_id)
    except BackupDamagedError as error:
        error.hint = ways_around(session, manifest, verdict)
        raise


def refuse_silence(made: Plan, *, yes: bool) -> None:
    """Refuse a plan that changes something where nobody can be asked.

    Raises:
        RefusedError: Nothing was changed.
    """
    if made.changes and not yes and not sys.stdin.isatty():
        raise RefusedError("nobody is there to say yes", hint="`--yes` says it")


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
