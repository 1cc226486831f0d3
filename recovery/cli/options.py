"""What commands have in common: their options, and how they print."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from manifests.errors import UsageError
from manifests.settings import read_settings
from recovery.cli.statement import statement
from recovery.console import coloured, fitted, say_on_stderr, terminal_columns
from recovery.document import Document
from recovery.health import Health, health_error
from recovery.report.html import page_of
from recovery.report.text import text_of
from recovery.scenarios import SCENARIOS
from recovery.session import Session
from recovery.settings import Settings
from recovery.settings_file import settings_file
from recovery.units import as_text
from recovery.waiting import WAITING

_SCENARIO = typer.Argument(
    metavar="SCENARIO",
    autocompletion=lambda: [(item.name, item.brings_back) for item in SCENARIOS],
    help=f"What happened: {', '.join(item.name for item in SCENARIOS)}.",
)
Name = Annotated[str, _SCENARIO]
NameOrPlan = Annotated[str | None, _SCENARIO]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]
Run = Annotated[str | None, statement("run")]
At = Annotated[str | None, statement("at")]
Partitions = Annotated[list[str] | None, statement("partition")]
LockAgain = Annotated[bool, statement("lock_again")]
FallBackAgain = Annotated[bool, statement("fall_back")]
ConfirmProject = Annotated[
    list[str] | None,
    typer.Option(help="A protected project's name, or another's number, to allow changing it."),
]
Access = Annotated[
    bool,
    typer.Option("--access", help="Allow what the plan changes about who may see what."),
]
Reason = Annotated[str, typer.Option("--reason", help="Why: written down with who did what.")]
Untrusted = Annotated[
    bool, typer.Option("--untrusted", help="Take a run that no trusted key signed.")
]
Html = Annotated[
    Path | None,
    typer.Option("--html", dir_okay=False, help="Also write it here, as a page for a browser."),
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
PlanOnly = Annotated[
    bool, typer.Option("--plan-only", help="Show what it would do, and change nothing.")
]
Out = Annotated[
    Path | None,
    typer.Option(dir_okay=False, help="Change nothing; write the plan here, for `--plan`."),
]
PlanToCarryOut = Annotated[
    Path | None,
    typer.Option(
        "--plan", exists=True, dir_okay=False, help="Exactly the plan that `--out` wrote."
    ),
]
Verbose = Annotated[
    bool,
    typer.Option(
        "--verbose", "-v", help="Name each writer that is paused, and each resource, however many."
    ),
]
AllContents = Annotated[
    bool, typer.Option("--all-contents", help="Read every content of buckets, not a hundred.")
]
Quick = Annotated[bool, typer.Option("--quick", help="Compare metadata only, read no file.")]


def open_session() -> Session:
    """Read the settings, tell which file has some, and make the clients, once for a command."""
    if (file := settings_file()) is not None:
        note(f"settings: {file.resolve()}; `rebound settings` tells each")
    return Session(read_settings(Settings))


def moment(text: str | None) -> datetime | None:
    """Read a time given by an operator.

    Raises:
        UsageError: It is not a time, or it has no zone: it could be meant in two ways.
    """
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError("not a time like 2026-11-24T09:00Z", subject=text) from error
    if moment.tzinfo is not None:
        return moment
    in_utc, local = moment.replace(tzinfo=UTC), moment.astimezone()
    raise UsageError(
        f"a time without a zone: in UTC it is {in_utc:%Y-%m-%dT%H:%MZ}, in the zone of this "
        f"machine ({local:%Z}) {local.astimezone(UTC):%Y-%m-%dT%H:%MZ}",
        subject=text,
        hint=f"say {in_utc:%Y-%m-%dT%H:%MZ} or {local.isoformat(timespec='minutes')}",
    )


def past(read: datetime | None, *, now: datetime) -> datetime | None:
    """Return a time given by an operator that has to be over.

    Raises:
        UsageError: It has not come yet.
    """
    if read is not None and read > now:
        raise UsageError(
            f"a time that has not come yet: it is {now:%Y-%m-%dT%H:%MZ} now",
            subject=f"{read.astimezone(UTC):%Y-%m-%dT%H:%MZ}",
        )
    return read


def say(*lines: str, err: bool = False) -> None:
    """Print lines, each made printable: every text for a person goes through here.

    Args:
        lines: Each stays one, whatever a name in it holds.
        err: Whether to stderr, because it is no data.
    """
    plain = as_text(lines)
    if err:
        say_on_stderr(plain)
    else:
        WAITING.interrupted()
        typer.echo(fitted(plain))


def note(text: str) -> None:
    """Tell what is done beside the data of a command."""
    say(text, err=True)


def tell(document: Document) -> None:
    """Print a document, fitted to the terminal."""
    columns = terminal_columns()
    text = text_of(document, columns=columns)
    WAITING.interrupted()
    typer.echo(text if columns is None else coloured(text))


def end_with(health: Health, *, hint: str, as_json: bool) -> None:
    """End with the error of what was looked at, or say that all is healthy where that would stand.

    Args:
        health: The worst of what was found.
        hint: The next command.
        as_json: Whether JSON is printed, and no text.

    Raises:
        ReboundError: It is not healthy.
    """
    if error := health_error(health, hint=hint):
        raise error
    if not as_json:
        note(f"{health}")


def show(document: Document, told: Any, html: Path | None, *, as_json: bool) -> None:  # noqa: ANN401 - any JSON
    """Print what a command tells, and write it as a page where a file for it is named.

    Args:
        document: What a person is told.
        told: The same as JSON.
        html: The file of the page.
        as_json: Whether JSON is printed, and no text.
    """
    write_page(html, document)
    if as_json:
        print_json(told)
    else:
        tell(document)


def write_page(file: Path | None, document: Document) -> None:
    """Write a document as a page, where a file for it is named."""
    if file is not None:
        write_file(file, page_of(document))


def write_file(file: Path, text: str) -> None:
    """Write what an operator wants to have in a file.

    Raises:
        UsageError: It cannot be written.
    """
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot be written: {error.strerror}", subject=str(file)) from error


def print_json(document: Any, *, err: bool = False) -> None:  # noqa: ANN401 - any JSON
    """Print one JSON document, in ASCII, so that nothing in it acts on a terminal."""
    WAITING.interrupted()
    typer.echo(json.dumps(document, indent=None if err else 2), err=err)
