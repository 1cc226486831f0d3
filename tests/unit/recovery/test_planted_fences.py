"""What nobody signed keeps no fence from its thaw."""

from datetime import timedelta

import pytest

from manifests import fence_layout
from manifests.errors import BackupDamagedError
from manifests.signing import TrustedKeys
from manifests.store.envelope import encode
from manifests.store.seal import Seal
from recovery.fence.look import MOST_FENCES
from recovery.fence.model import FencedWriter, FenceRecord
from recovery.fence.store import Fences
from tests.unit.drills import NOW
from tests.unit.manifests.test_signing import Signer
from tests.unit.memory import MemoryBucket
from tests.unit.recovery.test_planted_records import LARGE, Landing


def test_where_signatures_are_checked_what_nobody_signed_keeps_no_fence_from_its_thaw(
    capsys: pytest.CaptureFixture[str],
):
    """Nobody can remove it from the vault for days; what is too much to be read may be signed."""
    landing, vault, signer = Landing(), Landing(), Signer()
    fence = fence_layout.fence_id(NOW, "00ff")
    name = "projects/p/locations/l/jobs/a"
    writer = FencedWriter(
        type="scheduler/job", name=name, writes=("x",), before="ENABLED", sha256="0" * 64
    )
    record = FenceRecord(
        fence_id=fence, project="p", fenced_at=NOW, why="", things=(), writers=(writer,)
    )
    fences = Fences(landing, vault, Seal(TrustedKeys(signer.pem), signer, "operator"))
    fences.add(record)
    planted = f"{fence_layout.more_prefix(fence)}x.json"
    other = record.model_copy(update={"writers": (writer.model_copy(update={"name": f"{name}b"}),)})
    for content in (b"garbage", encode(other), LARGE):
        for bucket in (landing, vault):
            bucket.objects[planted] = content
        assert fences.fence(fence).record == record
        assert "a record is not read" in "".join(capsys.readouterr())
        assert fences.readable() == [record]
    vault.objects |= {f"{planted[:-5]}{number}.json": b"x" for number in range(10_001)}
    with pytest.raises(BackupDamagedError, match="too many"):
        fences.fence(fence)


def test_no_number_of_planted_fences_hides_one_that_is_signed():
    """Those that were written before it in its very hour; without a key it is told that some are unread."""
    signer, buckets = Signer(), (MemoryBucket(), MemoryBucket())
    fence = fence_layout.fence_id(NOW, "ffff")
    record = FenceRecord(fence_id=fence, project="p", fenced_at=NOW, why="", things=(), writers=())
    keyed = Seal(TrustedKeys(signer.pem), signer, "operator")
    Fences(*buckets, keyed).begin(record)
    mark = buckets[0].said[fence_layout.fence_name(fence)]
    for bucket in buckets:
        for number in range(MOST_FENCES + 50):
            name = fence_layout.fence_name(fence_layout.fence_id(NOW, f"{number:04x}"))
            bucket.objects[name], bucket.said[name] = b"{}", mark
            bucket.dated[name] = bucket.written_at - timedelta(seconds=1)
    assert Fences(*buckets, keyed).readable() == [record]
    assert Fences(*buckets, Seal()).readable() == []
    for seal in (keyed, Seal()):
        more = Fences(*buckets, seal).standing()[-1]
        assert more.name == fence_layout.FENCES_PREFIX
        assert "51 more fences are not read" in str(more.error)
