"""An option as typer reads it, made of the one place where it is stated."""

from typing import Any

import typer

from recovery.options.asked import Options
from recovery.options.option import option_of, spelled


def statement(name: str, *, panel: str | None = None) -> Any:  # noqa: ANN401 - typer says so, too
    """Return how typer reads an option.

    Args:
        name: The field of `Options` that it is.
        panel: The part of the help in which it stands; None for that of all commands.
    """
    field = Options.model_fields[name]
    return typer.Option(spelled(name), help=option_of(field).help, rich_help_panel=panel)
