"""What the catalog says about BigQuery: single tables, and datasets of which all are protected."""

from fnmatch import fnmatchcase
from typing import Annotated, Literal

from pydantic import StringConstraints

from manifests.ids import DatasetId, TableName
from manifests.kind import CatalogPart

ShortName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
TablePattern = Annotated[str, StringConstraints(pattern=r"^[^.\[\]?`]+$", max_length=1024)]


class CatalogTable(CatalogPart):
    """One protected table, `dataset.table`, and the group operators know it by."""

    table: TableName
    group: ShortName

    @property
    def name(self) -> str:
        """Return `dataset.table`."""
        return self.table

    @property
    def dataset_id(self) -> str:
        """Return the dataset part of the name."""
        return self.table.split(".", 1)[0]

    @property
    def written(self) -> str:
        """Return the dataset."""
        return f"dataset {self.dataset_id}"

    @property
    def table_id(self) -> str:
        """Return the table part of the name."""
        return self.table.split(".", 1)[1]


class CatalogDataset(CatalogPart):
    """A dataset of which all tables are protected, those too that are made later.

    A night takes the tables that are there when it begins.

    Attributes:
        group: That of each of its tables.
        exclude: Ids of tables that are left out; `*` stands for any characters.
    """

    dataset: DatasetId
    tables: Literal["all"]
    group: ShortName
    exclude: tuple[TablePattern, ...] = ()

    @property
    def name(self) -> str:
        """Return the dataset's id."""
        return self.dataset

    @property
    def written(self) -> str:
        """Return the dataset, as the catalog's writers name it."""
        return f"dataset {self.dataset}"

    def covers(self, table: str) -> bool:
        """Whether `dataset.table` is one of its tables and is not left out."""
        dataset_id, _, table_id = table.partition(".")
        is_left_out = any(fnmatchcase(table_id, pattern) for pattern in self.exclude)
        return dataset_id == self.dataset and not is_left_out
