"""What every request works on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.standin.bigquery.engine.database import Database
from tests.standin.bigquery.engine.entries import Entry, Resource
from tests.standin.bigquery.engine.locks import TableKey
from tests.standin.bigquery.engine.measures import etag_of
from tests.standin.bigquery.engine.types import quoted
from tests.standin.bigquery.errors import BigQueryError, invalid

if TYPE_CHECKING:  # these build on what is here
    from tests.standin.bigquery.jobs.faults import JobFaults
    from tests.standin.bigquery.jobs.quotas import Quotas
    from tests.standin.bigquery.jobs.rows_store import RowsStore
    from tests.standin.bigquery.jobs.runner import Jobs
    from tests.standin.bigquery.resources.rows import InsertIds
    from tests.standin.bigquery.uploads import Uploads
    from tests.standin.bigquery.workers import Workers
    from tests.standin.bigquery.writers import Writers

DEFAULT_PAGE = 10_000
_NAMED = ("projectId", "datasetId", "tableId")


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
        hidden: What no reader sees, by `project.dataset.table`, of its clones too.
        lost_by_clones: Parts of a table's resource that its clones and snapshots do not get.
        loads_per_table: Loads that a table takes in 24 hours (Quotas and limits, Load jobs).
        modifications: How often a table that is partitioned by `ingestion`, by a `column` or not
            at all is changed in 24 hours (Quotas and limits, Tables).
        updates: How often a table's metadata is updated in ten seconds, a partitioned table's ten
            times as often; 5 in BigQuery. 0 for as often as you like, as everything is faster here.
        refused_updates: How many came too fast.
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
    hidden: dict[str, Hidden] = field(default_factory=dict)
    lost_by_clones: tuple[str, ...] = ()
    loads_per_table: int = 1500
    modifications: dict[str, int] = field(
        default_factory=lambda: {"": 1500, "ingestion": 11_000, "column": 30_000}
    )
    updates: int = 0
    refused_updates: int = 0
    row_counts: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request.

    Attributes:
        path: The parameters in the path.
        query: The parameters after the question mark.
        headers: Header values by lower-case name.
        body: The JSON body; empty when there is none.
        raw: The body as it came.
    """

    path: Mapping[str, str]
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Resource = field(default_factory=dict)
    raw: bytes = b""

    @property
    def project(self) -> str:
        """The project in the path."""
        return self.path["projectId"]

    @property
    def dataset_key(self) -> tuple[str, str]:
        """The dataset in the path."""
        return self.path["projectId"], self.path["datasetId"]

    @property
    def table_key(self) -> TableKey:
        """The table in the path."""
        return self.path["projectId"], self.path["datasetId"], self.path["tableId"]

    def flag(self, name: str) -> bool:
        """Whether a boolean query parameter is set."""
        return self.query.get(name, "").lower() == "true"

    def check_etag(self, resource: Resource) -> None:
        """Refuse a change of something else than what the caller read.

        Raises:
            BigQueryError: The resource has another etag than `If-Match` says.
        """
        wanted = self.headers.get("if-match")
        if wanted and wanted != "*" and wanted.strip('"') != resource.get("etag"):
            raise BigQueryError("conditionNotMet", "Precondition check failed.")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer that is more than a JSON body."""

    body: Resource
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int = 200


def page(call: Call, items: list[Any], key: str, **more: Any) -> Resource:  # noqa: ANN401 - JSON values
    """Return one page of a list answer.

    Args:
        call: The request, with `maxResults` and `pageToken`.
        items: Everything that could be listed.
        key: What the list is called.
        more: Further parts of the answer.

    Raises:
        BigQueryError: The page token is none of ours.
    """
    size = int(call.query.get("maxResults") or DEFAULT_PAGE) or DEFAULT_PAGE
    token = call.query.get("pageToken") or "0"
    if not token.isdigit():
        raise invalid("Invalid page token.")
    start = int(token)
    answer: Resource = dict(more)
    if "kind" in more:  # the older lists have both
        answer["etag"] = etag_of(key, start, len(items))
    if items:
        answer[key] = items[start : start + size]
    if start + size < len(items):
        answer["nextPageToken"] = str(start + size)
    return answer


def merged_labels(old: Mapping[str, str] | None, new: Mapping[str, Any] | None) -> Resource | None:
    """Return labels after a patch; a label that is null is removed."""
    if new is None:
        return None
    labels = {**(old or {}), **new}
    return {name: value for name, value in labels.items() if value is not None} or None


@dataclass(kw_only=True)
class Service:
    """The parts that requests share."""

    database: Database
    settings: Settings
    jobs: "Jobs"
    rows: "RowsStore"
    job_faults: "JobFaults"
    uploads: "Uploads"
    insert_ids: "InsertIds"
    workers: "Workers"
    quotas: "Quotas"
    writers: "Writers"

    def check_permissions(self, subject: str, *permissions: str) -> None:
        """Refuse what a permission is lacking for.

        Raises:
            BigQueryError: One is.
        """
        for permission in permissions:
            if permission in self.settings.lacking:
                raise BigQueryError(
                    "accessDenied",
                    f"Access Denied: Table {subject}: User does not have permission to perform this "
                    f"on table {subject}, or perhaps it does not exist.",
                )

    def hidden_of(self, entry: Entry) -> Hidden:
        """Return what no reader sees of a table; a clone has its base table's protection too."""
        base = entry.resource.get("cloneDefinition", {}).get("baseTableReference", {})
        names = (".".join(entry.key), ".".join(base.get(key, "") for key in _NAMED))
        found = (self.settings.hidden.get(name) for name in names)
        return next((item for item in found if item is not None), Hidden())
