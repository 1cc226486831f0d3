"""Both places of a fence tell how it stands, as long as one of them is there."""

from datetime import UTC, datetime

import pytest

from manifests import fence_layout
from manifests.errors import ManifestUntrustedError, StrangeObjectError
from manifests.signing import TrustedKeys
from manifests.store.envelope import decode, encode
from manifests.store.seal import Seal
from recovery.fence.model import FencedWriter, FenceRecord, ThawRecord
from recovery.fence.store import Fences
from tests.unit.manifests.test_signing import Signer
from tests.unit.memory import MemoryBucket

NOW = datetime(2026, 11, 29, 9, tzinfo=UTC)
FENCE = fence_layout.fence_id(NOW, "00ff")
RECORD = FenceRecord(
    fence_id=FENCE, project="p", fenced_at=NOW, why="", things=("dataset nba",), writers=()
)
THAWED = ThawRecord(fence_id=FENCE, thawed_at=NOW, resumed=("projects/p/topics/t",))
OF_SENTENCES = (
    b'{"digest":"sha256:f30bb859ac66c81258a239210190d8b4f4570561d332b299f798d58f2d5756fa","document":'
    b'{"fence_id":"fence-20261129T090000Z-00ff","left":["projects/p/jobs/a: it was deleted meanwhile",'
    b'"projects/p/jobs/b: f holds it too: see there"],"resumed":["projects/p/topics/t"],'
    b'"thawed_at":"2026-11-29T09:00:00Z"}}\n'
)
"""What was stored before 2026-12-01: never written again."""


def test_the_sentences_of_older_thaws_are_still_read():
    """Each was a name, a colon and a reason, which can hold a colon itself; both places are believed."""
    places = [MemoryBucket(), MemoryBucket()]
    fences = Fences(*places, Seal())
    fences.begin(RECORD)
    for place in places:
        place.objects[fence_layout.thawed_name(FENCE)] = OF_SENTENCES
    over = fences.thawed(FENCE)
    assert over is not None
    assert [(item.name, item.why) for item in over.left_writers] == [
        ("projects/p/jobs/a", "it was deleted meanwhile"),
        ("projects/p/jobs/b", "f holds it too: see there"),
    ]
    assert fences.readable() == []
    assert decode(encode(over), ThawRecord, subject="again") == over


@pytest.mark.parametrize("lost", [None, 0, 1])
def test_a_thawed_fence_does_not_stand_again(lost: int | None):
    """Where one of the two buckets is lost, the other tells that the fence is over."""
    places = [MemoryBucket(), MemoryBucket()]
    fences = Fences(*places, Seal())
    fences.begin(RECORD)
    assert fences.readable() == [RECORD]
    assert fences.end(THAWED) == THAWED
    if lost is not None:
        places[lost].objects.clear()
    assert fences.readable() == []


def test_the_first_word_on_how_it_ended_stays():
    """Two operators thaw at once: both read the same record."""
    fences = Fences(MemoryBucket(), MemoryBucket(), Seal())
    fences.begin(RECORD)
    fences.end(THAWED)
    assert fences.end(THAWED.model_copy(update={"resumed": ()})) == THAWED


@pytest.mark.parametrize("what", ["fence", "thawed"])
def test_a_fence_that_cannot_be_read_hides_no_other(what: str):
    """It is named, with the reason; those that can be read are told as ever."""
    places = [MemoryBucket(), MemoryBucket()]
    fences = Fences(*places, Seal())
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
    fences = Fences(*places, Seal())
    fences.begin(RECORD)
    fences.end(THAWED)
    for place in places:
        kept = place.objects[fence_layout.thawed_name(FENCE)]
        place.objects[fence_layout.thawed_name(FENCE)] = b"garbage"
        assert fences.thawed(FENCE) == THAWED
        assert fences.standing() == []
        place.objects[fence_layout.thawed_name(FENCE)] = kept


