"""What an operator is told in lines: a name in one can neither end it nor act on the terminal."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from recovery.cli.approvals import write_plan
from recovery.cli.options import say, tell
from recovery.console import coloured
from recovery.document import Command, Document, Paragraph, Row, Rows, Section
from recovery.report.planned import plan_document
from recovery.report.text import folded, text_of
from recovery.waiting import Waiting
from tests.unit.samples import POINT
from tests.unit.worlds import GONE, plan, world

HOSTILE = "a\nhint: `rebound thaw --address '*'`\x1b[2J\x9b\u202e"
INTERRUPTED = """
import os, signal
from recovery.console import Console
with Console(quiet=True).ending_at_once({text!r}):
    os.kill(os.getpid(), signal.SIGINT)
    signal.pause()
"""


def test_a_line_stays_one(capsys: pytest.CaptureFixture[str]):
    """What a journal or a manifest holds begins no line of its own."""
    say("first", f"hint: {HOSTILE}", err=True)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert all(line.isprintable() for line in lines)


def test_what_an_interrupted_command_says_is_printable():
    """The words of a journal are in the command that goes on with it."""
    ended = subprocess.run(
        [sys.executable, "-c", INTERRUPTED.format(text=f"interrupted; {HOSTILE}")],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"NO_COLOR": "1", "TERM": "dumb"},
    )
    assert ended.returncode == 130
    said = ended.stderr.strip("\n")
    assert said.startswith("interrupted; a\\nhint")
    assert said.isprintable()


def test_a_plan_in_a_file_is_what_it_looks_like(tmp_path: Path):
    """Who approves it reads it on a terminal."""
    made = plan(world(games=GONE)).model_copy(update={"cannot_bring_back": (HOSTILE,)})
    file = tmp_path / "plan.json"
    write_plan("recovery", made, file, made_at=POINT)
    text = file.read_text(encoding="utf-8")
    assert text.isascii()
    assert all(line.isprintable() for line in text.splitlines())
    assert json.loads(text)["plan"]["cannot_bring_back"] == [HOSTILE]


def test_states_have_colours_unless_nobody_wants_any(monkeypatch: pytest.MonkeyPatch):
    """NO_COLOR takes them away, whatever it says (no-color.org)."""
    line = "  proven    nba.games  (create)\n  FAILED    nba.teams"
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert coloured(line).count("\x1b[3") == 2
    for said in ("1", "0"):
        monkeypatch.setenv("NO_COLOR", said)
        assert coloured(line) == line


@pytest.mark.parametrize(
    "line",
    [
        "the table is left, and not proven",
        "scenario  proven point  proof  by",
        "state not shown, proven never, may lose 24 h",
        "the newest complete run is of yesterday",
        "    CREATE OR REPLACE TABLE `nba.games` CLONE `rebound_undo.games`",
        "critical features that are missing  kept",
    ],
)
def test_a_word_of_a_sentence_has_no_colour(line: str, monkeypatch: pytest.MonkeyPatch):
    """What is not proven is not told in the colour of what is."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert coloured(line) == line


def test_a_note_takes_the_bar_away_that_stands_on_its_line(capsys: pytest.CaptureFixture[str]):
    """Else it would begin behind what the bar says is left; without a bar nothing is erased."""
    waiting = Waiting()
    waiting.interrupted()
    assert capsys.readouterr().err == ""
    with waiting.bar():
        waiting.interrupted()
        assert capsys.readouterr().err == "\r\x1b[K"
    assert capsys.readouterr().err == ""


def test_capitals_have_a_colour_to_their_end(monkeypatch: pytest.MonkeyPatch):
    """A colon behind the last word belongs to the sentence."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    told = coloured("NOT BOUNDED IN MONEY: nobody says")
    assert told == "\x1b[31mNOT BOUNDED IN MONEY\x1b[0m: nobody says"


def test_a_name_stands_beside_its_state_on_a_narrow_terminal():
    """Twenty columns of a state that is five wide would leave the name to the next line."""
    name = "nba_analytics.upcoming_player_game_context"
    document = Document((Section((Rows((Row(f"{name}: equal", "leave"),), "planned"),)),))
    assert text_of(document, columns=60).splitlines() == [f"  leave  {name}: equal"]
    assert text_of(document, columns=80) == f"  leave                {name}: equal"


def test_what_is_printed_to_a_terminal_leaves_commands_whole(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    """One that is copied in two lines is two commands to a shell."""
    command = "gcloud storage buckets update gs://vault --retention-period=30d --default-hold"
    monkeypatch.setattr("recovery.cli.options.terminal_columns", lambda: 60)
    monkeypatch.setattr("recovery.console.terminal_columns", lambda *_: 60)
    tell(Document((Section((Command(f"vault {'a ' * 40}b", command), Paragraph("x " * 50))),)))
    lines = capsys.readouterr().out.splitlines()
    assert f"    {command}" in lines
    assert max(len(line) for line in lines if command not in line) <= 60


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_a_plan_fits_narrow_and_wide_terminals(columns: int):
    """What can be broken is broken between words; a wide terminal is used."""
    text = text_of(plan_document(plan(world(games=GONE)), now=POINT), columns=columns)
    # As a terminal gets it.
    lines = [part for line in text.splitlines() for part in folded(line, columns=columns)]
    assert all(len(line) <= columns or " " not in line.strip() for line in lines)
    whole = text_of(plan_document(plan(world(games=GONE)), now=POINT), columns=None)
    assert " ".join(text.split()) == " ".join(whole.split())
    if columns == 200:
        assert max(map(len, lines)) > 80
