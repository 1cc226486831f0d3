"""Commands about recoveries: what one would do, doing it, going on, how it ended.

`plan` and `recover` take the same options, which reach the plan through the command's context.
"""

import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

from manifests.errors import ReboundError, RefusedError
from manifests.layout import parse_recovery_id
from recovery.cli.begun import list_recoveries, only_open, show_under_way, standing
from recovery.cli.options import (
    At,
    Buckets,
    Collections,
    ConfirmProject,
    Databases,
    Datasets,
    DocumentPaths,
    Exact,
    FromVault,
    IntoBucket,
    IntoDatabase,
    IntoPrefix,
    IntoProject,
    Json,
    Name,
    Notify,
    NotInCatalog,
    Overwrite,
    Partitions,
    Pattern,
    Prefix,
    Rebuild,
    Run,
    Tables,
    Unthrottled,
    Yes,
    open_session,
    past_moment,
    print_json,
)
from recovery.cli.request import Options
from recovery.console import Console, fitted
from recovery.journal import Journal
from recovery.outcome import AbandonedRecovery, RecoveryReport
from recovery.plan import Plan
from recovery.report import outcome_error, plan_text, report_text
from recovery.report_recoveries import abandoned_text
from recovery.session import Session

_BEGIN_ANOTHER = "`rebound recover` begins another"

app = typer.Typer()


@app.command()
def plan(
    context: typer.Context,
    scenario_name: Name,
    run: Run = None,
    at: At = None,
    dataset: Datasets = None,
    table: Tables = None,
    partition: Partitions = None,
    bucket: Buckets = None,
    prefix: Prefix = "",
    pattern: Pattern = "",
    database: Databases = None,
    collection: Collections = None,
    document: DocumentPaths = None,
    into_project: IntoProject = None,
    into_prefix: IntoPrefix = "",
    into_bucket: IntoBucket = "",
    into_database: IntoDatabase = "",
    unthrottled: Unthrottled = False,
    rebuild: Rebuild = False,
    exact: Exact = False,
    from_vault: FromVault = False,
    not_in_catalog: NotInCatalog = False,
    as_json: Json = False,
) -> None:
    """Show what a recovery would do. Changes nothing."""
    _show_plan(_plan(open_session(), context), as_json=as_json)


