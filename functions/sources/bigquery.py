"""Full resources of datasets, tables and what belongs to them, verbatim from BigQuery's REST API."""

from datetime import UTC, datetime

from google.api_core.exceptions import NotFound
from google.cloud import bigquery

from manifests.cloud.retry import calling, cloud_errors
from manifests.errors import SourceUnreadableError
from manifests.model import DatasetBackup, Frozen, Resource, StreamingBuffer

_DEFINITIONS = ("VIEW", "MATERIALIZED_VIEW")


class SourceTable(Frozen):
    """A protected table as it is when it is read."""

    resource: Resource
    row_access_policies: tuple[Resource, ...]
    streaming_buffer: StreamingBuffer | None


class BigQuerySource:
    """Reads one project. Safe to share between threads."""

    def __init__(self, client: bigquery.Client, project: str) -> None:
        self._client = client
        self._project = project

    def table(self, name: str) -> SourceTable:
        """Read a table's resource, its row access policies and its streaming buffer.

        Raises:
            SourceUnreadableError: There is no such table, or it is not a table.
        """
        dataset_id, table_id = name.split(".", 1)
        resource = self._get(f"datasets/{dataset_id}/tables/{table_id}", name)
        if resource.get("type", "TABLE") != "TABLE":
            raise SourceUnreadableError(f"is a {resource['type']}, not a table", subject=name)
        policies = self._list(
            f"datasets/{dataset_id}/tables/{table_id}/rowAccessPolicies", "rowAccessPolicies", name
        )
        return SourceTable(
            resource=resource,
            row_access_policies=policies,
            streaming_buffer=_streaming_buffer(resource.get("streamingBuffer")),
        )

    def dataset(self, dataset_id: str) -> DatasetBackup:
        """Read a dataset's resource and the views and routines in it."""
        tables = self._list(f"datasets/{dataset_id}/tables", "tables", dataset_id)
        views = [
            self._get(
                f"datasets/{dataset_id}/tables/{item['tableReference']['tableId']}", dataset_id
            )
            for item in tables
            if item.get("type") in _DEFINITIONS
        ]
        routines = [
            self._get(
                f"datasets/{dataset_id}/routines/{item['routineReference']['routineId']}",
                dataset_id,
            )
            for item in self._list(f"datasets/{dataset_id}/routines", "routines", dataset_id)
        ]
        return DatasetBackup(
            dataset_id=dataset_id,
            resource=self._get(f"datasets/{dataset_id}", dataset_id),
            views=tuple(views),
            routines=tuple(routines),
        )

    def exists(self, name: str) -> bool:
        """Whether `dataset.table` is there."""
        try:
            self.table(name)
        except SourceUnreadableError:
            return False
        return True

    def _get(self, path: str, subject: str, **query: str) -> Resource:
        # The client has no method for row access policies and drops unknown fields of others, so
        # the resources are read as the REST API gives them.
        with cloud_errors(subject):
            try:
                answer: Resource = calling(
                    lambda: self._client._connection.api_request(  # noqa: SLF001
                        method="GET", path=f"/projects/{self._project}/{path}", query_params=query
                    )
                )
            except NotFound as error:
                raise SourceUnreadableError("does not exist", subject=subject) from error
        return answer

    def _list(self, path: str, key: str, subject: str) -> tuple[Resource, ...]:
        found: list[Resource] = []
        query: dict[str, str] = {}
        while True:
            page = self._get(path, subject, **query)
            found += page.get(key, [])
            if not page.get("nextPageToken"):
                return tuple(found)
            query = {"pageToken": page["nextPageToken"]}


def _streaming_buffer(buffer: Resource | None) -> StreamingBuffer | None:
    if buffer is None:
        return None
    oldest = buffer.get("oldestEntryTime")
    return StreamingBuffer(
        estimated_rows=int(buffer.get("estimatedRows", 0)),
        oldest_entry_time=datetime.fromtimestamp(int(oldest) / 1000, UTC) if oldest else None,
    )
