"""What the operator asked for: what is recovered, where to, and what may be replaced."""

import hashlib
from collections.abc import Collection, Mapping
from typing import Annotated, Any

from pydantic import StringConstraints

from manifests.catalog import Catalog
from manifests.catalog_objectives import ScenarioName
from manifests.ids import (
    BUCKET_NAME,
    DATABASE_ID,
    BucketName,
    DatabaseId,
    DatasetId,
    PartitionId,
    ProjectId,
    TableName,
)
from manifests.kinds.resources.table import resource_type
from manifests.values import UtcTime, Value
from recovery.scenarios import RecoveryKind, scenario
from recovery.scope import ObjectScope

_REGION = r"[a-z]+-[a-z]+[0-9]+"
_LONGEST_ROLE_ID = 64


class Target(Value):
    """Where a recovery writes.

    Attributes:
        project: The project.
        prefix: Put before every dataset id; empty restores under the original names.
        bucket: The bucket that takes the place of the one that is restored; empty restores into
            the original one.
        bucket_prefix: Put before the name of every bucket; empty restores into the original ones.
        database: The Firestore database that takes the place of the one that is restored; empty
            restores into the original one.
        answering: The host that stands for all that services and functions answered at; empty where
            they are made again, too.
        label: The value of the label `rebound-drill` that all gets that is made and can have one; empty for
            none.
        role_suffix: Put behind the id of every custom role; empty keeps them.
        regions: Where the configuration of a region goes, as `us-west2=us-east4`; that of others stays.
    """

    project: ProjectId
    prefix: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_]{0,100}$")] = ""
    bucket: Annotated[str, StringConstraints(pattern=rf"^({BUCKET_NAME})?$")] = ""
    bucket_prefix: Annotated[str, StringConstraints(pattern=r"^([a-z0-9][a-z0-9._-]{0,60})?$")] = ""
    database: Annotated[str, StringConstraints(pattern=rf"^({DATABASE_ID})?$")] = ""
    answering: Annotated[str, StringConstraints(pattern=r"^([a-z0-9-]+\.invalid)?$")] = ""
    label: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_-]{0,63}$")] = ""
    role_suffix: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.]{0,32}$")] = ""
    regions: tuple[Annotated[str, StringConstraints(pattern=rf"^{_REGION}={_REGION}$")], ...] = ()

    @property
    def moves_buckets(self) -> bool:
        """Whether buckets are restored into others."""
        return bool(self.bucket or self.bucket_prefix)

    @property
    def region_of(self) -> dict[str, str]:
        """Return the new region of each that has one."""
        return {old: new for old, _, new in (item.partition("=") for item in self.regions)}

    def bucket_name(self, original: str) -> str:
        """Return the bucket that stands for an original one."""
        return self.bucket or f"{self.bucket_prefix}{original}"

    def role_id(self, original: str) -> str:
        """Return the id of the custom role that stands for an original one (IAM REST, roles.create).

        One that is too long is cut, and stays another one than what begins with the same characters.
        """
        room = _LONGEST_ROLE_ID - len(self.role_suffix)
        if len(original) > room:
            told_apart = f"_{hashlib.sha256(original.encode()).hexdigest()[:8]}"
            original = f"{original[: room - len(told_apart)]}{told_apart}"
        return f"{original}{self.role_suffix}"

    def dataset_id(self, original: str) -> str:
        """Return the dataset that stands for an original one."""
        return f"{self.prefix}{original}"

    def name(self, original: str) -> str:
        """Return the `dataset.name` that stands for an original one."""
        return f"{self.prefix}{original}"

    def table(self, original: str) -> str:
        """Return the full id that stands for `dataset.table`."""
        return f"{self.project}.{self.prefix}{original}"


