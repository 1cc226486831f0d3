"""Waves of writers that are resumed: told as they end, however that is."""

from collections.abc import Iterable
from typing import Any

from recovery.cli.options import print_json, say
from recovery.console import Console
from recovery.fence.model import FenceOutcome, FenceRecord
from recovery.fence.text import outcome_lines
from recovery.thawing import ResumedWave


def carried_out(
    waves: Iterable[ResumedWave], record: FenceRecord, *, as_json: bool
) -> list[FenceOutcome]:
    """Resume wave after wave; tell what was resumed, and how to go on, however that ends."""
    outcomes: list[FenceOutcome] = []
    again = f"`rebound thaw {record.fence_id}` resumes what is still paused"
    try:
        with Console(quiet=as_json).ending_at_once(f"interrupted; {again}"):
            for wave in waves:
                outcomes += wave.outcomes
                if wave.name and not as_json:
                    say(f"wave {wave.name}: {len(wave.outcomes)}", err=True)
    finally:
        _tell_thawed(record, outcomes, as_json=as_json)
    return outcomes


def _tell_thawed(record: FenceRecord, outcomes: list[FenceOutcome], *, as_json: bool) -> None:
    if as_json:
        print_json(document(record, outcomes))
    else:
        say(*outcome_lines(outcomes, "resumed"))


def document(record: FenceRecord, outcomes: list[FenceOutcome]) -> dict[str, Any]:
    """Return a fence and how each of its writers ended, as JSON has them."""
    ended = [item.model_dump(mode="json") for item in outcomes]
    return {**record.model_dump(mode="json"), "outcomes": ended}
