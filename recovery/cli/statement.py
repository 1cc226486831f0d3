"""Makes the option that typer reads out of the one place where the option is stated."""

from typing import Any

import typer

from recovery.options.asked import Options
from recovery.options.option import option_of, spelled

_AGAIN = "Repeated with --yes, where the recovery was begun with them"
_WROTE_TO = {
    "into_prefix": "The recovery wrote to datasets whose ids begin with this.",
    "into_bucket": "The recovery wrote to this bucket.",
    "into_bucket_prefix": "The recovery wrote to buckets whose names begin with this.",
    "into_region": "The recovery made the configuration of a region in another, OLD=NEW.",
    "into_database": "The recovery wrote to this Firestore database.",
}


def repeated(name: str) -> Any:  # noqa: ANN401 - typer says so, too
    """Return how typer reads an option of a recovery that was begun, where nobody is asked.

    Args:
        name: The field of `Options` that it is.
    """
    told = _WROTE_TO.get(name) or option_of(Options.model_fields[name]).help
    return typer.Option(spelled(name), help=told, rich_help_panel=_AGAIN)


def statement(name: str, *, panel: str | None = None) -> Any:  # noqa: ANN401 - typer says so, too
    """Return how typer reads an option.

    Args:
        name: The field of `Options` that it is.
        panel: The part of the help in which it stands; None for that of all commands.
    """
    field = Options.model_fields[name]
    return typer.Option(spelled(name), help=option_of(field).help, rich_help_panel=panel)
