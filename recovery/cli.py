"""`rebound`: the operator's command.

Data goes to stdout, everything else to stderr. Every command takes `--json`. The exit code is that
of the error's class (see README.md); 130 when interrupted.
"""

import json
import sys
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from manifests.errors import ReboundError, RefusedError, UsageError
from manifests.layout import parse_run_id
from recovery.console import Console
from recovery.journal import Journal
from recovery.plan import Plan, Request, Target
from recovery.report import manifest_text, outcome_error, plan_text, report_text, size
from recovery.scenarios import scenario
from recovery.session import Session
from recovery.settings import load_settings

app = typer.Typer(
    help="Restore what Rebound backed up, and prove it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]
Run = Annotated[str | None, typer.Option(help="This run instead of the newest complete one.")]
At = Annotated[str | None, typer.Option(help="The newest complete run at or before this UTC time.")]
Datasets = Annotated[list[str] | None, typer.Option("--dataset", help="Only this dataset.")]
Tables = Annotated[list[str] | None, typer.Option("--table", help="Only this `dataset.table`.")]
Partitions = Annotated[
    list[str] | None, typer.Option("--partition", help="Only this partition of the one table.")
]
IntoProject = Annotated[str | None, typer.Option(help="Restore into another project.")]
IntoPrefix = Annotated[str, typer.Option(help="Restore into datasets whose ids begin with this.")]
Overwrite = Annotated[
    list[str] | None,
    typer.Option(help="Allow replacing rows that are there: a table, or '*' for all."),
]
Exact = Annotated[
    bool, typer.Option("--exact", help="Remove partitions the recovery point does not know.")
]
Quick = Annotated[bool, typer.Option("--quick", help="Compare metadata only, read no file.")]


@app.command("list")
def list_runs(as_json: Json = False) -> None:
    """List every backup run and its state, newest recovery point last."""
    runs = sorted(_session().vault.runs(), key=lambda run: (str(run.recovery_point), run.run_id))
    if as_json:
        _print_json([run.model_dump(mode="json") for run in runs])
        return
    for run in runs:
        moment = f"{run.recovery_point:%Y-%m-%d %H:%M}" if run.recovery_point else "unknown"
        typer.echo(f"{run.state:<9} {moment:<16}  {run.run_id}  {run.reason}".rstrip())
    if not runs:
        typer.echo("no runs", err=True)


@app.command()
def show(run: Annotated[str, typer.Argument(help="The run.")], as_json: Json = False) -> None:
    """Show what a run holds."""
    manifest = _session().vault.manifest(parse_run_id(run))
    if as_json:
        _print_json(manifest.model_dump(mode="json"))
    else:
        typer.echo(manifest_text(manifest))


@app.command()
def verify(
    run: Annotated[str | None, typer.Argument(help="The run; the newest when omitted.")] = None,
    quick: Quick = False,
    as_json: Json = False,
) -> None:
    """Compare a stored run with its manifest, reading every byte of it."""
    session, console = _session(), Console(quiet=as_json)
    run_id = parse_run_id(run) if run else session.choose(run=None, at=None)[0].run_id
    manifest = session.vault.manifest(run_id)
    total = sum(item.size_bytes for table in manifest.tables for item in table.objects)
    with console.reading(0 if quick else total) as progress:
        verdict = session.inspect(manifest, read_bytes=not quick, progress=progress)
    if as_json:
        _print_json({"run_id": run_id, **verdict.model_dump(mode="json")})
    else:
        for item in verdict.findings:
            typer.echo(f"{item.subject}: {item.aspect} is {item.actual}, not {item.expected}")
    verdict.require(run_id)
    if not as_json:
        how = "metadata compared, no file read" if quick else f"{size(verdict.read_bytes)} read"
        typer.echo(f"{run_id}: {verdict.objects} objects are what the manifest says ({how})")


@app.command()
def plan(
    scenario_name: Annotated[str, typer.Argument(metavar="SCENARIO", help="What happened.")],
    run: Run = None,
    at: At = None,
    dataset: Datasets = None,
    table: Tables = None,
    partition: Partitions = None,
    into_project: IntoProject = None,
    into_prefix: IntoPrefix = "",
    exact: Exact = False,
    as_json: Json = False,
) -> None:
    """Show what a recovery would do. Changes nothing."""
    session = _session()
    made = _plan(
        session,
        scenario_name,
        run=run,
        at=at,
        scope=(dataset, table, partition),
        into=(into_project, into_prefix),
        exact=exact,
    )
    _show_plan(made, as_json=as_json)


@app.command()
def recover(
    scenario_name: Annotated[str, typer.Argument(metavar="SCENARIO", help="What happened.")],
    run: Run = None,
    at: At = None,
    dataset: Datasets = None,
    table: Tables = None,
    partition: Partitions = None,
    into_project: IntoProject = None,
    into_prefix: IntoPrefix = "",
    overwrite: Overwrite = None,
    exact: Exact = False,
    confirm_project: Annotated[
        str | None, typer.Option(help="The protected project's name, to allow changing it.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Plan, ask, restore, prove and report."""
    session, console = _session(), Console(quiet=as_json)
    made = _plan(
        session,
        scenario_name,
        run=run,
        at=at,
        scope=(dataset, table, partition),
        into=(into_project, into_prefix),
        overwrite=tuple(overwrite or ()),
        exact=exact,
    )
    if not as_json:
        _show_plan(made, as_json=False)
    _check_backup(session, console, made)
    _ask(made, yes=yes)
    journal = session.begin(made, confirmed_project=confirm_project)
    _execute(session, console, journal, as_json=as_json)


@app.command()
def resume(
    recovery: Annotated[str, typer.Argument(help="The recovery that was interrupted.")],
    as_json: Json = False,
) -> None:
    """Continue a recovery that was interrupted or is partial."""
    session = _session()
    _execute(session, Console(quiet=as_json), Journal(session.landing, recovery), as_json=as_json)


@app.command()
def report(
    recovery: Annotated[str, typer.Argument(help="The recovery.")], as_json: Json = False
) -> None:
    """Show how a recovery ended."""
    session = _session()
    journal = Journal(session.landing, recovery)
    journal.planned()
    found = journal.report()
    if found is None:
        raise RefusedError(
            "the recovery has not ended", subject=recovery, hint=f"`rebound resume {recovery}`"
        )
    if as_json:
        _print_json(found.model_dump(mode="json"))
    else:
        typer.echo(report_text(found))
    if error := outcome_error(found):
        raise error


@app.command()
def expire(
    yes: Annotated[bool, typer.Option("--yes", help="Delete; without it nothing is.")] = False,
    as_json: Json = False,
) -> None:
    """Show which runs are past their retention; with `--yes`, delete them."""
    expiry = _session().expiry()
    decisions = expiry.decide(datetime.now(UTC))
    if yes:
        for decision in decisions:
            if not decision.keep:
                expiry.delete(decision.run_id)
    if as_json:
        _print_json([decision.model_dump(mode="json") for decision in decisions])
        return
    verb = "deleted" if yes else "would delete"
    for decision in decisions:
        typer.echo(f"{'keep' if decision.keep else verb:<12} {decision.run_id}  {decision.reason}")


@app.command()
def hold(run: Annotated[str, typer.Argument(help="The run.")]) -> None:
    """Keep a run for ever, until `rebound release`."""
    session = _session()
    run_id = parse_run_id(run)
    session.vault.manifest(run_id)
    session.expiry().hold(run_id, datetime.now(UTC))
    typer.echo(f"held: {run_id}")


@app.command()
def release(run: Annotated[str, typer.Argument(help="The run.")]) -> None:
    """Let a held run expire like any other."""
    run_id = parse_run_id(run)
    _session().expiry().release(run_id)
    typer.echo(f"released: {run_id}")


def main() -> None:
    """Run the command and end with the exit code of what happened."""
    try:
        app()
    except ReboundError as error:
        _print_error(error)
        sys.exit(error.exit_code)


def _session() -> Session:
    return Session(load_settings())


def _plan(
    session: Session,
    scenario_name: str,
    *,
    run: str | None,
    at: str | None,
    scope: tuple[list[str] | None, list[str] | None, list[str] | None],
    into: tuple[str | None, str],
    exact: bool,
    overwrite: tuple[str, ...] = (),
) -> Plan:
    datasets, tables, partitions = (tuple(item or ()) for item in scope)
    if partitions and len(tables) != 1:
        raise UsageError("`--partition` needs exactly one `--table`")
    session.catalog.select(datasets=datasets, tables=tables)
    request = Request(
        scenario=scenario(scenario_name).name,
        target=Target(project=into[0] or session.settings.project, prefix=into[1]),
        datasets=datasets,
        tables=tables,
        partitions=partitions,
        overwrite=overwrite,
        exact=exact,
    )
    _, manifest = session.choose(run=run, at=_moment(at))
    return session.plan(manifest, request)


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError("not a time like 2026-11-24T09:00Z", subject=text) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _show_plan(made: Plan, *, as_json: bool) -> None:
    if as_json:
        _print_json(made.model_dump(mode="json"))
    else:
        typer.echo(plan_text(made, now=datetime.now(UTC)))


def _check_backup(session: Session, console: Console, made: Plan) -> None:
    """Refuse a damaged backup before anything is touched."""
    manifest = session.vault.manifest(made.run_id)
    names = tuple(step.table for step in made.tables if step.rows)
    if not names:
        return
    total = sum(step.stored_bytes for step in made.tables)
    with console.reading(total) as progress:
        session.inspect(manifest, tables=names, read_bytes=True, progress=progress).require(
            manifest.run_id
        )


def _ask(made: Plan, *, yes: bool) -> None:
    if yes or not made.changes:
        return
    if not sys.stdin.isatty():
        raise RefusedError("nobody is there to say yes", hint="`--yes` says it")
    if not typer.confirm("Do this?", err=True):
        raise RefusedError("not confirmed, nothing was changed")


def _execute(session: Session, console: Console, journal: Journal, *, as_json: bool) -> None:
    planned = journal.planned()
    typer.echo(f"recovery {planned.recovery_id}", err=True)
    with console.recovering([step.table for step in planned.plan.tables]) as progress:
        done = session.execute(journal, progress=progress)
    if as_json:
        _print_json(done.model_dump(mode="json"))
    else:
        typer.echo(report_text(done))
    if error := outcome_error(done):
        raise error


def _print_json(document: Any) -> None:  # noqa: ANN401 - any JSON
    typer.echo(json.dumps(document, indent=2, ensure_ascii=False))


def _print_error(error: ReboundError) -> None:
    if "--json" in sys.argv:
        typer.echo(json.dumps(error.as_json(), ensure_ascii=False), err=True)
        return
    typer.echo(f"error: {error}", err=True)
    if error.hint:
        typer.echo(f"hint: {error.hint}", err=True)
