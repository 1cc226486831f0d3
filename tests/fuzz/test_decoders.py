"""Aimed inputs for every decoder: an answer or an error of ours, quickly, and nothing else."""

import time
from pathlib import Path
from random import Random

import pytest

from manifests.errors import ReboundError
from tests.fuzz.targets import TARGETS

CORPUS = Path(__file__).parent / "corpus"
CASES = 2_000
MOST_SECONDS = 5


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
    accepted = 0
    for seed in range(CASES):
        content = TARGETS[name].make(Random(seed))
        try:
            accepted += not take(name, content)
        except Exception as error:
            error.add_note(f"{name}, seed {seed}")
            raise
    assert accepted >= CASES // 100, f"{accepted} of {CASES} were accepted"


@pytest.mark.parametrize("path", sorted(CORPUS.glob("*/*")), ids=lambda path: path.parent.name)
def test_what_once_broke_a_decoder_is_kept(path: Path):
    """Each input that was ever found to do something else is tried for ever."""
    take(path.parent.name, path.read_bytes())