class Request(Value):
    """What the operator asked for.

    Attributes:
        datasets: Whole datasets with their views and routines; all when nothing is named.
        tables: Single tables, `dataset.table`, without views and routines.
        partitions: Only these partitions of the one table; all when empty.
        overwrite: Tables whose present rows, buckets whose present objects, and databases whose
            present documents may be replaced; `*` names all.
        buckets: Buckets; all when empty.
        objects: Which objects of them.
        databases: Firestore databases; all when empty.
        collections: Only these collections of a database, paths, with everything below them.
        documents: Only these documents, paths; one that ends in `/**` with everything below it.
        ephemeral: The top-level collections of each database that are never restored.
        triggers: What the documents' events of each database of the target start; None where nobody
            says.
        unthrottled: Whether documents are written as fast as the database takes them.
        types: Types of resources, and nothing else; all that the scenario brings back when empty.
        grants_nothing: Whether nobody is granted anything again that IAM policies of resources granted.
        exclude: Datasets, tables, views, routines, buckets and databases that are left out.
        only_missing: Whether only what is not there comes back; what differs is left as it is.
        exact: Whether partitions, objects and documents that the recovery point does not know are
            removed; objects are moved aside.
        rebuild: Whether state is rebuilt from history, without any run.
        notify: Whether what listens may be told of the objects and documents that are written.
        from_vault: Whether rows come from the vault even where another source is faster.
        keep_ttl: Whether documents are written although a time to live of the database deletes them
            again.
        lock_again: Whether objects whose own retention was locked are locked again.
        rewrite_references: Whether foreign keys and document references of a copy refer to the copy.
        settings: Whether datasets, buckets and databases that are there are set to what they were.
        expire_at: When tables and views expire that come back though their own time is over; None
            for never.
        create_datasets: Whether datasets that are gone are created anew, so that what was deleted
            with them cannot be undeleted any more.
        no_fence: Whether writers keep running while it is recovered.
        despite: Patterns of what may run on, or be unknown, behind the fence, as it is told.
        make: Resources that are made although Terraform keeps them, by their own names; `*` names all.
        unsigned_erasures: Whether what entries of the ledger name that nobody we trust signed stays
            erased, too.
        skip_erasures: Whether it is recovered although not all of the ledger is believed.
        not_in_catalog: Whether what the run holds and the catalog does not name is recovered too.
        project_was_named: Whether the operator named the project that is written to.
        point_was_named: Whether the operator named the run, the time, or the history, which ends
            where it ends. Then an old recovery point is what was asked for, and no objective is
            missed by it.
    """

    scenario: ScenarioName
    target: Target
    datasets: tuple[DatasetId, ...] = ()
    tables: tuple[TableName, ...] = ()
    partitions: tuple[PartitionId, ...] = ()
    buckets: tuple[BucketName, ...] = ()
    objects: ObjectScope = ObjectScope()
    databases: tuple[DatabaseId, ...] = ()
    collections: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    unthrottled: bool = False
    ephemeral: Mapping[str, tuple[str, ...]] = {}
    triggers: Mapping[str, tuple[str, ...] | None] = {}
    types: tuple[str, ...] = ()
    grants_nothing: bool = False
    exclude: tuple[str, ...] = ()
    overwrite: tuple[str, ...] = ()
    only_missing: bool = False
    exact: bool = False
    rebuild: bool = False
    notify: bool = False
    from_vault: bool = False
    keep_ttl: bool = False
    lock_again: bool = False
    rewrite_references: bool = False
    settings: bool = False
    expire_at: UtcTime | None = None
    create_datasets: bool = False
    not_in_catalog: bool = False
    no_fence: bool = False
    despite: tuple[str, ...] = ()
    make: tuple[str, ...] = ()
    unsigned_erasures: bool = False
    skip_erasures: bool = False
    project_was_named: bool = False
    point_was_named: bool = False

    @property
    def named(self) -> frozenset[str]:
        """Return the labels of what was asked for by name, which the catalog need not know."""
        return frozenset(
            [
                *self.tables,
                *(f"dataset {name}" for name in self.datasets),
                *(f"bucket {name}" for name in self.buckets),
                *(f"database {name}" for name in self.databases),
            ]
        )

    @property
    def kinds(self) -> tuple[RecoveryKind, ...]:
        """Return the kinds that are brought back, in the order in which they are."""
        named = scenario(self.scenario)
        if self.types:
            found = {resource_type(name).before_data for name in self.types}
            of = {"foundations": True, "resources": False}
            return tuple(kind for kind in named.covers if of.get(kind) in found)
        return named.rebuilds if self.rebuild else named.covers

    @property
    def names_parts(self) -> bool:
        """Whether single things were named, and not all that the scenario brings back asked for."""
        return bool(self.tables or self.datasets or self.buckets or self.databases or self.types)

    def covers(self, kind: RecoveryKind) -> bool:
        """Whether things of this kind are brought back."""
        return kind in self.kinds

    def chooses(self, name: str, named: Collection[str]) -> bool:
        """Whether a part is recovered, of those of its kind that were named, which are all when none is."""
        return name not in self.exclude and (not named or name in named)

    def may_overwrite(self, name: str) -> bool:
        """Whether the operator allowed replacing what a table, definition, bucket or database is now."""
        return "*" in self.overwrite or name in self.overwrite

    def may_make(self, name: str) -> bool:
        """Whether the operator allowed making a resource that Terraform keeps."""
        return "*" in self.make or name in self.make

    def decides_overwriting(self, name: str) -> bool:
        """Whether the operator said what becomes of what differs: it is replaced, or it is left."""
        return self.only_missing or self.may_overwrite(name)


def said_of_databases(catalog: Catalog, *, is_own: bool) -> dict[str, Mapping[str, Any]]:
    """Return what the catalog alone says of databases: no journal and no file is asked for it.

    Args:
        catalog: What is protected.
        is_own: Whether the recovery goes to the project that the catalog is about.
    """
    return {
        "triggers": {entry.database: entry.triggers for entry in catalog.databases}
        if is_own
        else {},
        "ephemeral": {entry.database: entry.ephemeral for entry in catalog.databases},
    }
