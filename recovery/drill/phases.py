"""Measures the phases of a drill without gaps: the next one begins when one ends. Pure."""

from collections.abc import Callable
from datetime import datetime, timedelta

from recovery.drill.model import Phase, PhaseName, PhaseState

ORDER: tuple[PhaseName, ...] = ("PREPARING", "FENCING", "RESTORING", "PROVING", "CLEANING_UP")


class Stopwatch:
    """Measures phases one after the other.

    Args:
        began_at: When the drill began.
        passed: Gives the seconds since some instant, by a clock that nobody sets.
    """

    def __init__(self, began_at: datetime, passed: Callable[[], float]) -> None:
        self._began_at = began_at
        self._passed = passed
        self._first = self._last = passed()
        self.phases: tuple[Phase, ...] = ()

    def end(
        self,
        name: PhaseName,
        state: PhaseState = "SUCCEEDED",
        what: str = "",
        *,
        exit_code: int = 0,
    ) -> None:
        """End the phase that is under way: the next one begins now."""
        now = self._passed()
        began_at = self._began_at + timedelta(seconds=self._last - self._first)
        phase = Phase(
            name=name,
            state=state,
            began_at=began_at,
            ended_at=self._began_at + timedelta(seconds=now - self._first),
            seconds=now - self._last,
            what=what,
            exit_code=exit_code,
        )
        self.phases = (*self.phases, phase)
        self._last = now
