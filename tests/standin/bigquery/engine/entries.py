"""What the catalog holds, as values: datasets, tables with their generations, routines."""

from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

from tests.standin.bigquery.engine.locks import TableKey
from tests.standin.bigquery.engine.types import Field

type Resource = dict[str, Any]

LIVE = 9223372036854775807
"""End of a row version, or of a generation, that is still valid."""


@dataclass(frozen=True, kw_only=True)
class Generation:
    """One stored form of a table's rows: a DuckDB table that was the table's for some time.

    Attributes:
        name: The DuckDB table.
        fields: The columns it has.
        start: From when on (us) it was the table's.
        end: Until when (us).
        ingestion: Whether it has the hidden column `_PARTITIONTIME`.
        expiry: DuckDB's expression of the instant (us) at which a row's partition expires; empty
            where none does.
    """

    name: str
    fields: list[Field]
    start: int
    end: int = LIVE
    ingestion: bool = False
    expiry: str = ""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A dataset, table, view or routine.

    Attributes:
        kind: `dataset`, `table` (views too) or `routine`.
        key: project, dataset and own id; a dataset has two parts.
        number: Unique for each incarnation of a name.
        resource: The REST resource.
        deleted: When it was deleted (us); None while it is there.
        generations: A table's stored rows, oldest first.
        policies: Row access policies by id.
        had_policies: Whether it has or ever had one; time travel then needs a permission.
        bases: The numbers of the tables that a materialized view reads.
        grants: When each authorized entry of a dataset's access was given, as `grant_of` tells it.
        access: The IAM policy of a table or view, which goes with it.
    """

    kind: str
    key: tuple[str, ...]
    number: int
    resource: Resource
    deleted: int | None = None
    generations: tuple[Generation, ...] = ()
    policies: dict[str, Resource] = field(default_factory=dict)
    had_policies: bool = False
    bases: tuple[int, ...] = ()
    grants: dict[str, str] = field(default_factory=dict)
    access: Resource = field(default_factory=dict)

    @property
    def table_key(self) -> TableKey:
        """The key of a table."""
        project, dataset_id, table_id = self.key
        return project, dataset_id, table_id

    @property
    def is_table(self) -> bool:
        """Whether it holds rows: a table, clone or snapshot."""
        return self.kind == "table" and bool(self.generations)

    @property
    def rows(self) -> Generation:
        """The current generation of a table."""
        return self.generations[-1]

    @property
    def fields(self) -> list[Field]:
        """The current columns of a table or view."""
        found: list[Field] = self.resource.get("schema", {}).get("fields", [])
        return found

    @property
    def full_name(self) -> str:
        """The name as BigQuery's messages print it."""
        return f"{self.key[0]}:{'.'.join(self.key[1:])}"

    def with_resource(self, **changes: Any) -> Self:  # noqa: ANN401 - JSON values
        """Return the entry with changed parts of its resource; None removes a part."""
        changed = {**self.resource, **changes}
        return replace(
            self, resource={key: value for key, value in changed.items() if value is not None}
        )

    def document(self) -> dict[str, Any]:
        """Return the entry as a JSON document."""
        return asdict(self)


def entry_of(document: dict[str, Any]) -> Entry:
    """Return the entry that a JSON document holds."""
    generations = tuple(Generation(**item) for item in document["generations"])
    tuples = {name: tuple(document[name]) for name in ("key", "bases")}
    return Entry(**{**document, **tuples, "generations": generations})
