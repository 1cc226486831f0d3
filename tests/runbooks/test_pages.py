"""Every page is followed on a platform that its disaster has struck, and mends it."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.deployed import ROOT
from tests.runbooks.console import follow
from tests.runbooks.strikes import CHANGING, STRIKES
from tests.runbooks.world import World, making
from tests.standin.cloud import SERVICES, Cloud

RUNBOOKS = ROOT / "runbooks"


class Worlds:
    """The one platform, and another after one was left otherwise than it was found."""

    def __init__(self, cloud: Cloud, folder: Path, stack: ExitStack) -> None:
        self._cloud, self._folder, self._stack = cloud, folder, stack
        self._made = 0
        self._left: World | None = None

    def take(self) -> World:
        """Return a platform that is whole; it has to be given back."""
        world, self._left = self._left, None
        if world is not None:
            return world
        self._made += 1
        folder = self._folder / str(self._made)
        folder.mkdir()
        return self._stack.enter_context(making(self._cloud, folder))

    def give_back(self, world: World) -> None:
        """Leave a platform to the next page."""
        self._left = world


@pytest.fixture(scope="module")
def worlds(local_cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worlds]:
    """Return what gives each page the platform."""
    with ExitStack() as stack:
        yield Worlds(local_cloud, tmp_path_factory.mktemp("runbooks"), stack)
        for service in SERVICES:
            local_cloud.clear_faults(service)


@pytest.mark.parametrize("name", STRIKES)
def test_a_page_does_what_it_says(name: str, worlds: Worlds, tmp_path: Path):
    """Each command prints what the page says, and in the end the platform is what it was."""
    world = worlds.take()
    shell, before = world.shell(tmp_path), world.picture()
    strike = STRIKES[name]
    with strike(world, shell):
        assert (world.picture() != before) == (strike in CHANGING)
        follow(RUNBOOKS / name, shell)
    assert world.picture() == before
    worlds.give_back(world)
