"""The rules of the two kinds of configuration: what comes before data, and what comes after it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from manifests.catalog import Catalog
from manifests.kinds.resources.given import is_given
from manifests.kinds.resources.images import image_project, images
from manifests.kinds.resources.model import ResourceBackup
from manifests.kinds.resources.table import resource_type
from manifests.model.run import Manifest
from manifests.values import Resource
from recovery.access_change import AccessChange, given
from recovery.document import Block, Row, Rows
from recovery.kinds.decision import Decision, Origin
from recovery.kinds.drilled import Draw, Drilled
from recovery.kinds.kind import Rules, of
from recovery.kinds.outcome import Outcome, Restored
from recovery.kinds.places import Places
from recovery.kinds.resources.rules.drilled import (
    drillable,
    drilled_types,
    resource_differences,
    sampled_set,
)
from recovery.kinds.resources.rules.managed import left_behind, managed_names
from recovery.kinds.resources.rules.obstacles import obstacle
from recovery.kinds.resources.rules.planning import bucket_of, into_of, not_granted, plan_resource
from recovery.kinds.resources.rules.policies import opens
from recovery.kinds.resources.rules.rewriting import Rewriting
from recovery.kinds.resources.rules.rows import (
    held_resources,
    proven_resources,
    resource_outcome_rows,
    resource_rows,
)
from recovery.kinds.resources.rules.secrets import secret_values
from recovery.kinds.resources.rules.seen import ResourcesSeen, SeenResource
from recovery.kinds.resources.rules.steps import (
    FOLDER,
    ConfigurationOutcome,
    ConfigurationStep,
    FoundationOutcome,
    FoundationStep,
    ResourceOutcome,
    ResourceStep,
)
from recovery.kinds.step import Step
from recovery.kinds.told import Held, SoFar
from recovery.request import Request, Target
from recovery.units import listed


class ConfigurationRules(Rules[ResourcesSeen]):
    """Resources that are missing are made, stopped; what is there is left unless a word is said.

    Attributes:
        before_data: Whether it is about what has to be there before data is.
    """

    before_data: ClassVar[bool]
    leaves_out = True
    never_drilled = (
        "what IAM policies of resources grant: a drill grants nobody anything",
        "what services and functions answer at: a host that never answers stands for it",
    )

    def parts(self, manifest: Manifest) -> tuple[ResourceBackup, ...]:
        """Return the types of a run."""
        found = manifest.resources
        return tuple(
            item for item in found if resource_type(item.type).before_data == self.before_data
        )

    def wanted(self, manifest: Manifest, request: Request) -> tuple[ResourceBackup, ...]:
        """Return the types that were asked for."""
        return tuple(
            item for item in self.parts(manifest) if request.chooses(item.type, request.types)
        )

    def asked(self, manifest: Manifest, request: Request) -> frozenset[str]:
        """Return every resource by its full name: a step is about one."""
        wanted = self.wanted(manifest, request)
        return frozenset(entry.name for part in wanted for entry in part.entries)

    def names(self, manifest: Manifest, request: Request) -> Iterator[str]:
        """Yield every type, and every resource by its own name."""
        yield from super().names(manifest, request)
        for part in self.parts(manifest):
            yield from (entry.name.rpartition("/")[2] for entry in part.entries)

    def plan(self, origin: Origin, seen: ResourcesSeen, request: Request) -> Decision:
        """Decide what happens to each resource."""
        rewriting = Rewriting(seen.names, seen.pinned)
        wanted = {
            item.stored.name: rewriting.of(item.type, item.stored.resource).resource(
                item.stored.resource
            )[0]
            for item in seen.items
        }
        managed = managed_names(seen.items)
        left = left_behind(
            seen.items,
            managed,
            lambda item: into_of(item, rewriting.of(item.type, item.stored.resource)),
        )
        managed -= {name for name, told in left.items() if not told}
        planned = [
            plan_resource(
                item.model_copy(
                    update={
                        "is_managed": item.stored.name in managed,
                        "left_behind": left.get(item.stored.name, ""),
                    }
                ),
                request,
                rewriting.of(item.type, item.stored.resource),
            )
            for item in seen.items
        ]
        blocked = {
            item.stored.name: why
            for item in seen.items
            if item.resource is None
            and item.stored.name not in managed
            and (why := _obstacle(item, wanted[item.stored.name], rewriting, seen))
        }
        planned = [
            step.model_copy(
                update={
                    "needs": _needs(wanted[step.name], seen),
                    "unlooked": _unlooked(wanted[step.name], seen),
                    "lacks": seen.lacking.get(step.type, ()),
                    "unasked": seen.unasked,
                }
            )
            if step.action in ("create", "undelete")
            else step
            for step in planned
            if step.name not in blocked
        ]
        is_left = request.only_missing
        alone = [step for step in planned if is_left and step.action == "leave" and step.differs]
        return Decision(
            steps=tuple(step for step in planned if step not in alone),
            lost=(
                *(f"{name}: {why}" for name, why in blocked.items()),
                *_lost(self.wanted(origin.run, request)),
                *(
                    told
                    for item in (() if request.grants_nothing else seen.items)
                    for told in not_granted(item, rewriting.of(item.type, item.stored.resource))
                ),
            ),
            left_alone=tuple(step.title for step in alone),
        )

    def access(
        self, steps: Sequence[Step], origin: Origin, seen: ResourcesSeen, target: Target
    ) -> Iterator[AccessChange]:
        """Yield what IAM policies grant again, and services that check none and that everybody can call."""
        del origin, target
        items = {item.stored.name: item for item in seen.items}
        for step in of(steps, ConfigurationStep):
            for grant in step.grants:
                yield given(step.title, grant.member, grant.role)
            item = items.get(step.name)
            if (
                item
                and step.action in ("create", "update")
                and opens(item.stored.resource, item.resource)
            ):
                yield given(step.title, "allUsers", "calls without a check of IAM")

    def digested(self, seen: ResourcesSeen) -> object:
        """Return what is there of each resource."""
        return [(item.stored.name, item.resource, item.policy) for item in seen.items]

    def held(self, manifest: Manifest) -> Held:
        """Tell how many resources of each type a run holds, and what no API returned of them."""
        return Held(tuple(map(held_resources, self.parts(manifest))))

    def journalled(self, steps: Sequence[Step]) -> Mapping[str, type[ConfigurationOutcome]]:
        """Return the folder of the resources, which both kinds of them have in common."""
        del steps
        return {FOLDER: ConfigurationOutcome}

    def so_far(self, steps: Sequence[Step], entries: Mapping[str, Sequence[Any]]) -> SoFar:
        """Tell how far each resource is that is made or set."""
        own = [item for item in entries[FOLDER] if item.kind == self.noun]
        return super().so_far([step for step in steps if step.changes], {FOLDER: own})

    def plan_rows(self, steps: Sequence[Step], request: Request) -> Iterator[Row]:
        """Tell what happens to each resource."""
        del request
        yield from resource_rows(of(steps, ConfigurationStep))

    def outcome_rows(
        self, outcomes: Sequence[Outcome], steps: Sequence[Step], request: Request
    ) -> Iterator[Rows]:
        """Tell how each resource ended."""
        del steps, request
        rows = resource_outcome_rows(of(outcomes, ConfigurationOutcome))
        yield Rows(tuple(rows), "ended")

    def proven(
        self,
        outcomes: Sequence[Outcome],
        steps: Sequence[Step],
        point: str,
        exceptions: Sequence[str],
    ) -> Iterator[Block]:
        """Tell how many resources are proven, and what resumes those that were made stopped."""
        del steps, point, exceptions
        yield from proven_resources(of(outcomes, ConfigurationOutcome), self.kind)

    def restored(
        self, outcomes: Sequence[Outcome], steps: Sequence[Step], manifest: Manifest
    ) -> Iterator[Restored]:
        """Yield the types of which resources were made or set as the run has them.

        What each project has by itself no recovery makes: it counts as not held.
        """
        del steps
        made = Counter(
            item.type
            for item in of(outcomes, ConfigurationOutcome)
            if item.is_proven and item.comes_from_run
        )
        for part in self.parts(manifest):
            if made[part.type] or not part.restorable:
                yield Restored(part, made[part.type], part.restorable)

    def drilled(self, manifest: Manifest, places: Places) -> Iterator[Drilled]:
        """Yield the recovery of all that a sandbox takes."""
        types = [item.type for item in drillable(manifest)]
        yield from drilled_types(self.parts(manifest), types, places)

    def sampled(
        self, manifest: Manifest, catalog: Catalog, places: Places, draw: Draw
    ) -> Iterator[Drilled]:
        """Yield the recovery of what of one set of types is of this kind."""
        del catalog
        yield from drilled_types(self.parts(manifest), sampled_set(manifest, draw), places)

    def differences(self, step: Step) -> Iterator[str]:
        """Yield what of a resource differs, whatever would become of it."""
        yield from resource_differences(step)


class FoundationRules(ConfigurationRules):
    """What has to be there before data is: services, roles, accounts, secrets, connections."""

    kind, noun = "foundations", "foundation"
    steps = (FoundationStep,)
    outcomes = (FoundationOutcome,)
    before_data = True


class ResourceRules(ConfigurationRules):
    """What is made when data is there: what writes to it would act on what is restored."""

    kind, noun = "resources", "resource"
    steps = (ResourceStep,)
    outcomes = (ResourceOutcome,)
    before_data = False


def _obstacle(
    item: SeenResource, wanted: Resource, rewriting: Rewriting, seen: ResourcesSeen
) -> str:
    if seen.names.lost and is_given(item.type, item.stored.name):
        return "Google makes it with its service, and nobody else can"
    foreign = bucket_of(rewriting.text(item.stored.name)) in seen.foreign_buckets
    return obstacle(item.type, wanted, seen.gone_images, foreign=foreign)


def _needs(wanted: Resource, seen: ResourcesSeen) -> tuple[str, ...]:
    """Return the values of secrets that a resource reads and that are not there."""
    read = secret_values(wanted, seen.own)
    return tuple(value.told for value in read if value in seen.no_values)


def _unlooked(wanted: Resource, seen: ResourcesSeen) -> tuple[str, ...]:
    """Return the images that a resource runs of registries that are not the project's."""
    return tuple(image for image in images(wanted) if image_project(image) not in seen.own)


def _lost(backups: Sequence[ResourceBackup]) -> Iterator[str]:
    """Yield what no API returns, so that no backup has it, and what runs an image that was gone."""
    for backup in backups:
        if backup.gone_images:
            names = listed(backup.gone_images)
            yield f"what of {backup.type} is lost and runs an image that was gone at the backup: {names}"
        if backup.not_held and backup.entries:
            yield f"{', '.join(backup.not_held)} of {backup.type}: no API returns them"
