"""The command teaches: each help has an example that could be typed, and what is misspelt is asked back."""

import re
import shlex
import subprocess
import sys
from contextvars import copy_context
from importlib import import_module

import pytest
import typer
from typer.testing import CliRunner

from manifests.errors import UsageError
from recovery.cli import app
from recovery.cli.commands import COMMANDS, loaded
from recovery.console import be_quiet, say_aside
from recovery.ops.monitoring import monitoring_query
from recovery.scenarios import scenario
from tests.commands import every_command
from tests.deployed import ROOT

EVERY = every_command()


def example(path: str) -> str:
    """Return the example that a command's help has."""
    command = EVERY[path]
    told = f"{command.help or ''} {command.epilog or ''}"
    found = re.findall(rf"`(rebound {path}(?: [^`]*)?)`", told)
    assert found, f"the help of `rebound {path}` has no example"
    return str(found[-1])


@pytest.mark.parametrize("path", EVERY)
def test_help_ends_with_an_example(path: str):
    """It names options that there are, and as many words as the command takes."""
    words = shlex.split(example(path))[1 + len(path.split()) :]
    EVERY[path].make_context(path, words, resilient_parsing=False).close()


def test_the_list_of_commands_is_whole():
    """Every command of a module is in it, with the first sentence of its own help."""
    there = {
        name: command
        for path in (ROOT / "recovery" / "cli").glob("*.py")
        if "app = typer.Typer(" in path.read_text() and path.stem != "__init__"
        for name, command in typer.main.get_group(
            import_module(f"recovery.cli.{path.stem}").app
        ).commands.items()
    }
    assert set(there) == set(COMMANDS)
    for name, row in COMMANDS.items():
        assert (there[name].help or "").splitlines()[0] == row.help
        assert loaded(name).callback is not None


def test_nothing_is_imported_for_the_list():
    """`rebound --help` and `--version` wait for none of Google's clients."""
    code = (
        "import sys; from recovery.cli import main\n"
        "try: main()\n"
        "except SystemExit: print({'requests', 'google.auth', 'pydantic'} & set(sys.modules))"
    )
    for word in ("--help", "--version"):
        words = [sys.executable, "-c", code, word]
        done = subprocess.run(words, capture_output=True, text=True, check=True)
        assert done.stdout.splitlines()[-1] == "set()"


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


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("list",), "terraform output -json environment"),
        (("drill",), "bigquery-dataset-loss"),
        (("recover",), "--plan"),
    ],
    ids=["settings", "drill", "recover"],
)
def test_who_types_it_for_the_first_time_is_told_what_to_type(
    words: tuple[str, ...], told: str, monkeypatch: pytest.MonkeyPatch
):
    """What is missing has a hint with what there is."""
    monkeypatch.delenv("REBOUND_PROJECT", raising=False)
    failed = CliRunner().invoke(app, words)
    assert isinstance(failed.exception, UsageError)
    assert told in failed.exception.hint
