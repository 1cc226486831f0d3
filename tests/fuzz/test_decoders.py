"""Aimed inputs for every decoder: an answer or an error of ours, quickly, and nothing else.

Inputs follow from a seed, not from a strategy of hypothesis. They are valid documents with few edits,
checksums made anew, of which a part is accepted. hypothesis can draw the same edits (`st.randoms`): that takes
three times as long, 2026-11-30, and can make nothing smaller than one to three edits. The seed that fails is told,
`make fuzz` goes on to others, and what once failed is kept. What has no such structure, as a statement's
values, hypothesis draws (tests/judges).
"""

import ast
import time
from pathlib import Path
from random import Random

import pytest

from manifests.errors import ReboundError
from tests.fuzz.memory import Peak
from tests.fuzz.records import SAMPLES, record_name
from tests.fuzz.targets import TARGETS

ROOT = Path(__file__).parents[2]

CORPUS = Path(__file__).parent / "corpus"
CASES = 2_000
MOST_SECONDS = 5
MOST_MEBIBYTES = 512


def take(name: str, content: bytes) -> str:
    """Give a decoder an input; return the name of the error it ended with, or nothing."""
    began = time.process_time()
    ended = ""
    try:
        TARGETS[name].take(content)
    except ReboundError as error:
        ended = type(error).__name__
    assert ended != ReboundError.__name__
    assert time.process_time() - began < MOST_SECONDS
    return ended


@pytest.mark.parametrize("name", TARGETS)
def test_aimed_inputs_end_in_an_answer_or_an_error_of_ours(name: str):
    """Whatever a stored document, a file or a call holds, there is no traceback.

    Some inputs are accepted: else nothing that comes after a decoder would be tried.
    """
    accepted, peak = 0, Peak()
    for seed in range(CASES):
        content = TARGETS[name].make(Random(seed))
        try:
            accepted += not take(name, content)
        except Exception as error:
            error.add_note(f"{name}, seed {seed}")
            raise
    assert accepted >= CASES // 100, f"{accepted} of {CASES} were accepted"
    assert peak.more_mib <= MOST_MEBIBYTES


WHOLE = {"Manifest", "RunStart", "PlannedRecovery", "RecoveryReport", "LeaseRecord"}
"""What has a target under another name."""


def test_everything_that_is_decoded_is_tried():
    """A document that is stored from now on cannot be forgotten here."""
    decoded = {
        named.id
        for folder in ("functions", "manifests", "recovery")
        for path in (ROOT / folder).rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call) and _called(call) in {"decode", "entry", "entries", "_read"}
        for named in call.args
        if isinstance(named, ast.Name) and named.id[0].isupper() and not named.id.isupper()
    }
    known = {record_name(sample) for sample in SAMPLES}
    assert len(decoded) > len(WHOLE)
    assert decoded - known - WHOLE == set()


def _called(call: ast.Call) -> str:
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


@pytest.mark.parametrize("path", sorted(CORPUS.glob("*/*")), ids=lambda path: path.parent.name)
def test_what_once_broke_a_decoder_is_kept(path: Path):
    """Each input that was ever found to do something else is tried for ever."""
    peak = Peak()
    take(path.parent.name, path.read_bytes())
    assert peak.more_mib <= MOST_MEBIBYTES
