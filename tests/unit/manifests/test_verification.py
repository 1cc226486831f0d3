"""Which part of the vault is read in which night, and what is known of a run afterwards."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manifests.model.run import VerdictRecord
from manifests.values import ObjectInfo
from manifests.verification import MOST_SHARES, Share, files_of, share_at, unlike, verdict_after
from manifests.verified_layout import share_name, verified_at, verified_nights
from tests.unit.samples import POINT, RUN, games, manifest

NIGHTS = st.integers(min_value=1, max_value=MOST_SHARES)


@given(NIGHTS, st.text())
def test_each_file_is_in_one_share(nights: int, name: str):
    """In as many nights as there are shares each file is read once."""
    assert sum(Share(number, nights).has(name) for number in range(nights)) == 1


@given(NIGHTS)
def test_each_content_is_in_one_share(nights: int):
    """What contents begin with is shared out whole, and to one night each."""
    prefixes = [it for number in range(nights) for it in Share(number, nights).contents]
    assert sorted(prefixes) == [f"contents/{byte:02x}/" for byte in range(256)]


@given(NIGHTS, st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2200, 1, 1)))  # noqa: DTZ001 - the zone follows
def test_nights_in_a_row_read_all(nights: int, first: datetime):
    """Any nights in a row read every share, over the end of a year, too."""
    begun = first.replace(tzinfo=UTC)
    read = {share_at(begun + timedelta(days=day), nights).number for day in range(nights)}
    assert read == set(range(nights))


def test_a_retry_reads_the_same_share():
    """The schedule's time says which, and names what is written down of it."""
    assert share_at(POINT, 7) == share_at(POINT + timedelta(hours=5), 7)
    assert verified_at(share_name(POINT)) == POINT
    later = POINT + timedelta(hours=1)
    names = [share_name(POINT), share_name(POINT.replace(year=2099)), "verified/soon.json"]
    shares = [(name, later) for name in names]
    assert verified_nights(shares, now=later) == (POINT,), "a night to come was not read"
    planted, read = POINT - timedelta(days=20), [(share_name(POINT), POINT - timedelta(days=20))]
    assert verified_nights(read, now=later) == (planted,), "it was written before its night"
    for name in ("verified/x.json", "verified/20261124T080100Z", "verified/20261399T080100Z.json"):
        assert verified_at(name) is None


def test_files_that_are_gone_or_others():
    """Another size or checksum is another file; another generation is a copy."""
    (first, second, *_) = files_of(manifest())
    there = {
        it.name: ObjectInfo(**it.model_dump(include=set(ObjectInfo.model_fields)))
        for it in (first, second)
    }
    assert unlike([first, second], there) == set()
    there[first.name] = there[first.name].model_copy(update={"generation": 99})
    assert unlike([first, second], there) == set()
    there[second.name] = there[second.name].model_copy(update={"crc32c": "AAAAAA=="})
    assert unlike([first, second], there) == {second.name}
    assert unlike([first], {}) == {first.name}
    assert first in games().objects


def known(*damaged: str, buckets: tuple[str, ...] = ()) -> VerdictRecord:
    """Return what was known of the run."""
    return VerdictRecord(run_id=RUN, verified_at=POINT, damaged=damaged, buckets=buckets)


@pytest.mark.parametrize(
    ("earlier", "damaged", "whole", "expected"),
    [
        (None, (), ("a",), None),
        (None, ("a",), ("b",), ("a",)),
        (known(), (), ("a",), None),
        (known("a", "b"), ("c",), (), ("a", "b", "c")),
        (known("a", "b"), (), ("a", "x"), ("b",)),
        (known("a"), (), ("a",), ()),
        (known("a"), ("a",), (), ("a",)),
    ],
)
def test_what_is_known_of_a_run(
    earlier: VerdictRecord | None,
    damaged: tuple[str, ...],
    whole: tuple[str, ...],
    expected: tuple[str, ...] | None,
):
    """What is not in tonight's share stays as it was; what was mended is not damaged any more."""
    found = verdict_after(RUN, earlier, damaged=damaged, whole=whole, buckets=(), now=POINT)
    assert (None if found is None else found.damaged) == expected


def test_buckets_are_damaged_as_long_as_a_content_is():
    """Once no content is damaged any more, no bucket leans on one."""
    content = "contents/ab/ab12"
    before = known(content, "runs/a", buckets=("raw",))
    still = verdict_after(RUN, before, damaged=(), whole=(), buckets=(), now=POINT)
    over = verdict_after(RUN, before, damaged=(), whole=(content,), buckets=(), now=POINT)
    assert still is not None
    assert over is not None
    assert (still.buckets, over.buckets) == (("raw",), ())
