"""What a drill restores of the platform's configuration, and what it finds to differ. Pure."""

from collections.abc import Collection, Iterator, Sequence

from manifests.kinds.resources.given import is_given
from manifests.kinds.resources.model import ResourceBackup
from manifests.kinds.resources.table import resource_type
from manifests.model.run import Manifest
from recovery.kinds.drilled import Draw, Drilled
from recovery.kinds.kind import of
from recovery.kinds.places import Places
from recovery.kinds.resources.rules.steps import ConfigurationStep
from recovery.kinds.step import Step

_ACCOUNTS = "iam/service-account"
"""Almost everything acts as one, whatever else has to be there before it."""


def drillable(manifest: Manifest) -> tuple[ResourceBackup, ...]:
    """Return the types of a run whose resources can be made in a sandbox."""
    return tuple(
        item
        for item in manifest.resources
        if item.restorable and not resource_type(item.type).why_not_drilled
    )


def sampled_set(manifest: Manifest, draw: Draw) -> frozenset[str]:
    """Return the type that was not shown to restore for longest, with those that it needs."""
    found = drillable(manifest)
    if not found:
        return frozenset()
    needed, left = {_ACCOUNTS}, [draw.oldest(found).type]
    while left:
        name = left.pop()
        needed.add(name)
        left += [item for item in resource_type(name).after if item not in needed]
    return frozenset(item.type for item in found if item.type in needed)


def drilled_types(
    parts: Sequence[ResourceBackup], types: Collection[str], places: Places
) -> Iterator[Drilled]:
    """Yield the recovery of those types that are among some parts, if any are.

    What services and functions answer at is replaced by a host that never answers: nothing in a
    sandbox can then call the platform. Custom roles have ids of their own: each drill deletes them.
    """
    if chosen := tuple(item.type for item in parts if item.type in types):
        yield Drilled(
            f"resources: {', '.join(chosen)}",
            {"answering": places.answering, "role_suffix": places.role_suffix},
            {"types": chosen, "grants_nothing": True, "only_missing": True},
        )


def resource_differences(step: Step) -> Iterator[str]:
    """Yield what of a resource that was restored is not as the run has it, but for its being stopped."""
    for item in of([step], ConfigurationStep):
        if is_given(item.type, item.own_name):
            continue
        stopped = {pause.field for pause in resource_type(item.type).pauses}
        for found in item.differs:
            if found.aspect.partition(".")[0] not in stopped:
                yield found.text
        if item.action != "leave" and not item.differs:
            yield item.why or item.action
