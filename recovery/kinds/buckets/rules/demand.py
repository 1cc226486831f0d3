"""What a recovery of buckets takes. Pure."""

from collections.abc import Sequence

from recovery.kinds.buckets.rules.buckets import BucketStep
from recovery.kinds.demand import Demand, StepDemand
from recovery.limits import limit


def buckets_demand(steps: Sequence[BucketStep]) -> Demand:
    """Return what it takes to bring the objects of buckets back; all share one ramp."""
    written = [step for step in steps if step.writes]
    together = sum(map(_writes, written))
    bound = (object_seconds(together), limit("object_writes_per_second").document)
    return Demand(
        steps=tuple(
            StepDemand(
                name=step.title,
                moved_bytes=step.moved_bytes,
                object_bytes=_stored_bytes(step),
                seconds=object_seconds(_writes(step)),
                bound=bound[1],
            )
            for step in written
        ),
        bounds=(bound,) if together else (),
    )


def _writes(step: BucketStep) -> int:
    return sum(item.objects for item in step.counts if step.brings_back(item))


def _stored_bytes(step: BucketStep) -> int:
    return sum(
        item.size_bytes
        for item in step.counts
        if item.damage == "missing" and item.source != "none"
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
