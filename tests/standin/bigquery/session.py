"""What the statements of one query job share: names, parameters, the connection."""

from dataclasses import dataclass, field
from typing import NamedTuple

import duckdb
from sqlglot import exp

from tests.standin.bigquery.engine.database import Write
from tests.standin.bigquery.engine.entries import Entry, Resource
from tests.standin.bigquery.engine.locks import TableKey
from tests.standin.bigquery.engine.types import Field
from tests.standin.bigquery.errors import invalid_query, not_found
from tests.standin.bigquery.shared import Shared

_NAME_PARTS = 3


class External(NamedTuple):
    """A table of files that a job brings along.

    Attributes:
        select: The SELECT of its rows.
        size_bytes: What the files take.
    """

    fields: list[Field]
    select: str
    size_bytes: int


@dataclass(kw_only=True)
class Session:
    """The context of a script.

    Attributes:
        service: The parts that requests share.
        connection: Where statements run.
        project: The project of the job.
        location: Where the job runs; empty for no job at all.
        default_dataset: project and dataset of unqualified names.
        parameters: Query parameters as BigQuery's API gives them.
        write: The open change, whose own effects a read sees.
        filtered: What a query filters a view by, in lower case; None where nothing runs, so that no
            table can demand a filter.
        referenced: Every table that was read.
        external: Tables of files that the job brings along, by their names.
    """

    service: Shared
    connection: duckdb.DuckDBPyConnection
    project: str
    location: str = ""
    default_dataset: tuple[str, str] | None = None
    parameters: list[Resource] = field(default_factory=list)
    write: Write | None = None
    filtered: frozenset[str] | None = frozenset()
    referenced: list[TableKey] = field(default_factory=list)
    external: dict[str, External] = field(default_factory=dict)

    def key_of(self, table: exp.Expression) -> TableKey:
        """Return the full name that a table expression means.

        Raises:
            BigQueryError: The name has no dataset and there is no default.
        """
        parts = [part.name for part in table.parts] if isinstance(table, exp.Table) else []
        names = ".".join(parts).split(".")
        return self.full_key(names)

    def full_key(self, names: list[str]) -> TableKey:
        """Return the full name of one, two or three parts.

        Raises:
            BigQueryError: The name has no dataset and there is no default.
        """
        if len(names) == 1 and self.default_dataset:
            return (*self.default_dataset, names[0])
        if len(names) == 2:
            return self.project, names[0], names[1]
        if len(names) == _NAME_PARTS:
            return names[0], names[1], names[2]
        raise invalid_query(
            f"Table {'.'.join(names)!r} must be qualified with a dataset (e.g. dataset.table)."
        )

    def table(self, key: TableKey) -> Entry:
        """Return a table or view, as the open change sees it.

        Raises:
            BigQueryError: There is none.
        """
        catalog = self.service.database.catalog
        found = self.find(key)
        if self.location:
            catalog.require_location(key[0], key[1], self.location)
        if found is None:
            catalog.require_dataset(key[0], key[1])
            raise not_found("Table", f"{key[0]}:{key[1]}.{key[2]}")
        return found

    def find(self, key: TableKey) -> Entry | None:
        """Return a table or view, or None."""
        if self.write is not None:
            return self.write.table(key)
        return self.service.database.catalog.table(key)
