"""What an operator does to a platform with one fault in it, and how it is gone on with and judged."""

import subprocess
from abc import ABC, abstractmethod
from typing import NamedTuple, Protocol

from tests.harness import Rebound

AGREED = ("--yes", "--json")
_TOLD_CODES = {3, 4, 5, 6, 7, 9}


class Ended(NamedTuple):
    """How a work ended: whether it calls itself done, what it said, and what is wrong with that."""

    is_done: bool
    told: str
    problem: str = ""


class Work(Protocol):
    """One work on one platform, from before it begins to after it was judged."""

    @property
    def rebound(self) -> Rebound:
        """Return the platform."""

    def begin(self, *, may_refuse: bool = False) -> Ended:
        """Do it.

        Args:
            may_refuse: Whether it may say that another try would not help.
        """

    def go_on(self) -> Ended:
        """Do what somebody does whom it told that it failed."""

    def wrong(self) -> str:
        """Say what is wrong with what became of it; empty when nothing is."""

    def mend(self) -> None:
        """Leave the platform whole where something was wrong."""

    def leave(self) -> None:
        """Leave the platform whole where nothing was."""


def run_to_end(rebound: Rebound, *words: str) -> Ended:
    """Run a command, and say how it ended."""
    return judged(rebound.ended(*words))


def judged(done: subprocess.CompletedProcess[str]) -> Ended:
    """Say how a command ended."""
    code = done.returncode
    is_told = code == 0 or (code in _TOLD_CODES and "Traceback" not in done.stderr)
    told = f"exit {code}: {done.stderr[-300:] or done.stdout[-300:]}"
    return Ended(code == 0, told, "" if is_told else f"exit {code}")


class Operation(ABC):
    """What an operator does to a platform, and goes on with when it did not end well.

    Attributes:
        resumed: The options with which it is resumed.
        anew: Those with which it is begun again.

    Args:
        rebound: The platform, as it has to be at the end.
    """

    resumed: tuple[str, ...] = AGREED
    anew: tuple[str, ...] = ("--anew",)

    def __init__(self, rebound: Rebound) -> None:
        self.rebound = rebound
        self._known = rebound.recoveries
        self._before = self.picture()

    @abstractmethod
    def picture(self) -> object:
        """Return everything that it could concern."""

    def begin(self, *, may_refuse: bool = False) -> Ended:
        """Run the command that begins it, whatever it may refuse."""
        del may_refuse
        return self.do()

    @abstractmethod
    def do(self, *more: str) -> Ended:
        """Run the command that begins it."""

    def go_on(self) -> Ended:
        """Resume what was begun; where that is refused, or nothing was, begin anew."""
        begun = self.begun
        ended = self.run("resume", begun[0], *self.resumed) if begun else None
        if ended is None or not ended.is_done:
            ended = self.do(*self.anew)
        return ended

    @property
    def begun(self) -> list[str]:
        """Return the recoveries that it has begun."""
        return sorted(self.rebound.recoveries - self._known)

    def wrong(self) -> str:
        """Say whether the platform is not as it was."""
        return "" if self.picture() == self._before else "not equal"

    def mend(self) -> None:
        """Do it once more, so that the next trial begins with the whole platform."""
        self.do(*self.anew)
        assert self.picture() == self._before

    def leave(self) -> None:  # noqa: B027 - few leave anything
        """Do nothing: the platform is whole."""

    def run(self, *words: str) -> Ended:
        """Run a command on the platform."""
        return run_to_end(self.rebound, *words)
