"""Both places of a fence tell how it stands, as long as one of them is there."""

from datetime import UTC, datetime

import pytest

from manifests import fence_layout
from recovery.fence.model import FenceRecord, ThawRecord
from recovery.fence.store import Fences
from tests.unit.samples import MemoryBucket

NOW = datetime(2026, 11, 29, 9, tzinfo=UTC)
FENCE = fence_layout.fence_id(NOW, "00ff")
RECORD = FenceRecord(
    fence_id=FENCE, project="p", fenced_at=NOW, why="", things=("dataset nba",), writers=()
)
THAWED = ThawRecord(fence_id=FENCE, thawed_at=NOW, resumed=("projects/p/topics/t",))


@pytest.mark.parametrize("lost", [None, 0, 1])
def test_a_thawed_fence_does_not_stand_again(lost: int | None):
    """Where one of the two buckets is lost, the other tells that the fence is over."""
    places = [MemoryBucket(), MemoryBucket()]
    fences = Fences(*places)
    fences.begin(RECORD)
    assert fences.readable() == [RECORD]
    assert fences.end(THAWED) == THAWED
    if lost is not None:
        places[lost].objects.clear()
    assert fences.ids() == [FENCE]
    assert fences.readable() == []


def test_the_first_word_on_how_it_ended_stays():
    """Two operators thaw at once: both read the same record."""
    fences = Fences(MemoryBucket(), MemoryBucket())
    fences.begin(RECORD)
    fences.end(THAWED)
    assert fences.end(THAWED.model_copy(update={"resumed": ()})) == THAWED


@pytest.mark.parametrize("what", ["fence", "thawed"])
def test_a_fence_that_cannot_be_read_hides_no_other(what: str):
    """It is named, with the reason; those that can be read are told as ever."""
    places = [MemoryBucket(), MemoryBucket()]
    fences = Fences(*places)
    fences.begin(RECORD)
    other = fence_layout.fence_id(NOW, "0000")
    fences.begin(RECORD.model_copy(update={"fence_id": other}))
    name = {"fence": fence_layout.fence_name, "thawed": fence_layout.thawed_name}[what](other)
    for place in places:
        place.objects[name] = b"garbage"
    unread, read = fences.standing()
    assert (read.name, read.record) == (FENCE, RECORD)
    assert (unread.name, unread.record) == (other, None)
    assert name in str(unread.error)
    assert fences.readable() == [RECORD]


def test_either_place_tells_that_a_fence_is_over():
    """What somebody put in the place of one of the two records of its end."""
    places = [MemoryBucket(), MemoryBucket()]
    fences = Fences(*places)
    fences.begin(RECORD)
    fences.end(THAWED)
    for place in places:
        kept = place.objects[fence_layout.thawed_name(FENCE)]
        place.objects[fence_layout.thawed_name(FENCE)] = b"garbage"
        assert fences.thawed(FENCE) == THAWED
        assert fences.standing() == []
        place.objects[fence_layout.thawed_name(FENCE)] = kept
