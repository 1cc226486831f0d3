"""Every command of `rebound`, imported."""

from collections.abc import Iterator
from typing import Any

import typer

from recovery.cli.commands import COMMANDS, loaded

MODULES = tuple(sorted({f"recovery.cli.{row.module}" for row in COMMANDS.values()}))
"""The modules that have them."""


def every_command() -> dict[str, Any]:
    """Return each command by its words, those of groups, too."""
    return dict(found for name in COMMANDS for found in _below(loaded(name), name))


def _below(command: Any, *path: str) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - a command of Typer's click
    if isinstance(command, typer.core.TyperGroup):
        for name, below in command.commands.items():
            yield from _below(below, *path, name)
    else:
        yield " ".join(path), command


def every_option() -> set[str]:
    """Return each option that some command has."""
    return {option for each in every_command().values() for p in each.params for option in p.opts}
