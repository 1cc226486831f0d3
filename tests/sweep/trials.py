"""One fault at one call of a backup, a recovery or an undo, and what became of it.

A call that fails loudly is made again, as the schedule or an operator would: then everything has to
be right. What ends well has to be right at once.
"""

import itertools
from collections.abc import Iterable, Mapping
from typing import Any, Literal, NamedTuple

from tests.harness import Rebound
from tests.standin.cloud import SERVICES, Service
from tests.sweep.world import LOSSES, REFERENCE, Loss, World, holdings

type Verdict = Literal["not fired", "right at once", "loud", "wrong"]

BACKUP = "backup"
UNDO = "undo: "
WORKS = (BACKUP, *LOSSES, *(f"{UNDO}{name}" for name in LOSSES))
_HTTP: tuple[Service, ...] = ("storage", "bigquery")
_TOLD_CODES = {3, 4, 5, 6, 7, 9}
_OK, _SERVER_ERROR = 200, 500
_RECOVER = ("--run", REFERENCE, "--yes", "--overwrite", "*", "--access", "--json")
_RESUME = _RECOVER[2:]
_numbers = itertools.count(1)


class FaultKind(NamedTuple):
    """What happens to a call.

    Attributes:
        how: The fault, as `tests.standin.faults` takes it.
        services: Where it can happen.
        is_final: Whether it says that another try would not help, so that none needs to be made.
    """

    how: Mapping[str, Any]
    services: tuple[Service, ...] = SERVICES
    is_final: bool = False


_STATUSES = (403, 404, 409, 412, 429, 503)
_FINAL = (403, 404, 409, 412)
_CODES = ("NOT_FOUND", "ABORTED", "UNAVAILABLE", "RESOURCE_EXHAUSTED", "DEADLINE_EXCEEDED")
KINDS = {
    **{
        str(status): FaultKind(
            {"kind": "status", "status": status}, _HTTP, is_final=status in _FINAL
        )
        for status in _STATUSES
    },
    **{code: FaultKind({"kind": "status", "reason": code}, ("firestore",)) for code in _CODES},
    "reset": FaultKind({"kind": "reset"}),
    "lost": FaultKind({"kind": "lost"}),
    "truncate": FaultKind({"kind": "truncate"}),
    "stall": FaultKind({"kind": "stall", "seconds": 0.2}, _HTTP),
    "latency": FaultKind({"kind": "latency", "seconds": 0.2}),
    # A flipped byte of JSON is for TLS to find; of content, checksums have to.
    "flip": FaultKind({"kind": "flip", "match": "alt=media"}, ("storage",)),
}


class Trial(NamedTuple):
    """One fault: in which work, at which call of which service."""

    work: str
    service: Service
    position: int
    kind: str


class Result(NamedTuple):
    """What became of a trial.

    Attributes:
        verdict: The outcome in a word.
        why: What was wrong, or how it was told.
        call: The call that the fault fired at.
    """

    trial: Trial
    verdict: Verdict
    why: str = ""
    call: str = ""


class _Ended(NamedTuple):
    """How a work ended: whether it calls itself done, what it said, and what is wrong with that."""

    is_done: bool
    told: str
    problem: str = ""


def calls(world: World, work: str) -> dict[Service, int]:
    """Return how many calls a work makes to each service, undisturbed."""
    worker = _worker(world, work)
    for service in SERVICES:
        _order(world.rebound, service, {"kind": "latency", "seconds": 0.0}, times=None)
    ended = worker.begin()
    removed = {service: world.rebound.cloud.clear_faults(service) for service in SERVICES}
    problem = ended.problem or worker.wrong()
    assert ended.is_done, ended
    assert not problem, problem
    worker.leave()
    return {service: sum(item["fired"] for item in faults) for service, faults in removed.items()}


def trials(world: World, work: str, kinds: Iterable[str] = KINDS) -> list[Trial]:
    """Return every trial of a work with some kinds of faults."""
    return [
        Trial(work, service, position, kind)
        for service, count in calls(world, work).items()
        for kind in kinds
        if service in KINDS[kind].services
        for position in range(count)
    ]


def attempt(world: World, trial: Trial) -> Result:
    """Do a work with one fault, and judge what it ended with."""
    kind = KINDS[trial.kind]
    worker = _worker(world, trial.work)
    _order(world.rebound, trial.service, kind.how, skip=trial.position)
    try:
        ended = worker.begin(may_refuse=kind.is_final)
    finally:
        (fault,) = world.rebound.cloud.clear_faults(trial.service)
    call = fault["calls"][0] if fault["calls"] else ""
    again = ended if ended.is_done else worker.go_on()
    problem = ended.problem or again.problem or ("" if again.is_done else f"then {again.told}")
    if wrong := problem or worker.wrong():
        worker.mend()
        return Result(trial, "wrong", f"{wrong}; told: {ended.told}", call)
    worker.leave()
    if not call:
        return Result(trial, "not fired")
    return Result(trial, "right at once" if ended.is_done else "loud", ended.told, call)


