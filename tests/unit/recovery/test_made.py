"""When a thing was made, by the service that has it: a journal cannot say that a recovery made it."""

from datetime import UTC, datetime, timedelta

from recovery.kinds.made import made_before
from recovery.kinds.work import Begun

BEGAN = datetime(2026, 1, 1, 12, tzinfo=UTC)


def test_what_is_older_is_told_by_every_service():
    """BigQuery says milliseconds, others a time; of what says none nothing is known, nor of what is gone."""
    early, late = BEGAN - timedelta(hours=1), BEGAN + timedelta(hours=1)
    live = {
        "dataset": {"creationTime": str(int(early.timestamp() * 1000))},
        "bucket": {"timeCreated": early.isoformat()},
        "service": {"createTime": early.isoformat().replace("+00:00", ".123456789Z")},
        "made": {"timeCreated": late.isoformat()},
        "at once": {"timeCreated": (BEGAN - timedelta(seconds=5)).isoformat()},
        "untold": {"name": "x"},
        "gone": None,
    }
    assert made_before(live, BEGAN) == {"dataset", "bucket", "service"}


def test_a_recovery_began_when_its_plan_was_written():
    """Whatever the plan says: who plants it can name any time, and not set that of the object."""
    said = datetime(2020, 1, 1, tzinfo=UTC)
    bucket = {"timeCreated": (BEGAN - timedelta(days=1)).isoformat()}
    assert Begun(said, (), BEGAN).older({"raw": bucket}) == {"raw"}
