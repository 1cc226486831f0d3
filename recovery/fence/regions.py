"""Tells writers apart that are called alike in several regions. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from recovery.fence.model import FencedWriter

_IN = " in "


def in_region(name: str) -> str:
    """Return the region of a resource as it is told behind its name; empty where it has none.

    Args:
        name: As its API names it.
    """
    _, found, rest = name.partition("/locations/")
    return f"{_IN}{rest.partition('/')[0]}" if found else ""


def told_apart(idle: Sequence[tuple[str, str]], writers: Iterable[FencedWriter]) -> Iterator[str]:
    """Yield how writers that do not run are called: with their region where others are called so, too.

    Args:
        idle: What each is called, and its name as its API has it.
        writers: Those that run.
    """
    number = Counter([*(called for called, _ in idle), *map(_called, writers)])
    yield from (called + in_region(name) if number[called] > 1 else called for called, name in idle)


def called_alike(writers: Iterable[FencedWriter], idle: Iterable[str]) -> frozenset[str]:
    """Return the names of writers, as their API has them, that share what they are called with another.

    Args:
        writers: Those that run.
        idle: How those that do not run are called.
    """
    running = tuple(writers)
    number = Counter([*map(_called, running), *(name.partition(_IN)[0] for name in idle)])
    return frozenset(item.name for item in running if number[_called(item)] > 1)


def _called(writer: FencedWriter) -> str:
    return f"{writer.type} {writer.name.rpartition('/')[2]}"
