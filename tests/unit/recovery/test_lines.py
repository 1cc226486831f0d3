"""What an operator is told in lines: a name in one can neither end it nor act on the terminal."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from recovery.cli.approvals import write_plan
from recovery.cli.options import say
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
