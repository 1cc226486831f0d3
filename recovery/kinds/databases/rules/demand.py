"""What a recovery of Firestore databases takes. Pure."""

from collections.abc import Sequence

from manifests.model.run import Manifest
from recovery.kinds.databases.rules.documents import DatabaseStep
from recovery.kinds.demand import Demand, StepDemand
from recovery.limits import limit


def databases_demand(steps: Sequence[DatabaseStep], manifest: Manifest) -> Demand:
    """Return what it takes to bring documents back: one database after the other.

    Args:
        steps: What happens to each.
        manifest: What is brought back.
    """
    locations = {item.name: str(item.resource.get("locationId", "")) for item in manifest.databases}
    bound = limit("document_writes_per_second").document
    seconds = sum(step.ramp_seconds for step in steps)
    return Demand(
        steps=tuple(
            StepDemand(
                name=step.title,
                moved_bytes=step.stored_bytes,
                documents=step.writes,
                location=locations.get(step.name, ""),
                seconds=step.ramp_seconds,
                bound=bound if step.ramp_seconds else "",
            )
            for step in steps
            if step.writes
        ),
        bounds=((seconds, bound),) if seconds else (),
    )
