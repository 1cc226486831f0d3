"""Whatever is done, in whatever order: each point that is kept restores to exactly what it was.

`make test` goes through one sequence that has every action, and through a few steps that are drawn anew each time,
whose seed is told: it restores one point behind each action of Rebound's, and every kept one behind the last drawn.
In `make sequences` hypothesis draws 50 longer walks, restores every point behind each step, and makes a walk that
fails as short as it can be. It draws none in `make test`: the one example it would try is its simplest, always the same.

Rows, objects and documents are walked. Configuration, views and settings are not: each run keeps them whole and uses
nothing that an earlier run exported, so no order of actions can mix up two points of them; their own tests damage them.
"""

import os
import random
import sys
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.harness import Rebound, make_rebound
from tests.integration import lake
from tests.integration.walked import ACTIONS, START_MINUTES, TABLE, World
from tests.served import serving
from tests.standin.cloud import Cloud

DRAWN = int(os.environ.get("REBOUND_SEQUENCES", "0"))
EVERY_ACTION = (
    *("run", "damage", "repair", "write", "run", "damage", "recover", "undo", "write", "recover"),
    *("day", "run", "expire"),
)
FEW_STEPS, MANY_STEPS = 4, 16
"""So many steps a walk has, without and with REBOUND_SEQUENCES: each of Rebound's takes seconds."""
SEED = int(os.environ.get("REBOUND_SEQUENCE_SEED") or random.randrange(1_000_000))  # noqa: S311 - no secret
RETENTION = {"keep_days": 1, "keep_at_least": 1, "partial_days": 1}


def make_world(cloud: Cloud, folder: Path) -> Rebound:
    """Make a platform that is six days old, with nothing in it."""
    project = f"walk-{uuid.uuid4().hex[:8]}"
    own = folder / project
    own.mkdir()
    catalog = lake.write_catalog(
        own,
        (TABLE,),
        buckets=[{"bucket": f"{project}-raw"}],
        databases=[{"database": "(default)", "triggers": []}],
        retention=RETENTION,
    )
    with cloud.minutes_ago(START_MINUTES):
        return make_rebound(cloud, own, project, REBOUND_CATALOG=catalog)


@pytest.fixture
def world(cloud: Cloud, tmp_path: Path) -> Iterator[World]:
    """Return a world of its own."""
    rebound = make_world(cloud, tmp_path)
    with serving(rebound) as function:
        yield World(rebound, function)


def test_every_action_leaves_what_is_kept(world: World):
    """Writes, runs, damage, recoveries, undos, repairs and expiry leave each point as it was."""
    assert {*EVERY_ACTION} == {*ACTIONS}
    assert {*ACTIONS} - {*world.possible} == {"undo", "repair"}, "there is nothing to take back yet"
    for action in EVERY_ACTION:
        assert action in world.possible
        world.act(action, every=False)
    assert world.points == 1, "of the three runs the two old ones are expired"


class Walk(RuleBasedStateMachine):
    """Steps in any order, as far as they mean something where they are.

    Attributes:
        cloud: Where.
        folder: Where catalogs are written.
        done: How often each action was done, in all walks.
    """

    cloud: ClassVar[Cloud]
    folder: ClassVar[Path]
    done: ClassVar[Counter[str]]

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()

    def teardown(self) -> None:
        """Stop what backs up."""
        self.stack.close()

    @initialize()
    def begin(self) -> None:
        """Keep something first, or there would be nothing to restore."""
        rebound = make_world(self.cloud, self.folder)
        self.world = World(rebound, self.stack.enter_context(serving(rebound)))
        self.act("run")

    def act(self, name: str) -> None:
        """Do something, and count it."""
        self.world.act(name)
        self.done[name] += 1

    @rule()
    def write(self) -> None:
        """Let the platform write."""
        self.act("write")

    @rule()
    def damage(self) -> None:
        """Lose something."""
        self.act("damage")

    @rule()
    def run(self) -> None:
        """Back everything up."""
        self.act("run")

    @rule()
    def recover(self) -> None:
        """Go back to the oldest point."""
        self.act("recover")

    @precondition(lambda self: "undo" in self.world.possible)
    @rule()
    def undo(self) -> None:
        """Take the recovery back."""
        self.act("undo")

    @precondition(lambda self: "repair" in self.world.possible)
    @rule()
    def repair(self) -> None:
        """Take the damage back."""
        self.act("repair")

    @rule()
    def expire(self) -> None:
        """Delete what is past its retention."""
        self.act("expire")

    @precondition(lambda self: "day" in self.world.possible)
    @rule()
    def day(self) -> None:
        """Let a day pass."""
        self.act("day")


def test_drawn_steps_leave_what_is_kept(world: World):
    """Whatever is drawn, of what means something where it is, leaves each point as it was."""
    drawing, done = random.Random(SEED), ["run"]  # noqa: S311 - no secret
    try:
        world.act("run", every=False)
        for step in range(FEW_STEPS):
            done.append(drawing.choice(world.possible))
            world.act(done[-1], every=step == FEW_STEPS - 1)
    except BaseException as error:
        error.add_note(f"REBOUND_SEQUENCE_SEED={SEED}: {', '.join(done)}")
        raise


@pytest.mark.skipif(not DRAWN, reason="`make sequences` draws longer walks, with hypothesis")
def test_any_walk_leaves_every_point_as_it_was(
    cloud: Cloud, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    """Behind each step of Rebound's, of the platform's and of an accident, every kept point is restored.

    How often each action was done is printed at its end, also where it fails.
    """

    class Here(Walk):
        pass

    Here.cloud, Here.folder, Here.done = cloud, tmp_path, Counter()
    walks = settings(
        phases=(Phase.generate, Phase.shrink),
        max_examples=DRAWN,
        stateful_step_count=MANY_STEPS,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    try:
        run_state_machine_as_test(Here, settings=walks)
    finally:
        told = ", ".join(f"{Here.done[name]:,} {name}" for name in ACTIONS)
        with capsys.disabled():
            sys.stdout.write(f"\n{Here.done.total():,} steps, each done and looked at: {told}\n")