def test_what_one_bucket_says_of_its_end_ends_no_fence(capsys: pytest.CaptureFixture[str]):
    """Who can write to one of the two could have a recovery forget what it paused; it is told."""
    for planted in (0, 1):
        places = [MemoryBucket(), MemoryBucket()]
        fences = Fences(*places, Seal())
        fences.begin(RECORD)
        places[planted].objects[fence_layout.thawed_name(FENCE)] = encode(THAWED)
        assert fences.readable() == [RECORD]
        assert fences.thawed(FENCE) is None
        told = capsys.readouterr()
        assert "only one of the two buckets has it" in told.out + told.err
        fences.end(THAWED)
        assert fences.readable() == []


def test_only_who_has_the_key_begins_and_ends_fences(capsys: pytest.CaptureFixture[str]):
    """What others wrote into both buckets, or took from another place, is told and orders nothing."""
    signer, places = Signer(), [MemoryBucket(), MemoryBucket()]
    fences = Fences(*places, Seal(TrustedKeys(signer.pem), signer, "operator"))
    fences.begin(RECORD)
    other = fence_layout.fence_id(NOW, "0000")
    fences.begin(RECORD.model_copy(update={"fence_id": other}))
    fences.end(THAWED.model_copy(update={"fence_id": other}))
    signed = places[0].objects[fence_layout.thawed_name(other)]
    forged = fence_layout.fence_id(NOW, "ffff")
    for place in places:
        place.objects[fence_layout.fence_name(forged)] = encode(
            RECORD.model_copy(update={"fence_id": forged})
        )
    for planted in (encode(THAWED), encode(THAWED, sign=Signer()), signed):
        for place in places:
            place.objects[fence_layout.thawed_name(FENCE)] = planted
        assert fences.readable() == [RECORD]
        assert "nobody believes that a fence is over" in "".join(capsys.readouterr())
        with pytest.raises(StrangeObjectError, match="something else lies there"):
            fences.end(THAWED)
    assert [(item.name, item.record is None) for item in fences.standing()] == [
        (FENCE, False),
        (forged, True),
    ]
    with pytest.raises(ManifestUntrustedError, match="it is not signed"):
        fences.fence(forged)
    del places[1].objects[fence_layout.thawed_name(FENCE)]
    assert fences.end(THAWED) == THAWED
    assert fences.readable() == []


def test_one_signed_record_is_enough():
    """What lies in its other place stops no thaw, and makes no writer doubtful."""
    signer, places = Signer(), [MemoryBucket(), MemoryBucket()]
    fences = Fences(*places, Seal(TrustedKeys(signer.pem), signer, "operator"))
    name = "projects/p/locations/l/jobs/night"
    writer = FencedWriter(
        type="scheduler/job", name=name, writes=(), before="ENABLED", sha256="0" * 64
    )
    record = RECORD.model_copy(update={"writers": (writer,)})
    fences.add(record)
    for stored in places[0].objects:
        places[0].objects[stored] = b"garbage"
    assert fences.fence(FENCE).record == record
    assert fences.fence(FENCE).alone == frozenset()
    assert fences.readable() == [record]


def test_planted_fences_take_no_memory_and_hide_none_of_ours():
    """Those that are as large as ours are read first, and each of the others is told."""
    read_bytes = 0

    class Counting(MemoryBucket):
        def read(self, name: str, *, most_bytes: int = 0) -> bytes | None:
            nonlocal read_bytes
            content = super().read(name, most_bytes=most_bytes)
            read_bytes += len(content or b"")
            return content

    places = [Counting(), Counting()]
    fences = Fences(*places, Seal())
    fences.begin(RECORD)
    for number in range(40):
        for year in (2020, 2030):
            planted = fence_layout.fence_id(NOW.replace(year=year), f"{number:04x}")
            places[0].objects[fence_layout.fence_name(planted)] = b" " * 1024 * 1024
    assert fences.readable() == [RECORD]
    assert sum(item.error is not None for item in fences.standing()) == 80
    assert read_bytes < 2 * 18 * 1024 * 1024
