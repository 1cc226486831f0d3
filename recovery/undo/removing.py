"""Takes a table away that holds what was looked at, and no row that came since.

No condition of a deletion is about rows, and a snapshot leaves out those that are still buffered
(BigQuery, Table snapshots). So the table gets another name first, which BigQuery refuses while rows are
streamed into it, and some hours longer, and is looked at where nobody writes. A rename makes the table
anew, as old as it was: where tables of its dataset expire it can be deleted at once, and it loses its
search and vector indexes and its tags (Manage tables, Rename a table).
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from manifests.cloud.table_paths import table_path
from manifests.control_statements import renamed
from manifests.errors import CloudError, PartialError, RefusedError
from manifests.layout import work_id
from manifests.values import Fingerprint, Resource
from recovery.kinds.tables.cloud.bigquery import BigQueryTarget

_SOON = timedelta(days=1)
_COST = "a rename drops search and vector indexes and tags, so that they have to be made again"
_HINT = "pause what writes (`rebound fence`), then undo again"


def aside_name(recovery_id: str, table: str) -> str:
    """Return `dataset.table` of where an undo sets a table aside; the same for each of a recovery."""
    dataset_id = table.partition(".")[0]
    return f"{dataset_id}.{work_id(f'aside-{recovery_id}', table)}"


class Removal:
    """The removal of one table.

    Args:
        target: Its project.
        table: `dataset.table`.
        aside: Where it is set aside, in the same dataset.
        run: Runs a statement as the job that a word names.
        version: How its rows are measured.
    """

    def __init__(
        self,
        target: BigQueryTarget,
        table: str,
        aside: str,
        run: Callable[[str, str], object],
        version: int,
    ) -> None:
        self._target = target
        self._table = table
        self._aside = aside
        self._run = run
        self._version = version

    def set_aside(self, live: Resource, expected: Mapping[str, Fingerprint]) -> str:
        """Set the table aside and look at it there.

        Args:
            live: It as it was looked at, which is set aside already where its name says so.
            expected: What its partitions held then.

        Returns:
            Its etag, under which it can be dropped.

        Raises:
            RefusedError: Rows came since, or may be on their way, or it could expire; it stays, under its
                own name.
            PartialError: It could not get its own name again.
            CloudError: It could not be done.
        """
        if live["tableReference"]["tableId"] != self._aside.partition(".")[2]:
            self._rename(live)
        try:
            found, holds = self._look()
        except CloudError as error:
            left = self.put_back(f"it was set aside and cannot be looked at: {error.message}")
            raise CloudError(left, subject=self._table, retryable=error.retryable) from error
        is_same = found["creationTime"] == live["creationTime"]
        if not is_same or dict(holds) != dict(expected):
            left = self.put_back("rows were written while it was looked at")
            raise RefusedError(left, subject=self._table, hint=_HINT)
        return str(found["etag"])

    def put_back(self, why: str) -> str:
        """Give the table its own name again.

        Args:
            why: Why it does not go.

        Returns:
            That, and what became of the table.

        Raises:
            PartialError: Something has that name, or it could not be done; it stays aside.
        """
        name = self._table.partition(".")[2]
        try:
            self._run("again", renamed(self._target.full_id(self._aside), name))
        except CloudError as error:
            raise PartialError(
                f"{why}; it is kept as {self._aside}, as it could not get its own name again: "
                f"{error.message}",
                subject=self._table,
                hint="undo again, or rename it when nothing of its own name is there",
            ) from error
        return f"{why}; it is left, under its own name again: {_COST}"

    def drop(self, etag: str) -> None:
        """Delete what was set aside.

        Args:
            etag: That of what was looked at there.

        Raises:
            PartialError: It is another by now, or Google Cloud refused; it stays.
        """
        try:
            path = table_path(self._aside)
            self._target.resources.delete(path, etag=etag, subject=self._aside)
        except CloudError as error:
            raise PartialError(
                f"it was set aside as {self._aside} and cannot be deleted there: {error.message}",
                subject=self._table,
                hint="undo again",
            ) from error

    def _look(self) -> tuple[Resource, Mapping[str, Fingerprint]]:
        found = self._target.resources.table(self._aside)
        if found is None:
            raise CloudError("it is answered not to be there", subject=self._aside, retryable=True)
        measured = self._target.measure(self._aside, found.resource, self._version)
        return found.resource, measured.partitions

    def _rename(self, live: Resource) -> None:
        self._check_stays(live)
        found = self._target.resources.table(self._table)
        if found is None or found.resource["etag"] != live["etag"]:
            raise RefusedError(
                "it was changed while it was looked at; it is left", subject=self._table, hint=_HINT
            )
        name = self._aside.partition(".")[2]
        try:
            self._run("aside", renamed(self._target.full_id(self._table), name))
        except CloudError as error:
            if error.retryable:
                raise
            if self._target.resources.has_table(self._aside):
                raise RefusedError(
                    f"an undo that broke off set it aside as {self._aside}, and another was made since",
                    subject=self._table,
                    hint="keep the rows of the one that you need, drop the other, then undo again",
                ) from error
            raise RefusedError(
                "it cannot be set aside, which BigQuery refuses for hours after rows were streamed "
                f"into it; it is left: {error.message}",
                subject=self._table,
                hint="pause what writes (`rebound fence`), wait, then undo again",
            ) from error

    def _check_stays(self, live: Resource) -> None:
        """Refuse to rename a table that its dataset's default expiration would delete, with its rows.

        Raises:
            RefusedError: It is older than tables there become, or soon will be.
        """
        dataset_id = self._table.partition(".")[0]
        dataset = self._target.resources.dataset(dataset_id) or {}
        life = timedelta(milliseconds=int(dataset.get("defaultTableExpirationMs") or 0))
        created = datetime.fromtimestamp(int(live["creationTime"]) / 1000, UTC)
        if life and created + life <= self._target.clock() + _SOON:
            raise RefusedError(
                f"tables of {dataset_id} expire {life.total_seconds() / 3600:g} hours after they were made, "
                "so that BigQuery could delete it as it is set aside; it is left",
                subject=self._table,
                hint=f"remove the default expiration of {dataset_id}, then undo again",
            )
