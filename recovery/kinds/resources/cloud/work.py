"""Looks at the platform's configuration, and makes again what is missing of it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, partial
from typing import ClassVar

from manifests.cloud.configuration import Configuration
from manifests.cloud.granted import granted
from manifests.cloud.retry import cloud_errors
from manifests.errors import CloudError
from manifests.kinds.resources.images import by_digest, image_project, images
from manifests.kinds.resources.layout import is_archive
from manifests.kinds.resources.lines import StoredResource
from manifests.kinds.resources.managed import is_of_function
from manifests.kinds.resources.model import ResourceBackup
from manifests.kinds.resources.table import TYPES, resource_type
from manifests.values import Resource
from recovery.fence.model import FencedWriter
from recovery.fence.rules import as_before
from recovery.kinds.decision import Origin
from recovery.kinds.kind import of
from recovery.kinds.outcome import Outcome
from recovery.kinds.resources.cloud.making import Making
from recovery.kinds.resources.cloud.recovering import Recovering
from recovery.kinds.resources.cloud.secrets import has_value
from recovery.kinds.resources.cloud.stored import (
    read_object,
    read_resources,
    read_types,
    verify_resources,
)
from recovery.kinds.resources.rules.counterparts import counterparts
from recovery.kinds.resources.rules.kind import ConfigurationRules, FoundationRules, ResourceRules
from recovery.kinds.resources.rules.planning import bucket_of, check_apart, check_owner
from recovery.kinds.resources.rules.renaming import Names, new_names
from recovery.kinds.resources.rules.rewriting import Rewriting, addresses
from recovery.kinds.resources.rules.secrets import secret_values
from recovery.kinds.resources.rules.seen import ResourcesSeen, SeenResource
from recovery.kinds.resources.rules.steps import ConfigurationStep, FoundationStep
from recovery.kinds.step import Step
from recovery.kinds.work import Begun, Running, Tools, Work
from recovery.permitted import needed_to_make
from recovery.request import Request, Target
from recovery.unseen import Unseen, looked_at, told_apart

_READERS = 8
_ANSWERING = ("run/service", "functions/function")

type _Found = Mapping[str, Resource]
"""The present resources of a type whose service names them, by their names in the backup."""


class ConfigurationWork(Work[ResourcesSeen]):
    """The resources of one project.

    Args:
        tools: What the work is done with.
        target: Where the recovery writes.
    """

    rules: ClassVar[ConfigurationRules]
    verify = staticmethod(verify_resources)

    def __init__(self, tools: Tools, target: Target) -> None:
        self._tools = tools
        self._target = target
        self._rest = tools.rest()
        self._configuration = Configuration(self._rest, target.project)
        self._pinned: dict[str, str] = {}

    def observe(
        self, origin: Origin, request: Request, begun: Begun | None = None
    ) -> ResourcesSeen:
        """Look at everything that the backup has of the types that were asked for."""
        names = self._names(origin)
        rewriting = Rewriting(names)
        wanted_types = self.rules.wanted(origin.run, request)
        read, damaged = read_types(self._tools.vault, wanted_types, self._target.label)
        assigned = {item.type: self._assigned(item, stored, rewriting) for item, stored in read}
        wanted = [(backup, item) for backup, stored in read for item in stored]
        new = [
            rewriting.of(backup.type, stored.resource).name(stored.name)
            for backup, stored in wanted
        ]
        check_apart(new)
        check_owner(new, project=self._target.project, number=lambda: self._number)
        look = partial(self._seen, rewriting, assigned, self._tools.fences.writers())
        with ThreadPoolExecutor(_READERS, thread_name_prefix="resources") as pool:
            looked = list(pool.map(lambda item: look(*item), wanted))
        seen, unseen = told_apart(
            {
                f"{item[0].type} {item[1].name}": found
                for item, found in zip(wanted, looked, strict=True)
            }
        )
        missing = [
            rewriting.of(item.type, item.stored.resource).resource(item.stored.resource)[0]
            for item in seen.values()
            if item.resource is None
        ]
        secrets = {value for item in missing for value in secret_values(item, self._own)}
        lacking, unasked = self._lacking({it.type for it in seen.values() if it.resource is None})
        gone, self._pinned = self._images(seen.values(), rewriting)
        return ResourcesSeen(
            items=tuple(seen.values()),
            names=names,
            pinned=self._pinned,
            gone_images=gone,
            own=self._own,
            foreign_buckets=self._foreign(new),
            no_values=frozenset(
                value
                for value in secrets
                if not has_value(self._configuration, value, self._target.project)
            ),
            lacking=lacking,
            unasked=unasked,
            unseen=(*damaged, *unseen),
            older=begun.older({it.stored.name: it.resource for it in seen.values()})
            if begun
            else frozenset(),
        )

    def recover(self, steps: Sequence[Step], origin: Origin, running: Running) -> Iterator[Outcome]:
        """Make resources in the order of their types, prove each, and fence those that would run."""
        backups = {backup.type: backup for backup in origin.run.resources}
        chosen = of(steps, ConfigurationStep)
        archives = {item.name: item for part in backups.values() for item in part.sources}
        names = self._names(origin)
        is_elsewhere = names != Names()
        recovering = Recovering(
            self._rest,
            self._configuration,
            names,
            running,
            lost=names.lost | self._addresses(backups.values() if is_elsewhere else ()),
            pinned=self._pinned,
            archive=lambda name: read_object(self._tools.vault, archives[name]),
            fences=self._tools.fences,
            landing=self._tools.landing,
            project=self._target.project,
            own=self._own,
        )
        for kind in TYPES:
            about = [step for step in chosen if step.type == kind.name]
            if not about:
                continue
            read = read_resources(self._tools.vault, backups[kind.name], self._target.label)
            stored = {item.name: item for item in read}
            yield from recovering.recover(kind, [(step, stored[step.name]) for step in about])

    @cached_property
    def _number(self) -> str:
        return self._configuration.project_number()

    @property
    def _own(self) -> frozenset[str]:
        return frozenset({self._target.project, self._number})

    def _seen(
        self,
        rewriting: Rewriting,
        assigned: Mapping[str, _Found | Unseen],
        held: Mapping[str, FencedWriter],
        backup: ResourceBackup,
        stored: StoredResource,
    ) -> SeenResource | Unseen:
        rewriting = rewriting.of(backup.type, stored.resource)
        kind, name = resource_type(backup.type), rewriting.name(stored.name)
        told, there = f"{kind.name} {name}", assigned[kind.name]
        if isinstance(there, Unseen):
            return there.model_copy(update={"name": told})

        def look() -> SeenResource:
            resource = (
                there.get(stored.name)
                if kind.naming == "assigned"
                else self._configuration.resource(kind, name)
            )
            if resource is not None:
                resource = as_before(kind, resource, held)
            policy: Resource | None = None
            if resource is not None and stored.policy is not None:
                policy = self._configuration.policy(kind, name)
            is_equal = True
            if resource is not None and stored.source:
                is_equal = is_archive(stored.source, self._configuration.archive(kind, name))
            return SeenResource(
                type=kind.name,
                stored=stored,
                resource=resource,
                policy=policy,
                is_source_equal=is_equal,
            )

        return looked_at(told, look)

    def _lacking(self, types: Iterable[str]) -> tuple[dict[str, tuple[str, ...]], str]:
        """Return the permissions that the operator lacks to make each type, or why nobody could ask."""
        needs = {name: needed_to_make(name) for name in types}
        wanted = frozenset().union(*needs.values())
        try:
            with cloud_errors(self._target.project):
                has = granted(self._rest, self._target.project, wanted)
        except CloudError as error:  # it only informs: an outage must not stop a recovery
            return {}, error.message
        return {name: tuple(sorted(own - has)) for name, own in needs.items() if own - has}, ""

    def _foreign(self, names: Iterable[str]) -> frozenset[str]:
        """Return the buckets in names that another project owns; a missing bucket is not among them."""
        owners = {
            bucket: self._configuration.bucket_owner(bucket)
            for bucket in set(map(bucket_of, names)) - {""}
        }
        return frozenset(
            bucket for bucket, owner in owners.items() if owner not in (None, self._number)
        )

    def _images(
        self, items: Iterable[SeenResource], rewriting: Rewriting
    ) -> tuple[frozenset[str], dict[str, str]]:
        """Return the images that are to be run and are gone, and those that are named by digest.

        One whose tag is gone, or another image's by now, is run by the digest that the backup has. Those
        of other projects are not looked at, nor those of functions, which are built again.
        """
        gone, pinned = set(), {}
        for item in (item for item in items if not is_of_function(item.stored.resource)):
            for image in images(item.stored.resource):
                named, digest = rewriting.text(image), item.stored.images.get(image, "")
                exact = by_digest(named, digest) if digest else ""
                if item.resource is not None:
                    is_exact = exact in images(item.resource)
                elif image_project(named) != self._target.project:
                    continue
                elif (now := self._configuration.image_digest(named)) and now == (digest or now):
                    is_exact = False
                else:
                    is_exact = bool(exact and self._configuration.image_digest(exact))
                    if not (is_exact or now):
                        gone.add(named)
                if is_exact and exact != named:
                    pinned[image] = exact
        return frozenset(gone), pinned

    def _addresses(self, backups: Iterable[ResourceBackup]) -> frozenset[str]:
        """Return every address at which the services and functions of a run answered."""
        return frozenset(
            address
            for backup in backups
            if backup.type in _ANSWERING
            for stored in read_resources(self._tools.vault, backup)
            for address in addresses(stored.resource).values()
        )

    def _assigned(
        self, backup: ResourceBackup, stored: Sequence[StoredResource], rewriting: Rewriting
    ) -> _Found | Unseen:
        """Return the present resources of a type whose service names them; empty for other types."""
        kind, rewriting = resource_type(backup.type), rewriting.of(backup.type)
        if kind.naming != "assigned":
            return {}

        def look() -> _Found:
            places = list(map(rewriting.text, backup.locations))
            present = self._configuration.resources(kind, places, none_where_missing=True)
            wanted = {item.name: rewriting.resource(item.resource)[0] for item in stored}
            pairs = counterparts(kind, wanted, present)
            return {name: {"name": there, **present[there]} for name, there in pairs.items()}

        return looked_at(kind.name, look)

    def _names(self, origin: Origin) -> Names:
        """Return what is called otherwise where the recovery writes."""
        if origin.run.project == self._target.project and not self._target.regions:
            return Names()
        replaced = self._addresses(origin.run.resources) if self._target.answering else ()
        return new_names(origin.run, self._target, self._number, replaced)


class FoundationWork(ConfigurationWork):
    """What has to be there before data is."""

    rules = FoundationRules()

    def come_first(self, steps: Sequence[Step], origin: Origin) -> dict[str, str]:
        """Enable services: nothing of one that is not enabled can be looked at."""
        del origin
        making = Making(self._rest, self._configuration)
        for step in of(steps, FoundationStep):
            making.create(resource_type(step.type), step.into, {})
        return {step.title: "enabled" for step in of(steps, FoundationStep)}


class ResourceWork(ConfigurationWork):
    """What is made when data is there."""

    rules = ResourceRules()
