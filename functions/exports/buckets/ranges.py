"""Key ranges of a bucket, so that it can be listed and copied in parallel.

They need not hold equally many objects: there are several times more of them than are listed at
once, and none that could be split holds most of the bucket.
"""

from collections.abc import Callable, Sequence

from pydantic import model_validator

from functions.log import LoggingPool
from manifests.values import Stored

_PAGE = 1000
_MOST_PROBES = 200
_LAST_PRINTABLE = 0x7F
_LAST = 0x10FFFF
_SURROGATES = range(0xD800, 0xE000)

type Probe = Callable[[str, str | None, int], tuple[list[str], bool]]
"""Gives the first live names of a key range, at most so many, and whether there are more."""


class KeyRange(Stored):
    """The names from `start`, inclusive, to `end`, exclusive; None is no end."""

    start: str
    end: str | None


class KeyRanges(Stored):
    """All ranges of a bucket, in order: the first starts before every name, the last has no end."""

    ranges: tuple[KeyRange, ...]

    @model_validator(mode="after")
    def _hold_every_name(self) -> "KeyRanges":
        starts = [item.start for item in self.ranges]
        ends = [item.end for item in self.ranges]
        if starts[:1] != [""] or ends != [*starts[1:], None] or starts != sorted(set(starts)):
            message = "the ranges do not hold every name once"
            raise ValueError(message)
        return self


def ranges_between(boundaries: Sequence[str]) -> KeyRanges:
    """Return the ranges that boundaries in name order cut the key space into."""
    starts, ends = ["", *boundaries], [*boundaries, None]
    return KeyRanges(
        ranges=tuple(
            KeyRange(start=start, end=end) for start, end in zip(starts, ends, strict=True)
        )
    )


def ranges_like(first_names: Sequence[str], *, wanted: int) -> KeyRanges:
    """Return ranges of equally many shards of an earlier inventory.

    Args:
        first_names: The first name of each shard, in order.
        wanted: How many ranges there may be.
    """
    step = -(-len(first_names) // wanted)
    return ranges_between(first_names[step::step])


def find_ranges(probe: Probe, *, wanted: int) -> KeyRanges:
    """Split a bucket, round by round, wherever a range holds more than one page of names.

    Args:
        probe: Lists names.
        wanted: About how many ranges are enough.
    """
    boundaries: list[str] = []
    open_ranges = [KeyRange(start="", end=None)]
    with LoggingPool(wanted, thread_name_prefix="ranges") as pool:
        while open_ranges and len(boundaries) + 1 < wanted:
            found = pool.map(lambda key_range: _split(probe, key_range), open_ranges)
            halves: list[KeyRange] = []
            for key_range, name in zip(open_ranges, found, strict=True):
                if name is not None:
                    boundaries.append(name)
                    halves += [
                        KeyRange(start=key_range.start, end=name),
                        KeyRange(start=name, end=key_range.end),
                    ]
            open_ranges = halves
    return ranges_between(sorted(boundaries))


def _split(probe: Probe, key_range: KeyRange) -> str | None:
    """Return a name in the middle of a range, or None when one page holds all of it."""
    first_page, more = probe(key_range.start, key_range.end, _PAGE)
    if not more:
        return None
    low, high = first_page[-1], key_range.end
    for _ in range(_MOST_PROBES):
        middle = midpoint(low, high)
        if middle is None:
            break
        found, _more = probe(middle, key_range.end, 1)
        if found:
            return found[0]
        high = middle
    return low


def midpoint(low: str, high: str | None) -> str | None:
    """Return a string about halfway between two names, above the lower, or None for none."""
    ceiling = high if high is not None else ""
    at = 0
    while at < len(low) and at < len(ceiling) and low[at] == ceiling[at]:
        at += 1
    above = ord(ceiling[at]) if at < len(ceiling) else None
    below = ord(low[at]) if at < len(low) else 0
    if above is not None and above - below == 1 and high != low[:at] + chr(above):
        return low[:at] + chr(above)
    if above is None or above - below <= 1:
        at, below = (at, below) if above is None else (at + 1, _code(low, at + 1))
        above = _LAST_PRINTABLE if below < _LAST_PRINTABLE - 1 else _LAST
    middle = (below + above) // 2
    if middle in _SURROGATES:
        middle = _SURROGATES.stop
    made = low[:at] + chr(middle)
    return made if made > low and (high is None or made < high) else None


def _code(text: str, at: int) -> int:
    return ord(text[at]) if at < len(text) else 0
