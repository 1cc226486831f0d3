"""The recoveries that were begun, and what became of each."""

import typer

from manifests import layout
from manifests.errors import BackupDamagedError, UsageError
from recovery.cli.options import print_json, rfc3339
from recovery.journal import Journal, recovery_ids
from recovery.report import outcome_error
from recovery.session import Session


def list_recoveries(session: Session, *, as_json: bool) -> None:
    """List the recoveries, the last one last, and how each ended."""
    found = [
        (layout.recovery_begun_at(recovery_id), recovery_id, _state(session, recovery_id))
        for recovery_id in recovery_ids(session.landing)
    ]
    if as_json:
        print_json(
            [
                {"started_at": rfc3339(started_at), "recovery_id": recovery_id, "state": state}
                for started_at, recovery_id, state in sorted(found)
            ]
        )
        return
    for started_at, recovery_id, state in sorted(found):
        typer.echo(f"{started_at:%Y-%m-%d %H:%M}  {recovery_id}  {state}")
    if not found:
        typer.echo("no recoveries", err=True)


def only_open(session: Session) -> str:
    """Return the one recovery that is not proven.

    Raises:
        UsageError: There is none, or more than one.
    """
    states = {name: _state(session, name) for name in recovery_ids(session.landing)}
    open_ones = [name for name, state in states.items() if state != "proven"]
    if len(open_ones) != 1:
        raise UsageError(
            f"{len(open_ones)} recoveries are open, so one has to be named",
            hint="`rebound report` lists them",
        )
    return open_ones[0]


def _state(session: Session, recovery_id: str) -> str:
    try:
        ended = Journal(session.landing, recovery_id).last_report()
    except BackupDamagedError as error:
        return error.message
    if ended is None:
        return "not ended"
    failure = outcome_error(ended)
    return failure.message if failure else "proven"
