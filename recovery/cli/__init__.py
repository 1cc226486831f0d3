"""`rebound`: the operator's command.

Data goes to stdout, everything else to stderr. Every command that answers with data takes `--json`.
The exit code is that of the error's class (see README.md); 130 when interrupted.
"""

import json
import sys
from importlib import import_module
from typing import Annotated

import structlog
import typer

from manifests import __version__
from manifests.errors import ReboundError, UsageError
from recovery.cli.commands import Commands
from recovery.console import be_quiet, say_on_stderr
from recovery.units import printable
from recovery.waiting import WAITING

_INTERRUPTED = 130


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"rebound {__version__}")
        raise typer.Exit


_SCENARIOS = """
SCENARIO says what is lost:

bigquery-dataset-loss: tables, rows, a whole dataset of BigQuery
gcs-bucket-corruption: objects of a bucket
firestore-state-loss: documents of Firestore
complete-outage: services and schedules, perhaps everything
processor-failure: dates without rows
"""

app = typer.Typer(
    cls=Commands, no_args_is_help=True, pretty_exceptions_enable=False, epilog=_SCENARIOS
)


@app.callback()
def common(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version and end.", is_eager=True, callback=_print_version
        ),
    ] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", help="Print data and errors alone: no progress, no notes.")
    ] = False,
) -> None:
    """Restore what Rebound backed up, and prove it.

    Something is lost: `rebound plan SCENARIO` shows what, and changes nothing.
    You do not know what: `rebound plan complete-outage` looks at everything.
    What to do, step by step: the pages that begin with runbooks/README.md.
    """
    if quiet:
        be_quiet()
    elif not {"--json", "--help"}.intersection(sys.argv):
        WAITING.begin(f"rebound {context.invoked_subcommand}")


def main() -> None:
    """Run the command and end with the exit code of what happened."""
    structlog.configure(
        processors=[_as_line], logger_factory=structlog.PrintLoggerFactory(sys.stderr)
    )
    try:
        _called()
    except SystemExit as error:
        WAITING.interrupted()
        if error.code == _INTERRUPTED and sys.stderr.isatty():
            typer.echo(err=True)  # what the terminal echoes of Ctrl-C ends without one
        raise
    except ReboundError as error:
        _print_error(error)
        sys.exit(error.exit_code)


def _called() -> None:
    """Run the command, and tell in words what Google's clients raise outside of a call."""
    try:
        exit_code = app(standalone_mode=False)
    except ReboundError:
        raise
    except typer.Abort:
        sys.exit(_INTERRUPTED)
    except typer.TyperException as error:
        raise _misused(error) from error
    except Exception:
        # Missing credentials, for example. Nothing else of `rebound --help` needs Google's clients.
        with import_module("manifests.cloud.retry").cloud_errors(""):
            raise
    sys.exit(exit_code)


def _misused(error: typer.TyperException) -> UsageError:
    """Return what typer says of a command line in the form of every other error."""
    message = error.format_message().rstrip(".")
    if not message:
        sys.exit(UsageError.exit_code)  # the help was printed, as nothing was asked for
    context: typer.Context | None = getattr(error, "ctx", None)
    path = context.command_path if context else "rebound"
    return UsageError(
        message[:1].lower() + message[1:], hint=f"`{path} --help` tells what it takes"
    )


def _as_line(_logger: object, method: str, event: structlog.typing.EventDict) -> str:
    message = event.pop("event")
    details = "; ".join(f"{key} {value}" for key, value in event.items())
    return printable(f"{method}: {message} ({details})" if details else f"{method}: {message}")


def _print_error(error: ReboundError) -> None:
    if "--json" in sys.argv:
        typer.echo(json.dumps(error.as_json()), err=True)
        return
    say_on_stderr(printable(str(error)), label="error", colour="red")
    if error.hint:
        say_on_stderr(printable(error.hint), label="hint", colour="cyan")
