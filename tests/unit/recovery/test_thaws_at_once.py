"""Two fences that hold the same writer are thawed at once, and killed: nothing stays paused that none names.

Everything that a thaw asks of a cloud is a call here: before each of them the other thaw can run, and at each of
them that writes a process can be killed.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, Self, override

import pytest

from manifests import fence_layout
from manifests.catalog_writers import FenceRule
from manifests.errors import CloudError, RefusedError
from manifests.kinds.resources.table import resource_type
from manifests.kinds.resources.types import Order
from manifests.store.seal import Seal
from manifests.values import Listed
from recovery.cli import fences as commands
from recovery.fence.model import FenceRecord, ThawStep
from recovery.fence.rules import fenced
from recovery.fence.store import Fences
from recovery.fence.work import Fencing
from tests.unit.memory import MemoryBucket

NOW = datetime(2026, 11, 29, 9, tzinfo=UTC)
KIND = resource_type("scheduler/job")
SHARED, FIRST, SECOND = (
    f"projects/p/locations/l/jobs/{it}" for it in ("shared", "first", "second")
)
RULE = FenceRule.model_validate(
    {
        "locations": ["l"],
        "writers": [{"type": "scheduler/job", "names": ["*"], "writes": ["dataset *"]}],
        "waves": [{"name": "A", "names": ["first"]}, {"name": "B", "names": ["*"]}],
    }
)
MOST_WRITES = 9
"""A thaw of two waves writes what it releases of each, orders two schedules, and writes its end."""


class Killed(BaseException):
    """The process is gone."""


class Calls:
    """What a command asks of a cloud, counted; something else can come before one of them.

    Attributes:
        meets: Before which call the other command comes; 0 for none.
        other: That command.
        killed_at: At which call that writes the process is killed; 0 for none.
    """

    def __init__(self) -> None:
        self.number = self.writes = self.meets = self.killed_at = 0
        self.other: Callable[[], None] = lambda: None

    def one(self, *, writes: bool = False) -> None:
        """Count a call."""
        self.number += 1
        self.writes += writes
        if self.number == self.meets:
            counted, self.number, self.writes = (self.number, self.writes), 0, 0
            killed_at, self.killed_at, self.meets = self.killed_at, 0, 0
            self.other()
            (self.number, self.writes), self.killed_at = counted, killed_at
        if writes and self.writes == self.killed_at:
            raise Killed


class Vault(MemoryBucket):
    """A bucket that counts what is asked of it."""

    def __init__(self, calls: Calls) -> None:
        super().__init__()
        self._calls = calls

    @override
    def put_once(self, *words: Any, **more: Any) -> bytes:
        self._calls.one(writes=True)
        return super().put_once(*words, **more)

    @override
    def list_dated(self, *words: Any, **more: Any) -> Iterator[Listed]:
        self._calls.one()
        return super().list_dated(*words, **more)


class Serial:
    """A pool without threads."""

    def __init__(self, *_: object, **__: object) -> None:
        self.map = map

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Leave nothing behind."""


class Platform:
    """A project with three schedules: one that two fences hold, and one of each."""

    def __init__(self) -> None:
        self.calls = Calls()
        self.states = dict.fromkeys((SHARED, FIRST, SECOND), "ENABLED")
        self.fences = Fences(MemoryBucket(), Vault(self.calls), Seal())
        self.first, self.second = self._fence("0001", FIRST), self._fence("0002", SECOND)
        self.states = dict.fromkeys(self.states, "PAUSED")
        self.calls.number = self.calls.writes = 0

    def _fence(self, suffix: str, own: str) -> str:
        record = FenceRecord(
            fence_id=fence_layout.fence_id(NOW, suffix),
            project="p",
            fenced_at=NOW,
            why="",
            things=("dataset d",),
            writers=tuple(fenced(KIND, self._job(it), ("dataset d",)) for it in (SHARED, own)),
        )
        self.fences.begin(record)
        return record.fence_id

    def _job(self, name: str) -> dict[str, str]:
        return {"name": name, "state": self.states[name]}

    def resource(self, _kind: object, name: str) -> dict[str, str]:
        """Return a schedule, as a configuration does."""
        self.calls.one()
        return self._job(name)

    def resources(self, *_: object, **__: object) -> dict[str, object]:
        """Return no others."""
        return {}

    def order(self, _kind: object, name: str, order: Order, _before: object) -> None:
        """Resume a schedule; one that runs is refused, as Cloud Scheduler does."""
        self.calls.one(writes=True)
        wanted = "ENABLED" if order.method == "resume" else "PAUSED"
        if self.states[name] == wanted:
            raise CloudError(f"it is {wanted} already", subject=name)
        self.states[name] = wanted

    def paused(self) -> set[str]:
        """Return the schedules that do not run."""
        return {name for name, state in self.states.items() if state == "PAUSED"}

    def told(self) -> set[str]:
        """Return those that a fence which stands names."""
        return set(self.fences.writers())


