"""Who writes names by the ten thousand hides nothing of another hour, and costs no call each."""

from datetime import timedelta
from typing import Any

from manifests import drill_layout, fence_layout, layout
from manifests.cloud.recoveries import recoveries_begun
from manifests.cloud.verdicts import Verdicts
from manifests.model.run import VerdictRecord
from manifests.store.envelope import encode
from manifests.store.seal import Seal
from manifests.values import RunId
from recovery.drill.store import Drills
from recovery.fence.store import Fences
from tests.unit.drills import BEGUN as DRILL
from tests.unit.drills import NOW
from tests.unit.memory import MemoryBucket

RECOVERY = layout.recovery_id("bigquery-dataset-loss", NOW, "abcd")
FENCE = fence_layout.fence_id(NOW - timedelta(days=1), "abcd")
VERDICT = VerdictRecord(run_id=RunId("night"), verified_at=NOW, damaged=("x",))


def test_planted_names_hide_nothing_that_was_written_at_another_hour():
    """Of too many records some of each hour are read, whatever the names of the others are."""
    landing: Any = MemoryBucket()
    landing.objects["verdicts/night.json"] = encode(VERDICT)
    landing.dated["verdicts/night.json"] = NOW - timedelta(days=2)
    landing.objects |= {f"verdicts/z{number}.json": b"" for number in range(11_000)}
    assert list(Verdicts(landing).all()) == [VERDICT]


def test_planted_recoveries_drills_and_fences_cost_no_call_each():
    """So many of them are looked at as end in time, and of each hour some."""
    landing: Any = MemoryBucket()
    genuine, many = NOW - timedelta(days=1), 3_000
    plan, fence = f"recoveries/{RECOVERY}/plan.json", fence_layout.fence_name(FENCE)
    drill = drill_layout.begun_name(DRILL.drill_id)
    for name in (plan, fence, drill):
        landing.objects[name] = b"{}"
        landing.dated[name] = genuine
    for number in range(many):
        mark = f"{number:06x}"
        landing.objects |= {
            f"recoveries/{layout.recovery_id('bigquery-dataset-loss', NOW, mark)}/plan.json": b"",
            fence_layout.fence_name(fence_layout.fence_id(NOW, f"{number:04x}")): b"",
            drill_layout.begun_name(drill_layout.drill_id("sample", NOW, mark)): b"",
        }
    begun = recoveries_begun(landing)
    assert RECOVERY in begun.ids
    assert begun.left == many + 1 - len(begun.ids)
    assert len(begun.ids) <= 500
    *standing, unread = [item.name for item in Fences(landing, landing, Seal()).standing()]
    assert FENCE in standing
    assert len(standing) <= 300
    assert unread == fence_layout.FENCES_PREFIX
    drills = Drills(landing, Seal())
    assert DRILL.drill_id in drills.ids()
    assert len(drills.ids()) <= 200
    hidden = drill_layout.drill_id("sample", NOW, f"{many - 1:06x}")
    assert drills.kept(hidden).drill_id == hidden, "one that is named is looked at all the same"
