"""`rebound security`: the daily checks, and those of the backups themselves."""

from typing import Annotated

import typer

from recovery.cli.options import Html, Json, end_with, open_session, show
from recovery.console import Console
from recovery.health import worst
from recovery.ops.at_once import Looks, looked_at
from recovery.ops.security.checks import security_findings
from recovery.ops.security.document import security_document, security_json
from recovery.ops.security.looking import SecurityLooking
from recovery.ops.security.model import Light
from recovery.session import Session

_HOURS = 24.0

app = typer.Typer()


@app.command()
def security(
    hours: Annotated[
        float, typer.Option(min=1, max=720, help="How far back logs are read, in hours.")
    ] = _HOURS,
    html: Html = None,
    as_json: Json = False,
) -> None:
    """Show who did what nobody expected, and if backups are safe."""
    session = open_session()
    light = security_light(session, hours)
    looks = security_looks(session, light)
    with Console(quiet=as_json).looking(len(looks)) as answered:
        facts = looked_at(looks, answered)
    found = security_findings(facts, light)
    document = security_document(found, light)
    show(document, security_json(found, light), html, as_json=as_json)
    hint = document.conclusion.hint if document.conclusion else ""
    end_with(worst(item.finding.health for item in found), hint=hint, as_json=as_json)


def security_light(session: Session, hours: float = _HOURS) -> Light:
    """Return the time and the expectations by which everything is judged."""
    settings, expected = session.settings, session.catalog.operations.security
    return Light(session.started_at, hours, settings.project, settings.vault_bucket, expected)


def security_looks(session: Session, light: Light) -> Looks:
    """Return what looks, by check."""
    rest = session.tools.rest()
    locations = session.catalog.operations.locations
    return SecurityLooking(rest, session.vault_bucket.versions, light, locations).looks
