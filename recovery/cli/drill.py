"""Drills: restore into a sandbox project, show that the checks would tell of damage, write it down."""

import getpass
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from manifests.errors import PartialError, UsageError
from manifests.json_text import read_file
from manifests.settings import read_settings
from recovery.cli import drill_records as records
from recovery.cli.consent import agree
from recovery.cli.options import (
    Html,
    Json,
    Run,
    Yes,
    open_session,
    print_json,
    say,
    tell,
    write_page,
)
from recovery.cli.status import status_of
from recovery.console import Console
from recovery.drill.asked import Asked
from recovery.drill.cleaned import clean_up
from recovery.drill.cleaning import Cleaning
from recovery.drill.document import drill_document, drill_error
from recovery.drill.due import due_scenario
from recovery.drill.model import Criteria
from recovery.drill.preparing import prepared
from recovery.drill.rules import read_criteria
from recovery.drill.running import Drill
from recovery.drill.sandbox import sandbox_of
from recovery.drill.store import drills_of
from recovery.drill.tasks import SAMPLE
from recovery.drill.under_way import refuse_under_way
from recovery.scenarios import SCENARIOS
from recovery.settings import Settings
from recovery.units import counted, listed
from recovery.waiting import WAITING

app = typer.Typer()


@app.command()
def drill(
    *,
    scenario_name: Annotated[
        str | None,
        typer.Argument(
            metavar="SCENARIO",
            autocompletion=lambda: [(it.name, it.brings_back) for it in SCENARIOS if it.covers],
            help="What is drilled.",
        ),
    ] = None,
    project: Annotated[
        str | None,
        typer.Option(help="The sandbox project, in which nothing else is; REBOUND_SANDBOX."),
    ] = None,
    due: Annotated[
        bool,
        typer.Option("--due", help="The scenario of what was not shown to restore for longest."),
    ] = False,
    sample: Annotated[
        bool,
        typer.Option(
            "--sample", help="One table, prefix, collection and set of resources, those due."
        ),
    ] = False,
    run: Run = None,
    random: Annotated[
        bool, typer.Option("--random", help="Any complete run, drawn, in place of the newest.")
    ] = False,
    criteria: Annotated[
        Path | None,
        typer.Option(
            exists=True, dir_okay=False, help="What has to be so, in place of the objectives."
        ),
    ] = None,
    by: Annotated[
        str | None, typer.Option(help="Who runs it, or signs it off; the user of this machine.")
    ] = None,
    approver: Annotated[str, typer.Option(help="Who allowed it.")] = "",
    clean: Annotated[
        bool, typer.Option("--clean", help="Remove what drills left in the sandbox project.")
    ] = False,
    stopped: Annotated[
        list[str] | None,
        typer.Option(metavar="DRILL", help="This one was stopped: what it made can be removed."),
    ] = None,
    history: Annotated[bool, typer.Option("--history", help="List the drills there were.")] = False,
    evidence: Annotated[
        int | None, typer.Option(help="Print everything that is kept of the drills of a year.")
    ] = None,
    sign_off: Annotated[
        str | None, typer.Option(metavar="DRILL", help="Agree with the record of a drill.")
    ] = None,
    finding: Annotated[
        str | None, typer.Option(metavar="DRILL", help="Write down what is to be mended after it.")
    ] = None,
    what: Annotated[str, typer.Option(help="What is to be mended.")] = "",
    owner: Annotated[str, typer.Option(help="Who mends it.")] = "",
    until: Annotated[str, typer.Option(help="Until which day, as 2026-12-31.")] = "",
    ticket: Annotated[str, typer.Option(help="Where that is followed.")] = "",
    close: Annotated[
        int | None,
        typer.Option(metavar="NUMBER", help="With `--finding`: this one of the drill is mended."),
    ] = None,
    shown_by: Annotated[str, typer.Option(help="What shows that it is.")] = "",
    yes: Yes = False,
    html: Html = None,
    as_json: Json = False,
) -> None:
    """Restore into a sandbox project and prove it.

    Then damage is planted in copies, and has to be found. The record is kept: `--history` lists all.
    """
    if history or evidence is not None:
        records.print_history(evidence, html, as_json=as_json)
    elif sign_off is not None:
        records.sign_off(sign_off, by or getpass.getuser(), as_json=as_json)
    elif finding is not None and close is not None:
        records.close_finding(finding, close, by or "", shown_by, as_json=as_json)
    elif finding is not None:
        records.write_finding(
            finding, {"what": what, "owner": owner, "due": until, "ticket": ticket}, as_json=as_json
        )
    elif clean:
        _clean(_named(project), stopped or (), yes=yes, as_json=as_json)
    else:
        asked = Asked(
            scenario=_scenario(scenario_name, due=due, sample=sample),
            sandbox=_named(project),
            run=run,
            is_random=random,
            criteria=_criteria(criteria),
            criteria_from=str(criteria or ""),
            operator=by or getpass.getuser(),
            approver=approver,
            looks_at_platform=not sample,
        )
        _run(asked, html, as_json=as_json)