def _order(rebound: Rebound, service: Service, how: Mapping[str, Any], **more: Any) -> None:  # noqa: ANN401 - JSON
    match = f"{rebound.project}.*{how.get('match', '')}"
    rebound.cloud.order(service, "faults", operation=".*", **{**how, "match": match, **more})


class _Backup:
    """A run, called for as a schedule does."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._run_id = f"night-{next(_numbers)}"

    def begin(self, *, may_refuse: bool = False) -> _Ended:
        """Call for the run."""
        answer = self._world.function.manual(self._run_id, full=True)
        problem = ""
        if "a bug" in answer.text:
            problem = "a bug"
        elif not may_refuse and _OK < answer.status_code < _SERVER_ERROR:
            problem = f"{answer.status_code}, which no schedule tries again"
        return _Ended(answer.status_code == _OK, answer.text[:300], problem)

    def go_on(self) -> _Ended:
        """Call again."""
        return self.begin()

    def wrong(self) -> str:
        """Say what is wrong with the run."""
        rebound = self._world.rebound
        found = holdings(rebound, rebound.manifest(self._run_id))
        return "" if found == holdings(rebound, self._world.reference) else "another run"

    def mend(self) -> None:
        """Leave the run as it is: no other one needs it."""

    def leave(self) -> None:
        """Do nothing: the platform is whole."""


class _Recovery:
    """A loss, made good by an operator who does what the hints say."""

    def __init__(self, world: World, loss: Loss) -> None:
        self._rebound = world.rebound
        self._loss = loss
        self._before = loss.picture(self._rebound)
        loss.lose(self._rebound)
        self._known = self._rebound.recoveries
        assert loss.picture(self._rebound) != self._before

    def begin(self, *, may_refuse: bool = False) -> _Ended:  # noqa: ARG002 - as a backup
        """Recover."""
        return self.run("recover", self._loss.scenario, *_RECOVER)

    def go_on(self) -> _Ended:
        """Resume what was begun; where that is refused, plan anew."""
        begun = self._rebound.recoveries - self._known
        ended = self.run("resume", min(begun), *_RESUME) if begun else None
        if ended is None or not ended.is_done:
            ended = self.run("recover", self._loss.scenario, *_RECOVER, "--anew")
        return ended

    def wrong(self) -> str:
        """Say what is wrong with what was recovered."""
        if self._loss.picture(self._rebound) != self._before:
            return "not equal"
        if self._loss.keeps and not self._has_undo_point():
            return "no undo point"
        return ""

    def mend(self) -> None:
        """Recover once more, so that the next trial begins with the whole platform."""
        self.run("recover", self._loss.scenario, *_RECOVER, "--anew")
        assert self._loss.picture(self._rebound) == self._before

    def leave(self) -> None:
        """Do nothing: the platform is whole."""

    def _has_undo_point(self) -> bool:
        ours = tuple(self._rebound.recoveries - self._known)
        listed = self._rebound.bigquery_client.list_tables("rebound_undo")
        return any(item.table_id.startswith(ours) for item in listed)

    def run(self, *words: str) -> _Ended:
        """Run a command, and say how it ended."""
        done = self._rebound.ended(*words)
        code = done.returncode
        is_told = code == 0 or (code in _TOLD_CODES and "Traceback" not in done.stderr)
        told = f"exit {code}: {done.stderr[-300:] or done.stdout[-300:]}"
        return _Ended(code == 0, told, "" if is_told else f"exit {code}")


class _Undo:
    """A loss that was made good, and an operator who wants it back."""

    def __init__(self, world: World, loss: Loss) -> None:
        self._loss, self._rebound = loss, world.rebound
        self._recovery = _Recovery(world, loss)
        self._lost = loss.picture(world.rebound)
        known = world.rebound.recoveries
        recovered = self._recovery.begin()
        assert recovered.is_done, recovered
        (self._id,) = world.rebound.recoveries - known
        assert loss.picture(world.rebound) != self._lost

    def begin(self, *, may_refuse: bool = False) -> _Ended:  # noqa: ARG002 - as a backup
        """Undo."""
        return self._recovery.run("undo", self._id, "--yes", "--access", "--json")

    def go_on(self) -> _Ended:
        """Undo again."""
        return self.begin()

    def wrong(self) -> str:
        """Say what is wrong with what went back."""
        return "" if self._loss.picture(self._rebound) == self._lost else "not as before"

    def mend(self) -> None:
        """Recover, so that the next trial begins with the whole platform."""
        self._recovery.mend()

    def leave(self) -> None:
        """Recover, as what is lost again is to be there for the next trial."""
        self._recovery.mend()


type _Worker = _Backup | _Recovery | _Undo


def _worker(world: World, work: str) -> _Worker:
    if work == BACKUP:
        return _Backup(world)
    name = work.removeprefix(UNDO)
    return _Recovery(world, LOSSES[name]) if name == work else _Undo(world, LOSSES[name])
