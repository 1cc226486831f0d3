"""Key ranges: they cover every name once, and none holds most of a bucket."""

import bisect
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from functions.exports.buckets.ranges import (
    KeyRanges,
    find_ranges,
    midpoint,
    ranges_between,
    ranges_like,
)

NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6)


def probing(names: list[str]) -> Callable[[str, str | None, int], tuple[list[str], bool]]:
    """Return a probe of a bucket with these names, in order."""

    def probe(start: str, end: str | None, most: int) -> tuple[list[str], bool]:
        first = bisect.bisect_left(names, start)
        last = len(names) if end is None else bisect.bisect_left(names, end)
        return names[first : min(last, first + most)], first + most < last

    return probe


def sizes(names: list[str], ranges: KeyRanges) -> list[int]:
    """Return how many names are in each range, which have to follow each other."""
    assert ranges.ranges[0].start == ""
    assert ranges.ranges[-1].end is None
    for one, following in zip(ranges.ranges, ranges.ranges[1:], strict=False):
        assert one.end == following.start
    return [
        (len(names) if item.end is None else bisect.bisect_left(names, item.end))
        - bisect.bisect_left(names, item.start)
        for item in ranges.ranges
    ]


BUCKETS = {
    "deep": [
        f"nba-com/play-by-play/2025-{month:02d}-{day:02d}/game_{game:07d}.json"
        for month in range(1, 13)
        for day in range(1, 29)
        for game in range(60)
    ],
    "flat": [f"{number:08d}" for number in range(20_000)],
    "unicode": [f"é{chr(0x4E00 + number % 500)}{number}" for number in range(20_000)],
    "lopsided": [f"a/{number}" for number in range(10)] + [f"z/{n:06d}" for n in range(20_000)],
}


@pytest.mark.parametrize("names", BUCKETS.values(), ids=BUCKETS)
def test_large_bucket_is_cut_into_many_ranges(names: list[str]):
    """Whatever its names look like, a bucket is cut so that no range holds a quarter of it."""
    names = sorted(names)
    found = sizes(names, find_ranges(probing(names), wanted=16))
    assert sum(found) == len(names)
    assert len(found) >= 12
    assert max(found) < len(names) / 4
    assert all(found)


@pytest.mark.parametrize("count", [0, 1, 1000])
def test_small_bucket_is_one_range(count: int):
    """What fits on one page is not cut."""
    names = [f"{number:04d}" for number in range(count)]
    assert len(find_ranges(probing(names), wanted=16).ranges) == 1


@given(NAMES, st.none() | NAMES)
def test_midpoint_is_between(low: str, high: str | None):
    """A midpoint is above the lower name, below the upper one, and valid Unicode."""
    middle = midpoint(low, high)
    if middle is not None:
        middle.encode()
        assert middle > low
        assert high is None or middle < high


@given(st.lists(NAMES, unique=True))
def test_ranges_between_cover_everything(boundaries: list[str]):
    """Ranges follow each other from the first possible name to the last."""
    sizes([], ranges_between(sorted(boundaries)))


@pytest.mark.parametrize(("shards", "ranges"), [(8, 8), (9, 5), (16, 8), (100, 8), (1, 1)])
def test_ranges_like_an_earlier_inventory(shards: int, ranges: int):
    """Shards of an earlier run are put together into at most so many ranges, none left out."""
    names = [f"{number:03d}" for number in range(shards)]
    found = ranges_like(names, wanted=8)
    assert len(found.ranges) == ranges
    assert sum(sizes(names, found)) == shards
    assert max(sizes(names, found)) - min(sizes(names, found)[:-1] or [shards]) == 0


@pytest.mark.parametrize(
    "ranges",
    [
        [],
        [("", "b")],
        [("a", None)],
        [("", "b"), ("c", None)],
        [("", "c"), ("b", None)],
        [("", "b"), ("b", "b"), ("b", None)],
    ],
)
def test_ranges_that_leave_names_out_are_none(ranges: list[tuple[str, str | None]]):
    """Whoever wrote them: what they do not hold would be in no inventory."""
    with pytest.raises(ValidationError, match="do not hold every name once"):
        KeyRanges.model_validate({"ranges": [{"start": one, "end": end} for one, end in ranges]})
