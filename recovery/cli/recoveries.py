"""Commands about recoveries: what one would do, doing it, going on, how it ended.

`plan` and `recover` take the same options, which reach the plan through the command's context.
"""

from typing import Annotated

import typer

from manifests.errors import ReboundError, RefusedError
from manifests.layout import parse_recovery_id
from recovery.cli.agreement import agreed, ask, planned, refuse_silence, show_plan
from recovery.cli.begun import list_recoveries, only_open, show_under_way, standing
from recovery.cli.options import (
    At,
    Buckets,
    Collections,
    ConfirmProject,
    CreateDatasets,
    Databases,
    Datasets,
    DocumentPaths,
    Exact,
    ExpireAt,
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
    RewriteReferences,
    Run,
    SetBack,
    Tables,
    Unthrottled,
    Yes,
    open_session,
    print_json,
)
from recovery.console import Console, fitted
from recovery.journal import Journal
from recovery.outcome import AbandonedRecovery, RecoveryReport
from recovery.plan import Plan
from recovery.report import outcome_error, report_text
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
    create_datasets: CreateDatasets = False,
    expire_at: ExpireAt = None,
    settings: SetBack = False,
    rewrite_references: RewriteReferences = False,
    not_in_catalog: NotInCatalog = False,
    as_json: Json = False,
) -> None:
    """Show what a recovery would do. Changes nothing."""
    show_plan(planned(open_session(), context), as_json=as_json)


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
    create_datasets: CreateDatasets = False,
    expire_at: ExpireAt = None,
    settings: SetBack = False,
    rewrite_references: RewriteReferences = False,
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
    made = agreed(session, console, context, yes=yes, as_json=as_json)
    while made.undeletes:
        for name, is_back in session.undelete(made).items():
            told = "undeleted" if is_back else "cannot be undeleted any more, so it is created"
            typer.echo(f"dataset {name}: {told}", err=True)
        made = agreed(session, console, context, yes=yes, as_json=as_json)
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
        show_plan(made, as_json=False)
    # A journal lies where others can write: what it says was agreed to is agreed to again.
    session.refuse(made, confirmed_project=confirm_project)
    refuse_silence(made, yes=yes)
    ask(made, yes=yes)
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
