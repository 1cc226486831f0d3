"""Whether the platform could be recovered now, on one screen."""

import sys
import time
from typing import Annotated

import typer

from recovery.cli.options import Html, Json, end_with, open_session, print_json, tell, write_page
from recovery.session import Session
from recovery.status.document import status_document
from recovery.status.looking import StatusLooks
from recovery.status.model import Status
from recovery.waiting import WAITING

# ECMA-48: the screen is erased, and the cursor goes to its first place.
CLEARED = "\x1b[2J\x1b[H"

app = typer.Typer()


@app.command()
def status(
    watch: Annotated[
        int | None,
        typer.Option(min=1, help="Look again after so many seconds, until it is interrupted."),
    ] = None,
    verbose: Annotated[
        bool,
        typer.Option("--verbose", "-v", help="A line for each part, also where many stand alike."),
    ] = False,
    html: Html = None,
    as_json: Json = False,
) -> None:
    """Tell whether everything could be recovered now.

    And how old the proof of that is, part by part.
    """
    session = open_session()
    found = status_of(session)
    while watch is not None:
        _tell(found, as_json=as_json, is_whole=verbose)
        write_page(html, status_document(found))
        with WAITING.others():
            time.sleep(watch)
        if sys.stdout.isatty():
            typer.echo(CLEARED, nl=False)
        found = status_of(session)
    _tell(found, as_json=as_json, is_whole=verbose)
    document = status_document(found)
    write_page(html, document)
    hint = document.conclusion.hint if document.conclusion else ""
    end_with(found.health, hint=hint, as_json=as_json)


def status_of(session: Session) -> Status:
    """Look once at how everything stands.

    Raises:
        CloudError: The runs could not be looked at.
    """
    looking = StatusLooks(
        session.catalog,
        session.owner,
        vault=session.vault,
        contents=session.vault_bucket.versions,
        landing=session.landing,
        proofs=session.proofs,
        verdicts=session.verdicts,
        fences=session.tools.fences,
    )
    WAITING.doing("reading runs, proofs and recoveries")
    return looking.status(session.clock.latest())


def _tell(found: Status, *, as_json: bool, is_whole: bool) -> None:
    if as_json:
        told = {"health": found.health, "not_shown": found.not_shown}
        print_json({**found.model_dump(mode="json"), **told})
    else:
        tell(status_document(found, is_whole=is_whole))
