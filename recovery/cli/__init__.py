"""`rebound`: the operator's command.

Data goes to stdout, everything else to stderr. Every command that answers with data takes `--json`.
The exit code is that of the error's class (see README.md); 130 when interrupted.
"""

import json
import sys

import typer

from manifests.errors import ReboundError
from recovery.cli import backups, recoveries

app = typer.Typer(
    help="Restore what Rebound backed up, and prove it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(backups.app)
app.add_typer(recoveries.app)


def main() -> None:
    """Run the command and end with the exit code of what happened."""
    try:
        app()
    except ReboundError as error:
        _print_error(error)
        sys.exit(error.exit_code)


def _print_error(error: ReboundError) -> None:
    if "--json" in sys.argv:
        typer.echo(json.dumps(error.as_json(), ensure_ascii=False), err=True)
        return
    typer.echo(f"error: {error}", err=True)
    if error.hint:
        typer.echo(f"hint: {error.hint}", err=True)
