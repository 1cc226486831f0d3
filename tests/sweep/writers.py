"""Works about what writes to a platform: a configuration that is lost, fenced and thawed, and dates that were missed."""

import itertools
import json
from typing import Any, override

from tests.harness import Rebound
from tests.integration import outages
from tests.integration.configuration import call, job, states, subscriptions
from tests.integration.processors import platform as league
from tests.sweep.operation import AGREED, Ended, Operation, judged
from tests.sweep.world import LOSSES, REFERENCE

_THAW = ("thaw", "--no-check", *AGREED)
_OF_DATA = [LOSSES[name] for name in ("tables gone", "objects damaged", "documents changed")]
_numbers = itertools.count(1)


class Outage(Operation):
    """A configuration that is lost whole, made again and thawed."""

    resumed = ("--access", *AGREED)

    def __init__(self, rebound: Rebound) -> None:
        super().__init__(rebound)
        self.lose()
        assert self.picture() != self._before

    def lose(self) -> None:
        """Lose all of it."""
        outages.lose(self.rebound, with_secret=False)

    @override
    def picture(self) -> object:
        return _configured(self.rebound)

    @override
    def do(self, *more: str) -> Ended:
        return self._thawed(
            self.run("recover", outages.SCENARIO, "--run", REFERENCE, *self.resumed, *more)
        )

    @override
    def go_on(self) -> Ended:
        if not self.begun:
            return self.do()
        ended = self._thawed(self.run("resume", self.begun[0], *self.resumed))
        return ended if ended.is_done else self.do(*self.anew)

    def _thawed(self, ended: Ended) -> Ended:
        if not ended.is_done:
            return ended
        looked, standing = _fences(self.rebound)
        return self.run(*_THAW) if standing else looked


class Everything(Outage):
    """Data and configuration, lost together and brought back by one recovery."""

    resumed = ("--overwrite", "*", *Outage.resumed)

    @override
    def lose(self) -> None:
        super().lose()
        for loss in _OF_DATA:
            loss.lose(self.rebound)

    @override
    def picture(self) -> object:
        return super().picture(), [loss.picture(self.rebound) for loss in _OF_DATA]


class Fence(Operation):
    """Writers that are paused, and resumed."""

    @override
    def picture(self) -> object:
        return _configured(self.rebound)

    @override
    def do(self, *more: str) -> Ended:
        ended = self.run("fence", *AGREED, *more)
        if not ended.is_done:
            return ended
        if set(_paused(self.rebound).values()) != {"PAUSED"}:
            return Ended(is_done=True, told=ended.told, problem="a writer was not paused")
        return self.run(*_THAW)

    @override
    def go_on(self) -> Ended:
        _, standing = _fences(self.rebound)
        return self.run(*_THAW) if standing else self.do()

    @override
    def wrong(self) -> str:
        looked, standing = _fences(self.rebound)
        return "a fence stands" if standing or not looked.is_done else super().wrong()

    @override
    def mend(self) -> None:
        self.go_on()
        assert self.picture() == self._before


class Dates(Operation):
    """Dates that two processors missed, and run again."""

    anew = ()

    def __init__(self, rebound: Rebound) -> None:
        super().__init__(rebound)
        day = league.PHASE4_DAYS[next(_numbers) % len(league.PHASE4_DAYS)]
        for name in ("teams", "zones"):
            league.lose(rebound, name, day)

    @override
    def picture(self) -> object:
        return {name: league.counts(self.rebound, name) for name in league.ALL}

    @override
    def do(self, *more: str) -> Ended:
        return self.run("recover", "processor-failure", *AGREED, *more)


def _paused(rebound: Rebound) -> dict[str, str]:
    """Return the states of the writers; a fault that is ordered can meet this look, and then no other."""
    try:
        return states(rebound)
    except AssertionError:
        return states(rebound)


def _fences(rebound: Rebound) -> tuple[Ended, list[Any]]:
    """Look at the fences that stand; return how that ended, and which."""
    done = rebound.ended("fence", "--status", "--json")
    standing = json.loads(done.stdout) if done.returncode == 0 else []
    return judged(done), list(standing) if isinstance(standing, list) else [standing]


def _configured(rebound: Rebound) -> object:
    """Return what somebody set of a configuration; an image by its digest, whatever names it."""
    there = states(rebound)
    schedules = {name: job(rebound, name) for name in there}
    path = f"{outages.PROJECTS}/projects/{rebound.project}:getIamPolicy"
    bindings = call(rebound, "POST", path, {}).get("bindings", [])
    return (
        there,
        {name: (item["schedule"], item["httpTarget"]["uri"]) for name, item in schedules.items()},
        {name: push for name, push in subscriptions(rebound).items() if name != "orphan-sub"},
        sorted(json.dumps(item, sort_keys=True) for item in bindings),
        outages.notified(rebound),
        outages.services(rebound),
    )
