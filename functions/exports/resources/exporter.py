"""Backs up the platform's configuration: every resource of one type, as its API returns it.

No API tells what was there at an earlier time, so that resources are read after the recovery point;
the manifest says by how much.
"""

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from functools import cached_property, partial
from typing import override

from pydantic import ValidationError

from functions.exporter import Exporter, others
from functions.log import LoggingPool, logged_step
from manifests.cloud.assets import asset_types
from manifests.cloud.configuration import Configuration
from manifests.cloud.objects import Bucket
from manifests.cloud.rest import Rest
from manifests.errors import CloudError, StrangeObjectError
from manifests.kinds.resources.assets import covered_assets
from manifests.kinds.resources.catalog import CatalogResources
from manifests.kinds.resources.images import image_project, images
from manifests.kinds.resources.kind import RESOURCES
from manifests.kinds.resources.layout import archive_name, resources_name, resources_prefix
from manifests.kinds.resources.lines import StoredResource, entry_of, file_of
from manifests.kinds.resources.managed import is_of_function
from manifests.kinds.resources.model import ResourceBackup
from manifests.kinds.resources.table import resource_type
from manifests.kinds.resources.types import EVERYWHERE, ResourceType
from manifests.model.run import Manifest, Unprotected
from manifests.parts import PARTS
from manifests.store.decoded import STRANGE_HINT
from manifests.values import ObjectInfo, Resource, Skew, StoredObject

_WITHOUT_CONTENT = frozenset({"cloudresourcemanager.googleapis.com", "serviceusage.googleapis.com"})
"""Services that hold no content of their own."""


