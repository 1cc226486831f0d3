"""What a recovery of buckets takes. Pure."""

from collections.abc import Sequence

from recovery.kinds.buckets.rules.buckets import BucketStep
from recovery.kinds.demand import Demand
from recovery.limits import limit


def buckets_demand(steps: Sequence[BucketStep]) -> Demand:
    """Return what it takes to bring the objects of buckets back."""
    written = [step for step in steps if step.writes]
    writes = sum(item.objects for step in written for item in step.counts if step.brings_back(item))
    bound = (object_seconds(writes), limit("object_writes_per_second").document)
    stored = sum(
        item.size_bytes
        for step in written
        for item in step.counts
        if item.damage == "missing" and item.source != "none"
    )
    return Demand(
        moved_bytes=sum(step.moved_bytes for step in written),
        object_bytes=stored,
        bounds=(bound,) if writes else (),
    )


def object_seconds(writes: int) -> float:
    """Return how long so many writes to one bucket take, whose rate may double every so often."""
    rate = float(limit("object_writes_per_second").value)
    doubling = limit("object_doubling_seconds").value
    seconds = 0.0
    while writes > rate * doubling:
        writes -= int(rate * doubling)
        seconds += doubling
        rate *= 2
    return seconds + writes / rate
