"""How a bucket ended, how far it is, and what it is made with."""

from manifests.values import Resource
from recovery.kinds.buckets.cloud.creation import first_configuration, last_configuration
from recovery.kinds.buckets.cloud.meter import Meter
from recovery.kinds.buckets.cloud.outcomes import failed_bucket, merged, with_earlier
from recovery.kinds.buckets.cloud.ramp import object_ramp
from recovery.kinds.buckets.rules.buckets import ObjectCount
from recovery.kinds.buckets.rules.outcomes import LeftObjects, RangeOutcome
from recovery.kinds.outcome import Failure
from tests.unit.worlds import bucket_step

PLAN = bucket_step(name="raw", into="raw", keeps_replaced=False, objects=10)


def count(damage: str, source: str, objects: int) -> ObjectCount:
    """Return a count of objects of ten bytes."""
    return ObjectCount.model_validate(
        {"damage": damage, "source": source, "objects": objects, "size_bytes": 10 * objects}
    )


def test_key_ranges_add_up():
    """Counts of all key ranges are added; what was left as was asked for does not spoil the proof."""
    one = RangeOutcome(
        number=0,
        equal=1,
        restored=(count("missing", "vault", 2), count("overwritten", "vault", 1)),
        left=(
            LeftObjects(reason="extra", objects=1, names=("x",)),
            LeftObjects(reason="not missing", objects=1, names=("y",)),
        ),
    )
    other = RangeOutcome(number=1, equal=3, restored=(count("missing", "vault", 4),))
    outcome = merged(PLAN, [one, other], undo_point="gs://landing/undo/")
    assert outcome.is_proven
    assert outcome.equal == 4
    assert outcome.restored == (count("missing", "vault", 6), count("overwritten", "vault", 1))
    assert outcome.undo == "gs://landing/undo/"


def test_left_objects_are_an_error():
    """What was left although it is not as it was is told with its reason, and not proven."""
    left = (
        LeftObjects(reason="changed", objects=2, names=("a", "b")),
        LeftObjects(reason="no source", objects=1, names=("c",)),
    )
    outcome = merged(PLAN, [RangeOutcome(number=0, left=left)], undo_point="")
    assert not outcome.is_proven
    assert outcome.exit_code == 6
    assert "2 changed while the recovery ran; 1 have no source left" in outcome.error
    assert outcome.undo == ""
    assert not failed_bucket(PLAN, Failure(message="why")).is_proven


def test_where_the_bucket_keeps_what_was_replaced():
    """A bucket with versions or soft delete is its own undo point."""
    keeping = PLAN.model_copy(update={"keeps_replaced": True})
    ended = RangeOutcome(number=0, restored=(count("corrupted", "noncurrent", 1),))
    assert merged(keeping, [ended], undo_point="x").undo == "earlier versions in gs://raw"


def test_a_meter_tells_rate_and_remaining_time():
    """Progress is told every few seconds, with the rate and the time that is left."""
    seconds, told = [0.0], []
    meter = Meter(100, lambda *line: told.append(line), clock=lambda: seconds[0])
    for _ in range(6):
        seconds[0] += 1
        meter.advance(10)
    assert told == [
        ("20 of 100 objects, 10/s, 8 s left", 0.2),
        ("40 of 100 objects, 10/s, 6 s left", 0.4),
        ("60 of 100 objects, 10/s, 4 s left", 0.6),
    ]


def test_bucket_is_made_in_two_steps():
    """What would act on objects, or keep them from being put right, is set at the end."""
    resource: Resource = {
        "name": "raw",
        "id": "raw",
        "location": "US",
        "labels": {"a": "b"},
        "lifecycle": {"rule": [{"action": {"type": "Delete"}}]},
        "retentionPolicy": {"retentionPeriod": "9", "isLocked": True, "effectiveTime": "x"},
        "hierarchicalNamespace": {"enabled": True},
        "objectRetention": {"mode": "Enabled"},
        "ipFilter": {"mode": "Enabled"},
        "propertyOfNextYear": {"mode": "a"},
        "softDeletePolicy": {"retentionDurationSeconds": "1", "effectiveTime": "x"},
        "iamConfiguration": {"uniformBucketLevelAccess": {"enabled": True, "lockedTime": "x"}},
        "timeCreated": "x",
    }
    assert first_configuration(resource) == {
        "location": "US",
        "labels": {"a": "b"},
        "softDeletePolicy": {"retentionDurationSeconds": "1"},
        "iamConfiguration": {"uniformBucketLevelAccess": {"enabled": True}},
        "hierarchicalNamespace": {"enabled": True},
        "propertyOfNextYear": {"mode": "a"},
    }
    assert last_configuration(resource) == {
        "lifecycle": {"rule": [{"action": {"type": "Delete"}}]},
        "retentionPolicy": {"retentionPeriod": "9"},
        "ipFilter": {"mode": "Enabled"},
    }


def test_writes_begin_slowly():
    """A thousand writes a second at first, and no more than twice as many twenty minutes later."""
    now, waited = [0.0], [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds
        waited[0] += seconds

    ramp = object_ramp(clock=lambda: now[0], sleep=sleep)
    for _ in range(400):
        ramp.take(25)
    assert 9 < waited[0] < 10
    now[0], waited[0] = 1200.0, 0.0
    for _ in range(400):
        ramp.take(25)
    assert 4.5 < waited[0] < 5


def test_what_a_journal_says_of_a_key_range_is_told_as_far_as_it_can_be_so():
    """What was restored counts among what is equal now; nothing else of an entry is believed."""
    now = RangeOutcome(number=0, equal=5)
    restored = (count("missing", "vault", 2),)
    entry = RangeOutcome(number=0, equal=99, restored=restored, moved_aside=1, unequal=7)
    assert with_earlier(now, entry) == RangeOutcome(
        number=0, equal=3, restored=restored, moved_aside=1
    )
    assert with_earlier(now, None) == now
    for forged in (6, -1):
        bad = entry.model_copy(update={"restored": (count("missing", "vault", forged),)})
        assert with_earlier(now, bad) == now
    busy = now.model_copy(update={"unequal": 1})
    assert with_earlier(busy, entry) == busy