@app.command()
def recover(
    context: typer.Context,
    scenario_name: Name,
    run: Run = None,
    at: At = None,
    dataset: Datasets = None,
    table: Tables = None,
    partition: Partitions = None,
    bucket: Buckets = None,
    prefix: Prefix = "",
    pattern: Pattern = "",
    database: Databases = None,
    collection: Collections = None,
    document: DocumentPaths = None,
    into_project: IntoProject = None,
    into_prefix: IntoPrefix = "",
    into_bucket: IntoBucket = "",
    into_database: IntoDatabase = "",
    unthrottled: Unthrottled = False,
    rebuild: Rebuild = False,
    overwrite: Overwrite = None,
    notify: Notify = False,
    exact: Exact = False,
    from_vault: FromVault = False,
    not_in_catalog: NotInCatalog = False,
    confirm_project: ConfirmProject = None,
    anew: Annotated[
        bool, typer.Option("--anew", help="Begin although another recovery has not ended.")
    ] = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Plan, ask, restore, prove and report."""
    session, console = open_session(), Console(quiet=as_json)
    made = _plan(session, context)
    if not as_json:
        _show_plan(made, as_json=False)
    if not anew:
        session.refuse_another(made)
    session.refuse(made, confirmed_project=confirm_project)
    _refuse_silence(made, yes=yes)
    _check_backup(session, console, made)
    _ask(made, yes=yes)
    _execute(session, console, session.journal(made), made, as_json=as_json)


@app.command()
def resume(
    recovery: Annotated[
        str | None,
        typer.Argument(help="The recovery that was interrupted; the only open one when omitted."),
    ] = None,
    confirm_project: ConfirmProject = None,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Show a recovery that was interrupted or is partial, ask, and continue it."""
    session, console = open_session(), Console(quiet=as_json)
    recovery_id = parse_recovery_id(recovery) if recovery else only_open(session)
    journal = Journal(session.landing, recovery_id)
    made = journal.planned().plan
    if (ended := journal.report()) is not None:
        # Nothing is done again: what came since is nobody's mistake.
        typer.echo("everything is proven already; this is the report", err=True)
        _tell_ended(ended, as_json=as_json)
        return
    if (closed := journal.abandoned()) is not None:
        raise RefusedError(abandoned_text(closed), subject=recovery_id, hint=_BEGIN_ANOTHER)
    if not as_json:
        _show_plan(made, as_json=False)
    # A journal lies where others can write: what it says was agreed to is agreed to again.
    session.refuse(made, confirmed_project=confirm_project)
    _refuse_silence(made, yes=yes)
    _ask(made, yes=yes)
    _execute(session, console, journal, None, as_json=as_json)


@app.command()
def report(
    recovery: Annotated[
        str | None, typer.Argument(help="The recovery; a list of all when omitted.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Show how a recovery ended, how far it is, or every recovery there was."""
    session = open_session()
    if recovery is None:
        list_recoveries(session, as_json=as_json)
        return
    journal = Journal(session.landing, parse_recovery_id(recovery))
    journal.planned()
    found, now = journal.last_report(), standing(session, journal.recovery_id)
    if found is None or now.state == "abandoned":
        show_under_way(journal, now, as_json=as_json)
        return
    _tell_ended(found, as_json=as_json)


@app.command()
def abandon(
    recovery: Annotated[str, typer.Argument(help="The recovery.")],
    why: Annotated[str, typer.Option(help="Why nobody goes on with it; kept with it.")],
    as_json: Json = False,
) -> None:
    """Close a recovery that has not ended. What it did stays; a process at it is not stopped."""
    session = open_session()
    journal = Journal(session.landing, parse_recovery_id(recovery))
    journal.planned()
    found = standing(session, journal.recovery_id)
    if found.state in ("proven", "late", "abandoned"):
        raise RefusedError(f"it is {found.state} already", subject=recovery)
    closed = journal.abandon(
        AbandonedRecovery(recovery_id=journal.recovery_id, abandoned_at=session.started_at, why=why)
    )
    if as_json:
        print_json(closed.model_dump(mode="json"))
    else:
        typer.echo(f"{journal.recovery_id}: abandoned")


def _tell_ended(found: RecoveryReport, *, as_json: bool) -> None:
    """Print how a recovery ended, and end with its exit code."""
    if as_json:
        print_json(found.model_dump(mode="json"))
    else:
        typer.echo(fitted(report_text(found)))
    if error := outcome_error(found):
        raise error


def _plan(session: Session, context: typer.Context) -> Plan:
    """Decide what a recovery does, from the options of the command."""
    options = Options.model_validate(context.params)
    request = options.request(session.catalog, project=session.settings.project)
    if options.rebuild:
        return session.plan_rebuild(request)
    selection, manifest = session.choose(
        run=options.run, at=past_moment(options.at, now=session.started_at)
    )
    return session.plan(selection, manifest, request)


def _show_plan(made: Plan, *, as_json: bool) -> None:
    if as_json:
        print_json(made.model_dump(mode="json"))
    else:
        typer.echo(fitted(plan_text(made, now=datetime.now(UTC))))


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
        session.inspect(manifest, tables=names, read_bytes=True, progress=progress).require(
            manifest.run_id
        )


def _refuse_silence(made: Plan, *, yes: bool) -> None:
    if made.changes and not yes and not sys.stdin.isatty():
        raise RefusedError("nobody is there to say yes", hint="`--yes` says it")


def _ask(made: Plan, *, yes: bool) -> None:
    if yes or not made.changes:
        return
    try:
        agreed = typer.confirm("Do this?", err=True)
    except typer.Abort as error:
        raise KeyboardInterrupt from error
    if not agreed:
        raise RefusedError("not confirmed, nothing was changed")


def _execute(
    session: Session, console: Console, journal: Journal, begin: Plan | None, *, as_json: bool
) -> None:
    """Carry out, or continue, the recovery of a journal; begin it with a plan first."""
    again = f"`rebound resume {journal.recovery_id}` continues"
    with console.ending_at_once(f"interrupted; {again}"):
        if begin is not None:
            session.begin(journal, begin)
        typer.echo(f"recovery {journal.recovery_id}", err=True)
        with console.recovering(journal.planned().plan.targets) as progress:
            try:
                done = session.execute(journal, progress=progress)
            except ReboundError as error:
                error.hint = f"{error.hint}; then {again}" if error.hint else again
                raise
    _tell_ended(done, as_json=as_json)
