"""What operators did, and why."""

from typing import Annotated

import typer

from recovery.cli.options import Json, moment, open_session, print_json, say, tell
from recovery.report.acted import actions_document

app = typer.Typer()


@app.command()
def actions(
    since: Annotated[
        str | None, typer.Option(help="Only what was done at or after this time.")
    ] = None,
    as_json: Json = False,
) -> None:
    """List who did what to runs and recoveries, and why."""
    session = open_session()
    found = session.actions.all(since=moment(since))
    if as_json:
        print_json([it.action.model_dump(mode="json") | {"doubt": it.doubt} for it in found])
    elif found:
        tell(actions_document(found))
    else:
        say("nobody did anything to runs or recoveries", err=True)
