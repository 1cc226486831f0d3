"""`rebound doctor`: whether everything is there that a night and a recovery need."""

import os
from enum import StrEnum
from typing import Annotated

import typer

from recovery.cli.options import Html, Json, end_with, open_session, show
from recovery.doctor.check import examined
from recovery.doctor.checks import all_checks
from recovery.doctor.looks import Looks
from recovery.doctor.rules.permissions import Side, side_of
from recovery.health import worst
from recovery.report.health import health_document, health_json
from recovery.waiting import WAITING

app = typer.Typer()


class SideName(StrEnum):
    """Whose permissions are asked for."""

    BACKUP = "backup"
    RESTORE = "restore"
    EXPIRY = "expiry"


@app.command()
def doctor(
    side: Annotated[
        list[SideName] | None,
        typer.Option(help="What you have to be allowed to; told by your identity when omitted."),
    ] = None,
    html: Html = None,
    as_json: Json = False,
) -> None:
    """Check what backups and recoveries need, and how to mend it."""
    session = open_session()
    looks = Looks(session.tools, session.api, session.vault, session.proofs)
    sides: tuple[Side, ...] = tuple(item.value for item in side or ()) or (side_of(looks.who()),)
    WAITING.doing("checking what nights and recoveries need")
    findings = examined(all_checks(looks, sides=sides, environment=os.environ))
    document = health_document(
        findings, title=f"{looks.project}, {session.started_at:%Y-%m-%d %H:%M} UTC"
    )
    show(document, health_json(findings), html, as_json=as_json)
    hint = "what mends it is below the list"
    end_with(worst(item.health for item in findings), hint=hint, as_json=as_json)
