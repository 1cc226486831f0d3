"""What must be protected: `catalog.json`, read into frozen values.

The code knows nothing about the platform; another platform is another catalog.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import (
    Field,
    ValidationError,
    model_validator,
)

from manifests.catalog_decisions import LeftOut
from manifests.catalog_drills import DrillRule
from manifests.catalog_objectives import Objective, ScenarioName
from manifests.catalog_operations import Operations
from manifests.catalog_processors import Processors
from manifests.catalog_writers import FenceRule
from manifests.errors import CatalogError
from manifests.ids import ProjectId
from manifests.json_text import read_file
from manifests.kind import CatalogPart, PartKind
from manifests.kinds.buckets.catalog import CatalogBucket
from manifests.kinds.databases.catalog import CatalogDatabase
from manifests.kinds.resources.catalog import CatalogResources
from manifests.kinds.tables.catalog import CatalogDataset, CatalogTable, ShortName
from manifests.kinds.tables.kind import TABLES
from manifests.parts import PARTS
from manifests.values import Value


class Retention(Value):
    """How long complete runs are kept.

    Attributes:
        keep_days: Runs younger than this are kept.
        keep_at_least: The newest complete runs that are kept whatever their age.
        partial_days: Runs without a manifest are kept this long.
        most_vault_times: So many times as much as the newest run the vault may hold, before an alert
            is raised. Terraform reads it, and takes twice the full exports that are kept where it is None.
    """

    keep_days: int = Field(ge=1)
    keep_at_least: int = Field(ge=1)
    partial_days: int = Field(ge=1)
    most_vault_times: float | None = Field(default=None, gt=1)


class Catalog(Value):
    """Everything Rebound protects on one platform.

    Attributes:
        full_every_days: After this many days a table is exported whole again.
        protected_projects: Projects in which a recovery needs a second explicit word.
        fence: What writes to what is protected, and is paused before it is restored; None where
            nobody says.
        processors: What writes the rows of dates, and can be run again; None where nothing can.
        objectives: What was agreed of the recovery after each disaster; Rebound's own where it says nothing.
        drills: How often what is protected is shown to restore, and when that is forgotten.
        left_out: Decisions that something of the project is in no backup: while one holds, it counts in no
            exit code of `rebound status`, which names it each time.
        operations: What an operator looks at every day, and what is healthy.
    """

    platform: ShortName
    location: str
    full_every_days: int = Field(ge=1)
    retention: Retention
    protected_projects: tuple[ProjectId, ...]
    tables: tuple[CatalogTable, ...] = ()
    datasets: tuple[CatalogDataset, ...] = ()
    buckets: tuple[CatalogBucket, ...] = ()
    databases: tuple[CatalogDatabase, ...] = ()
    resources: tuple[CatalogResources, ...] = ()
    fence: FenceRule | None = None
    processors: Processors | None = None
    objectives: dict[ScenarioName, Objective] = Field(default_factory=dict)
    drills: DrillRule = DrillRule()
    left_out: tuple[LeftOut, ...] = ()
    operations: Operations = Operations()

    @model_validator(mode="after")
    def _names_are_unique(self) -> "Catalog":
        names = [kind.labelled(entry.name) for kind, entry in self.parts]
        names += [f"dataset {entry.name}" for entry in self.datasets]
        doubled = sorted({name for name in names if names.count(name) > 1})
        if doubled:
            message = f"listed more than once: {', '.join(doubled)}"
            raise ValueError(message)
        if not names:
            message = "it protects nothing"
            raise ValueError(message)
        return self

    @property
    def unneeded_decisions(self) -> tuple[str, ...]:
        """Return the parts of `drills.not_shown` that a drill shows: that decision changes nothing.

        A later version may drill what no drill showed when that was decided. A decision about what is not
        protected, as a misspelt name, changes nothing either.
        """
        parts = {kind.labelled(it.name): kind.why_not_drilled(it.name) for kind, it in self.parts}
        return tuple(
            dict.fromkeys(part for part in self.drills.accepted if parts.get(part, "unknown") == "")
        )

    def entries(self, kind: PartKind[Any]) -> tuple[CatalogPart, ...]:
        """Return what is listed of one kind."""
        found: tuple[CatalogPart, ...] = getattr(self, kind.name)
        return found

    @property
    def parts(self) -> Iterator[tuple[PartKind[Any], CatalogPart]]:
        """Yield everything that is listed, with its kind."""
        return ((kind, entry) for kind in PARTS for entry in self.entries(kind))

    @property
    def dataset_ids(self) -> tuple[str, ...]:
        """Return the datasets of the protected tables, in order of first mention."""
        named = [entry.dataset_id for entry in self.tables]
        return tuple(dict.fromkeys([*named, *(entry.dataset for entry in self.datasets)]))

    def written(self, kinds: Collection[str]) -> tuple[str, ...]:
        """Return what of some kinds is written to, as the catalog's writers name it."""
        found: list[CatalogPart] = []
        for kind in PARTS:
            if kind.name in kinds:
                found += [*self.entries(kind), *(self.datasets if kind is TABLES else ())]
        return tuple(dict.fromkeys(entry.written for entry in found if entry.written))

    def lists(self, table: str) -> bool:
        """Whether a table is named for itself."""
        return any(entry.table == table for entry in self.tables)

    def protects(self, kind: PartKind[Any], name: str) -> bool:
        """Whether a part is protected: it is listed, or all tables of its dataset are."""
        if any(entry.name == name for entry in self.entries(kind)):
            return True
        return kind is TABLES and any(entry.covers(name) for entry in self.datasets)

    def listing(self, tables: Iterable[str]) -> "Catalog":
        """Return the catalog with these tables listed, where all tables of their dataset are.

        A table that is listed already stays as it is listed.
        """
        more = tuple(
            CatalogTable(table=table, group=entry.group, backup=entry.backup)
            for table in tables
            for entry in self.datasets
            if entry.covers(table) and not self.lists(table)
        )
        return self.model_copy(update={"tables": (*self.tables, *more)})

    def without(self, tables: Collection[str]) -> "Catalog":
        """Return the catalog without some of its tables listed."""
        left = tuple(entry for entry in self.tables if entry.table not in tables)
        return self.model_copy(update={"tables": left})

    def check_apart(self, buckets: tuple[str, ...], datasets: tuple[str, ...]) -> None:
        """Refuse a catalog that protects what Rebound itself works in.

        Args:
            buckets: Those that backups and journals are kept in.
            datasets: Those that copies, staging tables and undo points are kept in.

        Raises:
            CatalogError: It names one of them.
        """
        for entry in self.buckets:
            if entry.bucket in buckets:
                raise CatalogError(
                    "the catalog protects this bucket, and backups are kept there",
                    subject=entry.bucket,
                    hint="check REBOUND_VAULT_BUCKET, REBOUND_LANDING_BUCKET and REBOUND_SECOND_BUCKET",
                )
        working = {name.lower() for name in datasets}
        for dataset_id in self.dataset_ids:
            if dataset_id.lower() in working:
                raise CatalogError(
                    "Rebound's own tables are kept there, which expire by themselves",
                    subject=dataset_id,
                    hint="set REBOUND_SCRATCH_DATASET or REBOUND_UNDO_DATASET to another",
                )


def load_catalog(path: Path | None = None) -> Catalog:
    """Read a catalog.

    Args:
        path: A JSON file; the catalog shipped with the package when None.

    Raises:
        CatalogError: The file is missing, is not JSON, or does not fit the catalog's shape.
    """
    source = path or files("manifests") / "catalog.json"
    try:
        return Catalog.model_validate(read_file(source, CatalogError, hint="set REBOUND_CATALOG"))
    except ValidationError as error:
        details = "; ".join(
            f"{'.'.join(map(str, item['loc'])) or 'catalog'}: {item['msg']}"
            for item in error.errors()
        )
        raise CatalogError(re.sub(r"\s+", " ", details), subject=str(source)) from error
