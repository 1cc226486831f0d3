"""Every page is followed on a platform that its disaster has struck, and mends it."""

from collections.abc import Callable, Iterator
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
    """The one platform, and another after one was left otherwise than it was found.

    A page begins with the picture that the one before it ended with: nothing happens in between.
    """

    def __init__(self, cloud: Cloud, folder: Path, stack: ExitStack) -> None:
        self._cloud, self._folder, self._stack = cloud, folder, stack
        self._made = 0
        self._left: tuple[World, dict[str, object]] | None = None

    def take(self) -> tuple[World, dict[str, object]]:
        """Return a platform that is whole, and its picture; it has to be given back."""
        left, self._left = self._left, None
        if left is not None:
            return left
        self._made += 1
        folder = self._folder / str(self._made)
        folder.mkdir()
        world = self._stack.enter_context(making(self._cloud, folder))
        return world, world.picture()

    def give_back(self, world: World, picture: dict[str, object]) -> None:
        """Leave a platform, which looks so, to the next page."""
        self._left = world, picture


@pytest.fixture(scope="module")
def worlds(local_cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worlds]:
    """Return what gives each page the platform."""
    with ExitStack() as stack:
        yield Worlds(local_cloud, tmp_path_factory.mktemp("runbooks"), stack)
        for service in SERVICES:
            local_cloud.clear_faults(service)


@pytest.mark.parametrize("name", STRIKES)
def test_a_page_does_what_it_says(
    name: str,
    worlds: Worlds,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
):
    """Each command prints what the page says, and in the end the platform is what it was."""
    world, before = worlds.take()
    shell = world.shell(tmp_path)
    strike = STRIKES[name]
    with strike(world, shell):
        assert (world.picture() != before) == (strike in CHANGING)
        follow(RUNBOOKS / name, shell)
    # Half a minute is wanted where nobody else is at work: --junitxml records it.
    record_property("seconds until it is known whether this is real", shell.seconds[0])
    assert world.picture() == before
    worlds.give_back(world, before)
