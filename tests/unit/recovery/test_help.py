"""The command teaches: each help has an example that could be typed, and what is misspelt is asked back."""

import re
import shlex
from collections.abc import Iterator
from contextvars import copy_context
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from manifests.errors import UsageError
from recovery.cli import app
from recovery.cli.examples import EXAMPLES
from recovery.console import be_quiet, say_aside
from recovery.ops.monitoring import monitoring_query
from recovery.scenarios import scenario

GROUP: Any = typer.main.get_command(app)


def commands(command: object, *path: str) -> Iterator[tuple[str, Any]]:
    """Yield every command with its words."""
    if isinstance(command, typer.core.TyperGroup):
        for name, below in command.commands.items():
            yield from commands(below, *path, name)
    else:
        yield " ".join(path), command


COMMANDS = dict(commands(GROUP))


def example(path: str) -> str:
    """Return the example that a command's help has."""
    command = COMMANDS[path]
    told = f"{command.help or ''} {command.epilog or ''}"
    found = re.findall(rf"`(rebound {path}(?: [^`]*)?)`", told)
    assert found, f"the help of `rebound {path}` has no example"
    return str(found[-1])


@pytest.mark.parametrize("path", COMMANDS)
def test_help_ends_with_an_example(path: str):
    """It names options that there are, and as many words as the command takes."""
    words = shlex.split(example(path))[1 + len(path.split()) :]
    COMMANDS[path].make_context(path, words, resilient_parsing=False).close()


def test_no_example_is_of_another_command():
    """What is gone has no example left."""
    assert set(EXAMPLES) <= set(COMMANDS)


def test_help_is_shown_with_it():
    """What is asked for help says it."""
    told = CliRunner().invoke(app, ["list", "--help"]).stdout
    assert "Example: `rebound list --limit 7`" in told


def test_what_is_misspelt_is_asked_back():
    """Commands, scenarios and queries alike."""
    assert "Did you mean 'recover'" in CliRunner().invoke(app, ["recovr"]).output
    with pytest.raises(UsageError) as caught:
        scenario("bigquery-dataset-los")
    assert "did you mean `bigquery-dataset-loss`?" in caught.value.hint
    with pytest.raises(UsageError) as caught:
        monitoring_query("freshnes")
    assert "did you mean `freshness`?" in caught.value.hint
    with pytest.raises(UsageError) as caught:
        monitoring_query("qqq")
    assert caught.value.hint.startswith("there are: ")


def test_quiet_prints_no_notes(capsys: pytest.CaptureFixture[str]):
    """Notes are left out; what has a label, as an error, is not."""

    def quietly() -> None:
        be_quiet()
        say_aside("a note")
        say_aside("it broke", label="error", colour="red")

    say_aside("before")
    copy_context().run(quietly)
    told = capsys.readouterr().err
    assert "before" in told
    assert "a note" not in told
    assert "it broke" in told