@pytest.fixture
def new_platform(monkeypatch: pytest.MonkeyPatch) -> Callable[[], Platform]:
    """Return what makes a platform, which the command then sees."""
    for module in ("recovery.fence.work", "manifests.store.bounded"):
        monkeypatch.setattr(f"{module}.ThreadPoolExecutor", Serial)

    def make() -> Platform:
        made = Platform()
        session = SimpleNamespace(
            settings=SimpleNamespace(project="p"),
            catalog=SimpleNamespace(fence=RULE, buckets=(), dataset_ids=()),
            seal=Seal(),
            clock=SimpleNamespace(latest=lambda: NOW + timedelta(hours=1)),
            started_at=NOW,
            tools=SimpleNamespace(fences=made.fences, rest=lambda: None),
            actions=SimpleNamespace(begin=lambda *_: None),
        )
        monkeypatch.setattr("recovery.paused.Configuration", lambda *_: made)
        monkeypatch.setattr(commands, "open_session", lambda: session)
        return made

    return make


def thaw(made: Platform, fence: str, *, killed_at: int = 0) -> None:
    """Thaw a fence, and be killed at one of the calls that write.

    It may be refused, because of what the other one did; nothing that runs is called still paused.
    """
    made.calls.killed_at = killed_at
    try:
        commands.thaw(fence, yes=True)
    except (Killed, RefusedError):
        pass
    finally:
        made.calls.killed_at = 0


def judge(made: Platform, case: object) -> None:
    """Insist that what is paused is told, and that the same commands again leave nothing paused or standing."""
    assert made.paused() <= made.told(), case
    made.calls.meets = 0
    for fence in (made.first, made.second):
        thaw(made, fence)
    assert (made.paused(), made.told()) == (set(), set()), case


def test_what_another_thaw_resumes_meanwhile_is_not_called_paused(
    new_platform: Callable[[], Platform],
):
    """It comes between the look and the order, which is refused then (Cloud Scheduler REST, jobs.resume)."""
    made = new_platform()
    record = made.fences.fence(made.first).record
    steps = [ThawStep(type=KIND.name, name=SHARED, action="resume")]
    made.calls.number, made.calls.meets = 0, 2
    made.calls.other = lambda: made.states.update({SHARED: "ENABLED"})
    outcomes = Fencing(made).resume(record, steps)  # type: ignore[arg-type]
    assert made.calls.writes == 1
    assert [(item.name, item.failure) for item in outcomes] == [(SHARED, "")]


@pytest.mark.parametrize("which", ["first", "second"])
def test_a_kill_of_one_of_two_thaws(new_platform: Callable[[], Platform], which: str):
    """The second one comes whole before any call of the first, and either of them is killed at any write."""
    made = new_platform()
    thaw(made, made.first)
    calls, writes = made.calls.number, made.calls.writes
    assert writes < MOST_WRITES
    for meets in range(1, calls + 1):
        for killed_at in range(MOST_WRITES + 1):
            made = new_platform()
            own, others = (killed_at, 0) if which == "first" else (0, killed_at)
            made.calls.meets = meets
            made.calls.other = lambda made=made, at=others: thaw(made, made.second, killed_at=at)
            thaw(made, made.first, killed_at=own)
            judge(made, (meets, killed_at))
