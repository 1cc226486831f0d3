"""The keys of Cloud KMS that objects come under are in the plan."""

from manifests.kinds.buckets.model import ObjectSettings
from recovery.kinds.buckets.rules.counts import StepCounter
from recovery.kinds.buckets.rules.objects import plan_object
from recovery.kinds.buckets.rules.rows import bucket_row
from tests.unit.object_samples import POINT, record, version
from tests.unit.told import planned
from tests.unit.worlds import bucket_step


def test_keys_of_an_inventory_are_told():
    """Any key may stand in an inventory: what comes under one that it is not under now is counted."""
    keyed = ObjectSettings(content_type="text/plain", kms_key="projects/eve/k")
    counter, other = StepCounter(), StepCounter()
    for counted, found in (
        (counter, ()),
        (other, (version(),)),
        (other, (version(settings=keyed),)),
    ):
        step = plan_object("a", record(settings=keyed), found, POINT)
        if step is not None:
            counted.add(step)
    counter.merge(other)
    assert counter.keys == {"projects/eve/k": 2}
    for number in range(100):
        many = keyed._replace(kms_key=f"k{number}")
        step = plan_object("a", record(settings=many), (), POINT)
        assert step is not None
        counter.add(step)
    assert counter.keys["further keys"] == 81
    text = "\n".join(
        planned(bucket_row(bucket_step(keys={"projects/eve/\x1bk": 2}, action="create")))
    )
    assert "ENCRYPTS 2 OBJECTS with the key projects/eve/\\x1bk" in text
