"""Commands about stored runs: what there is, whether it is whole, how long it stays."""

from collections.abc import Mapping, Sequence
from typing import Annotated

import typer

from manifests.errors import BackupDamagedError, CloudError, ManifestMissingError
from manifests.selection import RunSummary, alarming, select
from manifests.store.vault import Vault
from manifests.values import RunId
from recovery.cli.options import (
    AllContents,
    Json,
    Quick,
    moment,
    open_session,
    print_json,
    say,
    tell,
)
from recovery.console import Console
from recovery.kinds.works import verify_parts
from recovery.reach import refuse_other_bucket
from recovery.report.runs import (
    manifest_document,
    newest_runs,
    runs_document,
    unfinished_document,
    verdict_document,
)
from recovery.session import Session
from recovery.stored import Reading, verify_folder
from recovery.units import printable, shown
from recovery.verdicts import leaning, recorded
from recovery.verify import Verdict
from recovery.waiting import WAITING

app = typer.Typer()


@app.command("list")
def list_runs(
    limit: Annotated[
        int | None, typer.Option(min=1, help="Only so many, the newest; all when omitted.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(help="Only those with a recovery point at or after this time.")
    ] = None,
    as_json: Json = False,
) -> None:
    """List the backup runs; the newest last.

    With the state, recovery point, age and size of each, and whether it is held.
    """
    session = open_session()
    WAITING.doing("reading the runs")
    held = session.expiry().held()
    found = session.vault.runs()
    if not found:
        refuse_other_bucket(session.vault_bucket)
    runs = newest_runs(found, since=moment(since), limit=limit)
    complete = [run.run_id for run in runs if run.state == "complete"]
    damaged = leaning(session.vault, complete, tuple(session.verdicts.all()))
    if as_json:
        print_json(
            [
                {
                    **run.model_dump(mode="json"),
                    "held": run.run_id in held,
                    "damaged_parts": damaged.get(run.run_id, ()),
                }
                for run in runs
            ]
        )
    elif runs:
        tell(runs_document(runs, held=held, damaged=damaged, now=session.started_at))
    else:
        where = session.vault_bucket.uri("")
        say(f"no runs in {where}" + (" since then" if found else ""), err=True)


@app.command()
def show(
    run: Annotated[str, typer.Argument(metavar="RUN", help="The run.")], as_json: Json = False
) -> None:
    """Show what a run holds, and what it does not."""
    session = open_session()
    run_id = session.known(run)
    try:
        manifest = session.vault.manifest(run_id)
    except ManifestMissingError:
        _show_unfinished(session, run_id, as_json=as_json)
        raise
    if as_json:
        trust = session.vault.trust(run_id).model_dump(mode="json")
        print_json({**manifest.model_dump(mode="json"), "trust": trust})
    else:
        tell(manifest_document(manifest, session.vault.trust(run_id)))


def _show_unfinished(session: Session, run_id: RunId, *, as_json: bool) -> None:
    summary, done = session.vault.summary(run_id), session.vault.done(run_id)
    if as_json:
        print_json({**summary.model_dump(mode="json"), "done": done})
    else:
        tell(unfinished_document(summary, done))


@app.command()
def verify(
    run: Annotated[
        str | None, typer.Argument(metavar="RUN", help="The run; the newest when omitted.")
    ] = None,
    all_runs: Annotated[bool, typer.Option("--all", help="Every complete run.")] = False,
    quick: Quick = False,
    all_contents: AllContents = False,
    as_json: Json = False,
) -> None:
    """Read what a run stored and compare it with its manifest.

    Every file is read, and some contents of buckets.

    Without the name of a run, a damaged run in the vault is a failure, too.
    """
    session, console = open_session(), Console(quiet=as_json)
    WAITING.doing("reading the runs")
    runs = () if run else session.vault.runs()
    damaged = {item.run_id: item.reason for item in alarming(runs)}
    if damaged and not any(item.state == "complete" for item in runs):
        _refuse_damaged(damaged)
    verdicts = {
        run_id: _verify(session, console, run_id, quick=quick, all_contents=all_contents)
        for run_id in ([session.known(run)] if run else _to_verify(runs, all_runs=all_runs))
    }
    if as_json:
        found = [
            {
                "run_id": run_id,
                **verdict.model_dump(mode="json"),
                "trust": session.vault.trust(run_id).model_dump(mode="json"),
            }
            for run_id, verdict in verdicts.items()
        ]
        print_json({"runs": found, "damaged": damaged} if all_runs else found[0])
    else:
        _tell_verdicts(session.vault, verdicts, damaged, quick=quick)
    for run_id, verdict in verdicts.items():
        verdict.require(run_id)
        session.vault.require_trusted(run_id)
    _refuse_damaged(damaged)


def _refuse_damaged(damaged: Mapping[RunId, str]) -> None:
    for run_id, reason in damaged.items():
        raise BackupDamagedError(reason, subject=run_id, hint="`rebound list` shows every run")


def _to_verify(runs: Sequence[RunSummary], *, all_runs: bool) -> list[RunId]:
    complete = [item for item in runs if item.state == "complete"]
    if all_runs and complete:
        return [item.run_id for item in complete]
    return [select(tuple(runs)).run_id]


def _verify(
    session: Session, console: Console, run_id: RunId, *, quick: bool, all_contents: bool
) -> Verdict:
    manifest = session.vault.manifest(run_id)
    total = sum(item.size_bytes for item in manifest.objects)
    with console.reading(0 if quick else total) as advance:
        reading = Reading(
            vault=session.vault_bucket,
            run_id=run_id,
            read_bytes=not quick,
            contents=True,
            all_contents=all_contents,
            suspect={name for item in session.verdicts.readable() for name in item.damaged},
            advance=advance,
        )
        verdict = verify_parts([part for _, part in manifest.every_part], reading)
    WAITING.doing("comparing what lies beside the run with its manifest")
    verdict = verdict.with_more(verify_folder(session.vault_bucket, manifest))
    try:
        # A quick look does not read the files, so what was damaged before still counts as damaged.
        earlier = session.verdicts.last(run_id) if quick else None
        kept = recorded(run_id, verdict, earlier=earlier, now=session.started_at)
        session.verdicts.record(kept)
    except CloudError as error:
        # Who may only read can still verify.
        say(f"warning: `rebound list` will not tell of this verdict: {error}", err=True)
    return verdict


def _tell_verdicts(
    vault: Vault, verdicts: Mapping[RunId, Verdict], damaged: Mapping[RunId, str], *, quick: bool
) -> None:
    for run_id, verdict in verdicts.items():
        for item in verdict.findings:
            say(f"{printable(item.subject)}: {printable(item.text)}")
        if not verdict.findings:
            tell(verdict_document(run_id, verdict, vault.trust(run_id), quick=quick))
    for run_id, reason in damaged.items():
        say(f"{run_id}: damaged: {shown(reason)}")