def _criteria(file: Path | None) -> Criteria | None:
    if file is None:
        return None
    return read_criteria(read_file(file, UsageError), subject=str(file))


def _named(project: str | None) -> str:
    named = project or read_settings(Settings).sandbox
    if not named:
        raise UsageError("nothing says where to", hint="`--project` names a sandbox project")
    return named


def _scenario(name: str | None, *, due: bool, sample: bool) -> str:
    """Return what is drilled.

    Raises:
        UsageError: Nothing says that, or more than one thing does.
    """
    if sum((name is not None, due, sample)) != 1:
        raise UsageError(
            "what is drilled is said once: a scenario, `--due` or `--sample`",
            hint=f"there are: {', '.join(it.name for it in SCENARIOS if it.covers)}",
        )
    if due:
        found = status_of(open_session())
        return due_scenario(found.parts, found.scenarios)
    return SAMPLE if sample else str(name)


def _run(asked: Asked, html: Path | None, *, as_json: bool) -> None:
    """Run a drill to its record.

    Raises:
        ReboundError: It was refused, or did not pass.
    """
    WAITING.doing("looking at the sandbox")
    console, made = Console(quiet=as_json), prepared(asked)
    names = [task.name for task in made.tasks]
    say(f"drill {made.begun.drill_id}: {', '.join(names)}", err=True)
    own = f"--project {made.begun.sandbox} --stopped {made.begun.drill_id}"
    clean = f"`rebound drill --clean {own}` removes what was made"
    with console.ending_at_once(f"interrupted; {clean}"), console.recovering(names) as progress:
        record = Drill(made, progress).record()
    document = drill_document(record)
    write_page(html, document)
    if as_json:
        print_json(record.model_dump(mode="json"))
    else:
        tell(document)
    if error := drill_error(record):
        raise error


def _clean(named: str, stopped: Sequence[str], *, yes: bool, as_json: bool) -> None:
    """Remove what drills left in a sandbox project.

    Raises:
        RefusedError: A drill that may be under way uses some of it.
        PartialError: Something could not be removed.
    """
    session = open_session()
    project = sandbox_of(named, session.catalog, session.settings)
    cleaning = Cleaning(session, project)
    found = cleaning.look()
    if not as_json:
        say(*(found.told or ["nothing is left of any drill"]))
    by_mark: dict[str, list[str]] = defaultdict(list)
    for item in found.made:
        by_mark[item.mark].append(item.label)
    kept = drills_of(session.tools).all() if found.made else ()
    refuse_under_way(by_mark, kept, now=session.started_at, stopped=stopped)
    if found.made:
        agree(yes=yes)
    session.actions.begin("drill --clean", project, "")
    failures, after = clean_up(session, project, cleaning, found, stopped)
    there = {(item.kind, item.name) for item in (*after.made, *after.doubted)}
    removed = [item.label for item in found.made if (item.kind, item.name) not in there]
    told = {"removed": removed, "left": after.told, "failures": failures}
    records.tell_written(told, f"{len(removed)} removed", as_json)
    if left := [*failures, *after.told]:
        raise PartialError(
            f"{counted(len(after.told or left), 'thing')} could not be removed: {listed(left)}",
            subject=project,
            hint="see what keeps it, and run the same command again; what no drill is shown to have "
            "made is removed by hand, where nobody needs it",
        )
