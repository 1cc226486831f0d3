"""What a recovery of Firestore databases takes. Pure."""

from collections.abc import Sequence

from recovery.kinds.databases.rules.documents import DatabaseStep
from recovery.kinds.demand import Demand, StepDemand
from recovery.limits import limit


def databases_demand(steps: Sequence[DatabaseStep]) -> Demand:
    """Return what it takes to bring documents back: one database after the other."""
    bound = limit("document_writes_per_second").document
    seconds = sum(step.ramp_seconds for step in steps)
    return Demand(
        steps=tuple(
            StepDemand(
                name=step.title,
                moved_bytes=step.stored_bytes,
                documents=step.writes,
                seconds=step.ramp_seconds,
                bound=bound if step.ramp_seconds else "",
            )
            for step in steps
            if step.writes
        ),
        bounds=((seconds, bound),) if seconds else (),
    )
