"""Waves of writers that are resumed: told as they end, however that is."""

from collections.abc import Iterable
from typing import Any

from recovery.cli.consent import agree
from recovery.cli.options import note, print_json, say
from recovery.console import Console
from recovery.fence.model import FenceOutcome, FenceRecord
from recovery.fence.text import outcome_lines
from recovery.fence_ends import end
from recovery.paused import paused_by
from recovery.session import Session
from recovery.thawing import ResumedWave
from recovery.units import counted


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


def end_left(session: Session, recovery_id: str, reason: str, *, yes: bool) -> None:
    """Resume what a recovery paused that was proven, and killed before it could resume it.

    Args:
        session: The clients.
        recovery_id: The recovery, all of which is proven.
        reason: Why, in the operator's words.
        yes: Whether the operator said yes beforehand.

    Raises:
        RefusedError: The answer is no, or nobody is there to give one.
        ReboundError: As the end of the recovery would have raised.
    """
    if paused := paused_by(session, recovery_id, note):
        note(
            f"{counted(len(paused), 'writer')} that it paused can be resumed: everything is proven"
        )
        agree(yes=yes)
        session.actions.begin("resume", recovery_id, reason)
        end(session, recovery_id, paused, note)
