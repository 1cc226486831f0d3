"""What is too large to be looked at twice: a plan tells it before anything is paused. Pure."""

from collections.abc import Collection

from manifests.catalog_writers import FenceRule
from manifests.model.run import Manifest


def too_large(rule: FenceRule, run: Manifest, things: Collection[str]) -> dict[str, str]:
    """Return how much there is of each thing of which a fence will not know whether anything writes to it.

    Args:
        rule: How many are looked at.
        run: What there was when the run was made; there may be more by now.
        things: As `bucket lake` or `database (default)`.
    """
    most = {"bucket": rule.most_objects, "database": rule.most_documents}
    held = {kind.labelled(part.name): (kind.counted, part.count) for kind, part in run.every_part}
    return {
        thing: f"{held[thing][1]:,} {held[thing][0]}"
        for thing in sorted(things)
        if thing in held and held[thing][1] > most.get(thing.partition(" ")[0], held[thing][1])
    }
