"""What an operator of the stand-in can set, some of it while it runs."""

from dataclasses import dataclass, field

from tests.standin.bigquery.engine.types import quoted


@dataclass(frozen=True)
class Hidden:
    """What readers of a table do not see.

    Attributes:
        rows: DuckDB's condition of the rows that policies hide; empty for none.
        column: The column whose values are masked; empty for none.
    """

    rows: str = ""
    column: str = ""

    def seen(self, select: str) -> str:
        """Return the SELECT of what is left of a SELECT of the table's rows."""
        masked = f" REPLACE (NULL AS {quoted(self.column)})" if self.column else ""
        condition = f" WHERE coalesce(NOT ({self.rows}), TRUE)" if self.rows else ""
        return f"SELECT *{masked} FROM ({select}){condition}"


@dataclass(kw_only=True)
class Settings:
    """What an operator of the stand-in can set, some of it while it runs.

    Attributes:
        storage_url: Where Cloud Storage is; empty when there is none.
        location: Location of datasets and jobs that name none.
        latency_seconds: How long a job of each kind waits before its work.
        rows_per_file: Rows of an extracted file; None decides by size.
        bytes_per_file: Logical bytes of an extracted file.
        most_bytes_in_one_file: Above so many logical bytes an extract needs a wildcard.
        streaming_buffers: Estimated rows to show, by `project.dataset.table`.
        lacking: Permissions that no caller has; all others everybody has.
        unreachable: Locations whose jobs a list of jobs lacks.
        hidden: What no reader sees, by a pattern of `project.dataset.table`, of its clones too.
        lost_by_clones: Parts of a table's resource that its clones and snapshots do not get.
        loads_per_table: Loads that a table takes in 24 hours (Quotas and limits, Load jobs).
        modifications: How often a table that is partitioned by `ingestion`, by a `column` or not
            at all is changed in 24 hours (Quotas and limits, Tables).
        updates: How often a table's metadata is updated in ten seconds, a partitioned table's ten
            times as often; 5 in BigQuery. 0 for as often as you like, as everything is faster here.
        row_counts: Rows that metadata counts, by `project.dataset.table`, where it lags behind.
    """

    storage_url: str = ""
    location: str = "US"
    latency_seconds: dict[str, float] = field(default_factory=dict)
    rows_per_file: int | None = None
    bytes_per_file: int = 8 * 1024 * 1024
    most_bytes_in_one_file: int = 10**9
    streaming_buffers: dict[str, int] = field(default_factory=dict)
    lacking: frozenset[str] = frozenset()
    unreachable: tuple[str, ...] = ()
    hidden: dict[str, Hidden] = field(default_factory=dict)
    lost_by_clones: tuple[str, ...] = ()
    loads_per_table: int = 1500
    modifications: dict[str, int] = field(
        default_factory=lambda: {"": 1500, "ingestion": 11_000, "column": 30_000}
    )
    updates: int = 0
    row_counts: dict[str, int] = field(default_factory=dict)