class ResourceExporter(Exporter[CatalogResources, ResourceBackup]):
    """Makes the backups of resources for one run."""

    kind = RESOURCES

    @override
    def back_up(self, entry: CatalogResources, base: ResourceBackup | None) -> ResourceBackup:
        """Write every resource of a type that the catalog names.

        Args:
            entry: The type in the catalog.
            base: Not needed: resources are small, and each run has all of them.

        Raises:
            CloudError: The type could not be listed whole, or a resource not read.
        """
        del base
        kind = resource_type(entry.type)
        with logged_step("read resources") as done:
            read_at = self.context.clock()
            found = {
                name: item
                for name, item in self._configuration.resources(kind, entry.locations).items()
                if _is_named(name, entry.names)
            }
            parallel = self.context.settings.parallel_streams
            with LoggingPool(parallel, "resources") as pool:
                read = list(pool.map(partial(self._whole, kind), found, found.values()))
            done["found"] = len(read)
        stored = [item for item, _ in read]
        content = file_of(stored)
        name = resources_name(self.context.start.run_id, kind.name, content)
        return ResourceBackup(
            type=kind.name,
            locations=entry.locations,
            project_number=self._project_number,
            read_at=read_at,
            entries=tuple(map(entry_of, stored)),
            stored=self._put(name, content, row_count=len(stored)),
            sources=_once(archive for _, archive in read if archive is not None),
            not_held=kind.not_held,
            gone_images=tuple(
                sorted({name for item in stored for name, at in item.images.items() if not at})
            ),
            unseen_images=tuple(sorted(_unseen(kind, stored))),
        )

    @override
    def unprotected(self) -> Iterable[Unprotected]:
        """Name the services nothing of whose configuration is in any run, and types of what is there."""
        if not self.entries:
            return
        named = {resource_type(entry.name).host for entry in self.entries}
        of_kinds = {service for kind in PARTS for service in kind.services}
        yield others("service", self._enabled, named | of_kinds | _WITHOUT_CONTENT)
        covered = covered_assets({entry.name for entry in self.entries})
        told = [others("asset type", self._asset_types, covered)]
        # The inventory knows no schedules (Cloud Asset Inventory, Asset types).
        for entry in self.context.catalog.resources:
            kind = resource_type(entry.type)
            if kind.names_locations and EVERYWHERE not in entry.locations:
                look = partial(self._configuration.inhabited, kind)
                told.append(others(f"location of {kind.name}", look, set(entry.locations)))
        yield from (item for item in told if item.count or item.unknown)

    @override
    def skews(self, manifest: Manifest) -> Iterable[Skew]:
        """Say how long after the recovery point each type was read."""
        for backup in manifest.parts(RESOURCES):
            yield Skew(
                kind="resources",
                name=backup.type,
                subject=f"resources {backup.type}",
                skew_seconds=(backup.read_at - manifest.recovery_point).total_seconds(),
            )

    @override
    def left_over(self, manifest: Manifest) -> Iterable[ObjectInfo]:
        """Yield the files of interrupted attempts, which the manifest does not list."""
        listed = {item.name for part in manifest.parts(RESOURCES) for item in part.objects}
        for item in self.context.vault.list_objects(resources_prefix(manifest.run_id)):
            if item.name not in listed:
                yield item

    # Made when the first part needs them: a night that protects no resources asks nobody.
    @cached_property
    def _configuration(self) -> Configuration:
        settings = self.context.settings
        return Configuration(Rest(settings.api_endpoint), settings.project)

    @cached_property
    def _project_number(self) -> str:
        return self._configuration.project_number()

    @cached_property
    def _second(self) -> Bucket | None:
        name = self.context.settings.second_bucket
        return Bucket(self.context.api, name) if name else None

    def _asset_types(self) -> frozenset[str]:
        settings = self.context.settings
        return asset_types(Rest(settings.api_endpoint), settings.project)

    def _enabled(self) -> list[str]:
        found = self._configuration.resources(resource_type("serviceusage/service"), ())
        return [name.rpartition("/")[2] for name in found]

    def _whole(
        self, kind: ResourceType, name: str, resource: Resource
    ) -> tuple[StoredResource, StoredObject | None]:
        """Return a resource with all that belongs to it, and the archive it is built from."""
        archive = self._archive(kind, name)
        policy, below = (
            self._configuration.policy(kind, name),
            self._configuration.below(kind, name),
        )
        try:
            stored = StoredResource(
                name=name,
                resource=resource,
                policy=policy,
                below=below,
                source="" if archive is None else archive.name,
                images=self._images(kind, resource),
            )
        except ValidationError as error:
            what = error.errors()[0]["msg"]
            raise CloudError(
                f"no run can hold what its API answers: {what}", subject=name
            ) from error
        return stored, archive

    def _images(self, kind: ResourceType, resource: Resource) -> dict[str, str]:
        """Return the digest of each image that a resource runs, where one can be seen.

        Of one that this project keeps it is empty where it is gone. What another project answers who may not
        look, or where nothing is, is not told apart. Those of functions are not looked for: no recovery
        needs them.
        """
        if not kind.has_images or is_of_function(resource):
            return {}
        project, found = self.context.settings.project, dict[str, str]()
        for name in sorted(set(images(resource))):
            if image_project(name) == project:
                found[name] = self._configuration.image_digest(name)
            elif digest := self._foreign_digest(name):
                found[name] = digest
        return found

    def _foreign_digest(self, image: str) -> str:
        """Return the digest of an image of another registry; empty where nobody can see it."""
        if not image_project(image):
            return ""
        try:
            return self._configuration.image_digest(image)
        except CloudError:
            # Another project may refuse for good: no alert each night, the run names the image as unseen.
            return ""

    def _archive(self, kind: ResourceType, name: str) -> StoredObject | None:
        if not kind.has_archive:
            return None
        content = self._configuration.archive(kind, name)
        return self._put(
            archive_name(self.context.start.run_id, kind.name, content), content, row_count=0
        )

    def _put(self, name: str, content: bytes, *, row_count: int) -> StoredObject:
        if self._second is not None and self._second.put_once(name, content) != content:
            raise StrangeObjectError(
                "something else lies there", subject=self._second.uri(name), hint=STRANGE_HINT
            )
        info = self.context.files.put_once(name, content).info
        return StoredObject(**info.model_dump(), row_count=row_count)


def _unseen(kind: ResourceType, stored: Sequence[StoredResource]) -> set[str]:
    """Return the images that resources run and that could not be looked at."""
    if not kind.has_images:
        return set()
    run = (item for item in stored if not is_of_function(item.resource))
    return {name for item in run for name in images(item.resource) if name not in item.images}


def _is_named(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(name.rpartition("/")[2], pattern) for pattern in patterns)


def _once(archives: Iterable[StoredObject]) -> tuple[StoredObject, ...]:
    """Return each archive once: functions can be built from the same one."""
    return tuple({item.name: item for item in archives}.values())
