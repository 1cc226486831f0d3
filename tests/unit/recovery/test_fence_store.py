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
    assert fences.standing() == [RECORD]
    assert fences.end(THAWED) == THAWED
    if lost is not None:
        places[lost].objects.clear()
    assert fences.ids() == [FENCE]
    assert fences.standing() == []


def test_the_first_word_on_how_it_ended_stays():
    """Two operators thaw at once: both read the same record."""
    fences = Fences(MemoryBucket(), MemoryBucket())
    fences.begin(RECORD)
    fences.end(THAWED)
    assert fences.end(THAWED.model_copy(update={"resumed": ()})) == THAWED
