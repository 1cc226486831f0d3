"""Which rows of a table go and which come back, and the statements that tell. Pure."""

from collections.abc import Mapping, Sequence

from manifests.fingerprint import compared_columns
from manifests.ids import PartitionId
from manifests.partitions import in_partitions
from manifests.sql import quoted
from manifests.values import Resource, UtcTime, Value


class TableDifference(Value):
    """How the rows of a table differ from the recovery point, in the partitions that do.

    Attributes:
        partitions: The partitions that were compared; empty where the table is equal.
        going: Rows that are there now and not in the backup.
        coming: Rows of the backup that are not there now.
        going_samples: The first of these, as JSON.
        coming_samples: Likewise.
        key: The columns that tell which row is which; empty where nobody named them.
        changed: Pairs of rows with the same key and other values.
        columns: In how many of these pairs each column differs.
        erased: Rows of the backup that stay erased, and so do not come back.
    """

    table: str
    run_id: str
    recovery_point: UtcTime
    partitions: tuple[PartitionId, ...] = ()
    going: int = 0
    coming: int = 0
    going_samples: tuple[str, ...] = ()
    coming_samples: tuple[str, ...] = ()
    key: tuple[str, ...] = ()
    changed: int = 0
    columns: Mapping[str, int] = {}
    erased: int = 0


class Sides(Value):
    """The two tables that are compared.

    Attributes:
        live: The full id of the table as it is.
        stored: The full id of a table with the rows of the backup.
        resource: Its columns and partitioning.
        partitions: The partitions that are compared.
    """

    live: str
    stored: str
    resource: Resource
    partitions: tuple[PartitionId, ...]

    def totals_sql(self) -> str:
        """Write the statement that counts the rows that go, and those that come back."""
        return (
            "SELECT IFNULL(SUM(IF(now_rows > then_rows, now_rows - then_rows, 0)), 0) AS going, "
            "IFNULL(SUM(IF(then_rows > now_rows, then_rows - now_rows, 0)), 0) AS coming "
            f"FROM ({self._contents_sql()})"
        )

    def samples_sql(self, *, going: bool, most: int) -> str:
        """Write the statement that shows the first rows that go, or come back."""
        comparison = ">" if going else "<"
        return (
            f"SELECT content FROM ({self._contents_sql()}) "
            f"WHERE now_rows {comparison} then_rows ORDER BY content LIMIT {most}"
        )

    def columns_sql(self, key: Sequence[str]) -> str:
        """Write the statement that counts the columns that differ, of rows with the same key."""
        names = self.compared(key)
        counts = ", ".join(
            f"COUNTIF(now_.c{at} != then_.c{at}) AS c{at}" for at in range(len(names))
        )
        differ = " OR ".join(f"now_.c{at} != then_.c{at}" for at in range(len(names))) or "FALSE"
        return (
            f"SELECT COUNTIF({differ}) AS changed{', ' if counts else ''}{counts} "
            f"FROM ({self._by_key(self.live, key)}) AS now_ "
            f"JOIN ({self._by_key(self.stored, key)}) AS then_ ON now_.row_key = then_.row_key"
        )

    def compared(self, key: Sequence[str]) -> list[str]:
        """Return the columns that are not part of the key, in the order of `columns_sql`."""
        return [name for name in compared_columns(self.resource) if name not in key]

    def _contents_sql(self) -> str:
        columns = ", ".join(compared_columns(self.resource).values())
        content = f"TO_JSON_STRING(STRUCT({columns})) AS content"
        return (
            "SELECT content, COUNTIF(is_now) AS now_rows, COUNTIF(NOT is_now) AS then_rows FROM ("
            f"SELECT TRUE AS is_now, {content} {self._rows(self.live)} UNION ALL "
            f"SELECT FALSE AS is_now, {content} {self._rows(self.stored)}) GROUP BY content"
        )

    def _by_key(self, table: str, key: Sequence[str]) -> str:
        columns = compared_columns(self.resource)
        row_key = f"TO_JSON_STRING(STRUCT({', '.join(columns[name] for name in key)})) AS row_key"
        others = [
            f"TO_JSON_STRING(STRUCT({columns[name]})) AS c{at}"
            for at, name in enumerate(self.compared(key))
        ]
        return f"SELECT {', '.join([row_key, *others])} {self._rows(table)}"

    def _rows(self, table: str) -> str:
        chosen = in_partitions(self.resource, self.partitions)
        return f"FROM {quoted(table)} AS row_ WHERE {chosen}"
