"""What a sweep does with one fault in it, as a schedule or an operator does it, and what has to be then.

A work that ends loudly is gone on with as its hints say; what was lost has to be back then, and what was
to go back has gone. Nothing of Rebound takes part in looking at that.
"""

import itertools
from collections.abc import Callable

from tests.harness import Rebound
from tests.integration import lake
from tests.sweep.operation import AGREED, Ended, Operation, Work, run_to_end
from tests.sweep.world import LOSSES, REFERENCE, Loss, World, Worlds, holdings
from tests.sweep.writers import Dates, Everything, Fence, Outage

BACKUP, CONFIGURATION = "backup", "backup of configuration"
REPAIR, FENCE = "repair", "fence and thaw"
OUTAGE, DATES = "complete outage", "missed dates"
UNDO = "undo: "
WORKS = (
    *(BACKUP, *LOSSES, *(f"{UNDO}{name}" for name in LOSSES), REPAIR),
    *(CONFIGURATION, OUTAGE, FENCE, DATES),
)
EVERYTHING = "everything lost"
EVERY_WORK = (*WORKS, EVERYTHING)
"""With the one that takes as long as several others: the sample of the suite leaves it out."""
_OK, _SERVER_ERROR = 200, 500
_RECOVER = ("--run", REFERENCE, *AGREED, "--overwrite", "*", "--access")
_RESUME = _RECOVER[2:]
_numbers = itertools.count(1)


def work_on(worlds: Worlds, name: str) -> Work:
    """Return a work, ready to begin."""
    loss = LOSSES.get(name.removeprefix(UNDO))
    if loss is not None:
        return (_Undo if name.startswith(UNDO) else _Recovery)(worlds.data, loss)
    made: dict[str, Callable[[], Work]] = {
        BACKUP: lambda: _Backup(worlds.data),
        CONFIGURATION: lambda: _Backup(worlds.configuration),
        REPAIR: lambda: _Repair(worlds.data.rebound),
        OUTAGE: lambda: Outage(worlds.configuration.rebound),
        EVERYTHING: lambda: Everything(worlds.everything.rebound),
        FENCE: lambda: Fence(worlds.configuration.rebound),
        DATES: lambda: Dates(worlds.league),
    }
    return made[name]()


class _Backup:
    """A run, called for as a schedule does."""

    def __init__(self, world: World) -> None:
        self.rebound, self._function = world.rebound, world.function
        self._reference = world.reference
        self._run_id = f"night-{next(_numbers)}"

    def begin(self, *, may_refuse: bool = False) -> Ended:
        answer = self._function.manual(self._run_id, full=True)
        problem = ""
        if "a bug" in answer.text:
            problem = "a bug"
        elif not may_refuse and _OK < answer.status_code < _SERVER_ERROR:
            problem = f"{answer.status_code}, which no schedule tries again"
        return Ended(answer.status_code == _OK, answer.text[:300], problem)

    def go_on(self) -> Ended:
        return self.begin()

    def wrong(self) -> str:
        found = holdings(self.rebound, self.rebound.manifest(self._run_id))
        return "" if found == holdings(self.rebound, self._reference) else "another run"

    def mend(self) -> None:
        """Leave the run as it is: no other one needs it."""

    def leave(self) -> None:
        """Do nothing: the platform is whole."""


class _Recovery(Operation):
    """A loss, made good by an operator who does what the hints say."""

    resumed = _RESUME

    def __init__(self, world: World, loss: Loss) -> None:
        self._loss = loss
        super().__init__(world.rebound)
        loss.lose(self.rebound)
        assert self.picture() != self._before

    def picture(self) -> object:
        return self._loss.picture(self.rebound)

    def do(self, *more: str) -> Ended:
        return self.run("recover", self._loss.scenario, *_RECOVER, *more)

    def wrong(self) -> str:
        if self._loss.keeps and not self._has_undo_point():
            return "no undo point"
        return super().wrong()

    def _has_undo_point(self) -> bool:
        listed = self.rebound.bigquery_client.list_tables("rebound_undo")
        return any(item.table_id.startswith(tuple(self.begun)) for item in listed)


class _Undo:
    """A loss that was made good, and an operator who wants it back."""

    def __init__(self, world: World, loss: Loss) -> None:
        self._loss, self.rebound = loss, world.rebound
        self._recovery = _Recovery(world, loss)
        self._lost = loss.picture(world.rebound)
        recovered = self._recovery.do()
        assert recovered.is_done, recovered
        (self._id,) = self._recovery.begun
        assert loss.picture(world.rebound) != self._lost

    def begin(self, *, may_refuse: bool = False) -> Ended:  # noqa: ARG002 - as a backup
        return run_to_end(self.rebound, "undo", self._id, *AGREED, "--access")

    def go_on(self) -> Ended:
        return self.begin()

    def wrong(self) -> str:
        return "" if self._loss.picture(self.rebound) == self._lost else "not as before"

    def mend(self) -> None:
        self._recovery.mend()

    def leave(self) -> None:
        """Recover, as what is lost again is to be there for the next trial."""
        self._recovery.mend()


class _Repair(Operation):
    """A job that did wrong, taken back."""

    anew = ()

    def __init__(self, rebound: Rebound) -> None:
        super().__init__(rebound)
        table = f"`{rebound.project}.{lake.GAMES}`"
        statement = f"UPDATE {table} SET home = 'x' WHERE game_date = DATE '2024-01-03'"
        wrong = rebound.bigquery_client.query(statement)
        wrong.result()
        self._job = str(wrong.job_id)
        assert self.picture() != self._before

    def picture(self) -> object:
        return lake.rows(self.rebound, lake.GAMES)

    def do(self, *more: str) -> Ended:
        return self.run("repair", lake.GAMES, "--job", self._job, *AGREED, *more)
