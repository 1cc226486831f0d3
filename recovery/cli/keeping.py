"""Commands about how long stored runs stay: hold, release, expire, prune, unlock."""

from typing import Annotated

import typer

from manifests.errors import ReboundError
from manifests.layout import parse_run_id
from recovery.cli.options import Json, Reason, open_session, print_json, say
from recovery.units import counted, printable, size
from recovery.waiting import WAITING

app = typer.Typer()


@app.command()
def expire(
    yes: Annotated[bool, typer.Option("--yes", help="Delete; without it nothing is.")] = False,
    reason: Reason = "",
    as_json: Json = False,
) -> None:
    """Show which runs are past their retention; `--yes` deletes."""
    session = open_session()
    expiry = session.expiry()
    WAITING.doing("reading the runs")
    decisions = expiry.decide(session.clock())
    if yes:
        session.actions.begin("expire", "", reason)
        decisions = expiry.delete(decisions, session.clock())
    if as_json:
        print_json(
            [
                {**decision.model_dump(mode="json"), "deleted": yes and not decision.keep}
                for decision in decisions
            ]
        )
        return
    verb = "deleted" if yes else "would delete"
    if not decisions:
        say("no runs", err=True)
    for decision in decisions:
        say(
            f"{'keep' if decision.keep else verb:<12} {decision.run_id}  {printable(decision.reason)}"
        )


@app.command()
def prune(
    yes: Annotated[bool, typer.Option("--yes", help="Delete; without it nothing is.")] = False,
    reason: Reason = "",
    as_json: Json = False,
) -> None:
    """Show which contents no run needs any more; `--yes` deletes."""
    session = open_session()
    if yes:
        session.actions.begin("prune", "", reason)
    WAITING.doing("reading what every run needs")
    pruned = session.prune().prune(session.clock, delete=yes)
    if as_json:
        deleted = pruned.objects - pruned.protected if yes else 0
        print_json({**pruned.model_dump(mode="json"), "deleted": deleted})
        return
    verb = "deleted" if yes else "would delete"
    say(f"{verb} {counted(pruned.objects, 'content')}, {size(pruned.size_bytes)}")
    if pruned.protected:
        say(f"{pruned.protected:,} of them are still protected by a retention policy")


@app.command()
def hold(
    run: Annotated[str, typer.Argument(metavar="RUN", help="The run.")],
    reason: Reason = "",
    as_json: Json = False,
) -> None:
    """Keep a run whatever its age, until `rebound release`."""
    session = open_session()
    run_id = session.known(run)
    session.vault.manifest(run_id)
    session.actions.begin("hold", run_id, reason)
    session.expiry().hold(run_id, session.clock())
    if as_json:
        print_json({"run_id": run_id, "held": True})
    else:
        say(f"{run_id}: held")


@app.command()
def release(
    runs: Annotated[list[str], typer.Argument(metavar="RUN...", help="The runs.")],
    reason: Reason = "",
    as_json: Json = False,
) -> None:
    """Let held runs expire like any other.

    One that cannot be released does not stop the others.
    """
    session = open_session()
    run_ids = [session.known(run) for run in runs]
    session.actions.begin("release", " ".join(run_ids), reason)
    expiry = session.expiry()
    refused: list[ReboundError] = []
    told: list[dict[str, object]] = []
    for run_id in run_ids:
        try:
            text = "released" if expiry.release(run_id, session.started_at) else "was not held"
            told.append({"run_id": run_id, "held": False})
        except ReboundError as error:
            refused.append(error)
            text = error.message
            told.append({"run_id": run_id, "held": True, "reason": text})
        if not as_json:
            say(f"{run_id}: {text}")
    if as_json:
        print_json(told)
    if refused:
        raise refused[0]


@app.command()
def unlock(
    run: Annotated[str, typer.Argument(metavar="RUN", help="The run.")],
    why: Annotated[
        str,
        typer.Option("--why", "--reason", help="Why nobody is writing it; this is written down."),
    ],
    as_json: Json = False,
) -> None:
    """Break the lease of a run that nobody writes any more.

    Then it can be written again.
    """
    session, run_id = open_session(), parse_run_id(run)
    session.actions.begin("unlock", run_id, why)
    session.expiry().unlock(run_id, why, session.clock())
    if as_json:
        print_json({"run_id": run_id, "unlocked": True})
    else:
        say(f"{run_id}: unlocked")
