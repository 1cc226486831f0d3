"""Whatever is done, in whatever order: each point that is kept restores to exactly what it was.

`make test` goes through one sequence that has every action, restoring one point behind each that is Rebound's, and
lets a state machine of hypothesis walk a few steps, drawn anew each time, behind each of which every kept point is
restored. `make sequences` draws 50 walks, as long as they are there, and makes one that fails as short as it can be.
"""

import os
import uuid
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
from tests.integration.walked import START_MINUTES, TABLE, World
from tests.served import serving
from tests.standin.cloud import Cloud

DRAWN = int(os.environ.get("REBOUND_SEQUENCES", "0"))
EVERY_ACTION = (
    *("run", "damage", "repair", "write", "run", "damage", "recover", "undo", "write", "recover"),
    *("day", "run", "expire"),
)
FEW_STEPS, MANY_STEPS = 5, 16
"""So many steps a walk has, without and with REBOUND_SEQUENCES: each of Rebound's takes seconds."""
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
    for action in EVERY_ACTION:
        world.act(action, every=False)
    assert world.points == 1, "of the three runs the two old ones are expired"


class Walk(RuleBasedStateMachine):
    """Steps in any order, as far as they mean something where they are.

    Attributes:
        cloud: Where.
        folder: Where catalogs are written.
    """

    cloud: ClassVar[Cloud]
    folder: ClassVar[Path]

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
        self.world.act("run")

    @rule()
    def write(self) -> None:
        """Let the platform write."""
        self.world.act("write")

    @rule()
    def damage(self) -> None:
        """Lose something."""
        self.world.act("damage")

    @rule()
    def run(self) -> None:
        """Back everything up."""
        self.world.act("run")

    @rule()
    def recover(self) -> None:
        """Go back to the oldest point."""
        self.world.act("recover")

    @precondition(lambda self: self.world.can_undo)
    @rule()
    def undo(self) -> None:
        """Take the recovery back."""
        self.world.act("undo")

    @precondition(lambda self: self.world.can_repair)
    @rule()
    def repair(self) -> None:
        """Take the damage back."""
        self.world.act("repair")

    @rule()
    def expire(self) -> None:
        """Delete what is past its retention."""
        self.world.act("expire")

    @precondition(lambda self: self.world.has_a_day)
    @rule()
    def day(self) -> None:
        """Let a day pass."""
        self.world.act("day")


def test_any_walk_leaves_every_point_as_it_was(cloud: Cloud, tmp_path: Path):
    """Behind each step of Rebound's, of the platform's and of an accident, every kept point is restored."""

    class Here(Walk):
        pass

    Here.cloud, Here.folder = cloud, tmp_path
    phases = (Phase.generate, Phase.shrink) if DRAWN else (Phase.generate,)
    walks = settings(
        phases=phases,
        max_examples=max(1, DRAWN),
        stateful_step_count=MANY_STEPS if DRAWN else FEW_STEPS,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Here, settings=walks)
