"""The command teaches: each help has an example that could be typed, and what is misspelt is asked back."""

import json
import os
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
from recovery.cli.commands import COMMANDS, LOST, loaded
from recovery.console import be_quiet, say_on_stderr
from recovery.ops.checks import MODES
from recovery.ops.monitoring import monitoring_query
from recovery.scenarios import SCENARIOS, scenario
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


def test_the_list_fits_and_begins_with_what_is_done_after_a_loss():
    """One line a command on a terminal of 80 columns; who reads it at night reads from the top."""
    told = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "80"}).stdout
    for row in COMMANDS.values():
        assert f"{row.help} " in told, row.name
    listed = re.findall(r"^\W+([a-z-]+)  ", told.partition(LOST)[2], re.MULTILINE)
    assert listed[:6] == ["status", "plan", "diff", "fence", "recover", "resume"]
    assert sorted(listed) == sorted(COMMANDS)
    assert all(item.name in told for item in SCENARIOS)
    assert "rebound plan SCENARIO" in told
    assert "You do not know what: `rebound plan complete-outage`" in told


def test_examples_of_what_changes_a_protected_project_name_it():
    """What the help shows is not refused; a resumed recovery has to be told again, too."""
    for path in ("recover", "resume", "undo"):
        assert "--confirm-project " in example(path)


@pytest.mark.parametrize("path", EVERY)
def test_arguments_are_written_as_what_is_filled_in(path: str):
    """In capitals, as examples and sentences have them."""
    told = [
        item.metavar or item.name for item in EVERY[path].params if not item.opts[0].startswith("-")
    ]
    assert [name for name in told if name != name.upper()] == []


@pytest.mark.parametrize("path", EVERY)
def test_help_calls_options_options(path: str):
    """A word is what a sentence is made of."""
    command = EVERY[path]
    told = [command.help or "", *(getattr(each, "help", None) or "" for each in command.params)]
    assert not [text for text in told if re.search(r"\bwords?\b", text)]


@pytest.mark.parametrize("path", EVERY)
def test_help_speaks_of_no_heading(path: str):
    """On a narrow terminal its options are a plain list without any."""
    assert "part below" not in " ".join((EVERY[path].help or "").split())


def test_what_is_said_again_of_a_recovery_is_not_what_it_would_do():
    """`undo` and `resume` restore into nothing else: there these options say where it wrote."""
    for path in ("undo", "resume"):
        told = {each.name: getattr(each, "help", "") for each in EVERY[path].params}
        assert told["into_bucket"] == "The recovery wrote to this bucket."
        assert not [name for name, text in told.items() if "Restore into" in (text or "")]


def test_a_repair_says_what_a_run_is_to_it():
    """It is a witness, and nothing is restored from it as a whole."""
    told = {each.name: getattr(each, "help", "") for each in EVERY["repair"].params}
    assert "Compare with this run" in told["run"]


def test_a_grant_says_that_it_needs_a_reason():
    """Both options say so, as the refusal does."""
    told = {each.name: getattr(each, "help", "") for each in EVERY["break-glass"].params}
    assert "needs `--reason`" in told["yes"]
    assert "`--yes` needs it" in told["reason"]


def test_the_modes_of_ops_are_listed_with_what_each_shows():
    """And what it shows when none is named."""
    told = CliRunner().invoke(app, ["ops", "--help"], env={"COLUMNS": "100"}).stdout
    for name, mode in MODES.items():
        assert f"{name} " in told
        assert f"{mode.help}." in told
    assert "`rebound ops` is `rebound ops full`" in told


def test_no_option_is_cut_on_a_narrow_terminal():
    """What ends in dots cannot be typed."""
    narrow = {**os.environ, "COLUMNS": "60"}
    for path in ("recover", "resume", "repair"):
        words = [sys.executable, "-c", "from recovery.cli import main; main()", path, "--help"]
        told = subprocess.run(words, capture_output=True, text=True, check=True, env=narrow).stdout
        assert "\N{HORIZONTAL ELLIPSIS}" not in told
        assert max(map(len, told.partition("Example:")[0].splitlines())) <= 60
        assert {it for option in EVERY[path].params for it in option.opts if "--" in it} <= set(
            re.findall(r"--[a-z-]+", told)
        )
        assert f"  {COMMANDS[path].example}\n" in told


def test_no_progress_stands_in_a_help(monkeypatch: pytest.MonkeyPatch):
    """It would be written into the first line of a box that takes long to draw."""
    begun: list[str] = []
    monkeypatch.setattr("recovery.cli.WAITING.begin", begun.append)
    for words in (["show", "--help"], ["show"]):
        monkeypatch.setattr(sys, "argv", ["rebound", *words])
        CliRunner().invoke(app, words)
    assert begun == ["rebound show"]


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


@pytest.mark.parametrize(
    ("words", "error", "hint"),
    [
        (("recovr",), "no such command 'recovr'. Did you mean 'recover'", "`rebound --help`"),
        (("list", "--limt", "3"), "no such option: --limt", "`rebound list --help`"),
        (("list", "--limit", "x"), "invalid value for '--limit'", "`rebound list --help`"),
        (("abandon", "--why", "x"), "missing argument 'RECOVERY'", "`rebound abandon --help`"),
    ],
)
def test_a_command_that_is_misused_is_answered_as_by_every_other_error(
    words: tuple[str, ...], error: str, hint: str
):
    """One line says what is wrong, one what helps; not a box of another hand."""
    code = "import sys; from recovery.cli import main; sys.argv[0] = 'rebound'; main()"
    command = [sys.executable, "-c", code, *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == UsageError.exit_code
    first, second = done.stderr.splitlines()
    assert first.startswith(f"error: {error}")
    assert second == f"hint: {hint} tells what it takes"
    told = subprocess.run([*command, "--json"], capture_output=True, text=True, check=False)
    assert json.loads(told.stderr)["hint"] == f"{hint} tells what it takes"


def test_quiet_prints_no_notes(capsys: pytest.CaptureFixture[str]):
    """Notes are left out; what has a label, as an error, is not."""

    def quietly() -> None:
        be_quiet()
        say_on_stderr("a note")
        say_on_stderr("it broke", label="error", colour="red")

    say_on_stderr("before")
    copy_context().run(quietly)
    told = capsys.readouterr().err
    assert "before" in told
    assert "a note" not in told
    assert "it broke" in told


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("list",), "runbooks/deploy.md, step 7"),
        (("drill",), "bigquery-dataset-loss"),
        (("recover",), "`rebound --help` lists"),
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


@pytest.mark.parametrize("command", ["plan", "recover"])
def test_a_misspelt_scenario_is_told_before_any_cloud_is_asked(
    command: str, monkeypatch: pytest.MonkeyPatch
):
    """Without a setting nobody can be asked: credentials alone take seconds to be looked for."""
    for name in [it for it in os.environ if it.startswith("REBOUND_")]:
        monkeypatch.delenv(name)
    found = CliRunner().invoke(app, [command, "gcs-buket-corruption"])
    assert isinstance(found.exception, UsageError)
    assert "no such scenario" in str(found.exception)
