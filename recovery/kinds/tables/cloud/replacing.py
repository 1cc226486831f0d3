"""Replaces rows of a table only while they are what was looked at: rows written since stay."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from google.api_core.exceptions import PreconditionFailed

from manifests import statements
from manifests.cloud.jobs import FinishedJob
from manifests.cloud.resources import TableResource
from manifests.cloud.table_paths import table_path
from manifests.control_statements import only_if
from manifests.errors import CloudError, PartialError, ReboundError, RefusedError
from manifests.fingerprint import combined, unchanged_sql
from manifests.kinds.tables.model import TableBackup
from manifests.values import Fingerprint, Resource
from recovery.compare.observed import without_expired
from recovery.compare.tables import shape_findings
from recovery.kinds.tables.cloud.bigquery import BigQueryTarget
from recovery.kinds.tables.rules.tables import TableStep, holds_something, modified
from recovery.request import Request

_WRITTEN_SINCE = "rebound: rows were written since they were looked at"
_HINT = "pause what writes (`rebound fence`), then do it again"


class Going(NamedTuple):
    """Partitions of a table whose rows go.

    Attributes:
        replaced: Those that others take the place of.
        removed: Those that are only removed.
        seen: What is in all of these, by their ids.
    """

    replaced: tuple[str, ...]
    removed: tuple[str, ...] = ()
    seen: Mapping[str, Fingerprint] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """Return all of them."""
        return (*self.replaced, *self.removed)


class Replacement(NamedTuple):
    """What takes the place of rows of a table.

    Attributes:
        into: The table, `dataset.table`.
        source: The full id of the table that has the other rows.
        resource: The resource of both; its schema and partitioning shape the statement.
        going: The rows that go.
        version: The version of the fingerprints that measured them.
    """

    into: str
    source: str
    resource: Resource
    going: Going
    version: int


class KeptTable(NamedTuple):
    """A table of another shape, of which an undo point was made.

    Attributes:
        name: `dataset.table`.
        before: It as it was before its undo point was made.
        live: It as it is.
        undo: The full id of the undo point; empty where it has none.
    """

    name: str
    before: TableResource
    live: TableResource
    undo: str


def rows_to_go(
    target: BigQueryTarget, table: TableBackup, step: TableStep, request: Request, live: Resource
) -> Going:
    """Return the partitions whose rows are about to be replaced or removed.

    Rows that are equal to the recovery point count as our own: a try that was interrupted wrote them.

    Args:
        target: The project that is written.
        table: The table in the manifest.
        step: What the plan says about it.
        request: What the operator asked for.
        live: Its resource as it is; empty where there is none.

    Raises:
        RefusedError: Rows were written since the plan: nobody agreed to lose them.
        CloudError: The table could not be measured.
    """
    going = Going(step.partitions, step.removed_partitions)
    is_planned, seen = True, dict[str, Fingerprint]()
    if live and step.action == "replace":
        # Once its shape is right the table is our own, and has to be empty when it is filled.
        is_told = step.needs_overwrite or not holds_something(live)
        is_seen = is_told and modified(live) == step.modified
        is_planned = is_seen or not shape_findings(table, live)
    elif live and going.names:
        found, told = target.observe_table(table), step.told(request)
        unexpired, observed, _ = without_expired(table, found)
        known, present = unexpired.fingerprints, observed.partitions
        is_planned = present is not None and all(
            present.get(name) in (None, known.get(name), told.get(name)) for name in going.names
        )
        seen = dict(found.partitions or {})
    if not is_planned:
        raise RefusedError(
            "rows appeared since the plan was made; they were left alone",
            subject=table.name,
            hint="pause the writers, then make a new plan with `--overwrite`",
        )
    return going._replace(seen={name: seen[name] for name in going.names if name in seen})


def replace_partitions(
    target: BigQueryTarget,
    job_id: str,
    replacement: Replacement,
    *,
    subject: str,
    usable: Callable[[FinishedJob], bool] | None = None,
) -> None:
    """Replace partitions of a table in one transaction, if there is in them what was looked at.

    Args:
        target: The project that is written.
        job_id: What identifies the work.
        replacement: What takes the place of what.
        subject: The table, for errors.
        usable: As of `Jobs.run`.

    Raises:
        RefusedError: Something else is there; it stays.
        CloudError: It could not be done.
    """
    live, resource, going = (
        target.full_id(replacement.into),
        replacement.resource,
        replacement.going,
    )
    script = statements.published(live, replacement.source, resource, going.replaced, going.removed)
    unchanged = unchanged_sql(
        live,
        resource,
        going.names,
        combined(going.seen.values()),
        version=replacement.version,
        refusal=_WRITTEN_SINCE,
    )
    sql = only_if(unchanged, script, live, resource, going.names)
    try:
        target.jobs.query(job_id, sql, subject=subject, usable=usable)
    except CloudError as error:
        if _WRITTEN_SINCE not in error.message:
            raise
        raise RefusedError(
            "rows were written while it was looked at; they were left alone",
            subject=subject,
            hint=_HINT,
        ) from error


def make_instead[Made](
    target: BigQueryTarget, kept: KeptTable, make: Callable[[], Made], *, subject: str
) -> Made:
    """Delete a table of another shape, if all that is in it is in its undo point, and make it anew.

    No statement replaces a table by one of another partitioning, or on a condition (BigQuery, CREATE TABLE
    statement). Where this is killed between, there is no table; a resume finds none and makes it.

    Args:
        target: The project that is written.
        kept: The table.
        make: Makes it, empty.
        subject: The table, for errors.

    Returns:
        What making it gave.

    Raises:
        RefusedError: It was written since, or rows are on their way into it; it stays.
        PartialError: It is deleted, and the other one could not be made.
        CloudError: It could not be deleted.
    """
    _remove(target, kept, subject)
    try:
        return make()
    except ReboundError as error:
        where = f"what it held is in {kept.undo}" if kept.undo else "it held no rows"
        raise PartialError(
            f"what had another shape is deleted, and nothing is there now: {error.message}; {where}",
            subject=subject,
            hint="`rebound resume` makes it as it was at the recovery point, `rebound undo` as it was before",
        ) from error


def _remove(target: BigQueryTarget, kept: KeptTable, subject: str) -> None:
    # A snapshot leaves out what is still in the streaming buffer (BigQuery, Table snapshots).
    if kept.live.streaming_buffer is not None:
        raise RefusedError(
            "rows are being streamed into it, which no undo point has; it was left alone",
            subject=subject,
            hint="pause the writers and wait until the buffer is empty, 90 minutes at most",
        )
    etag = str(kept.before.resource["etag"])
    try:
        target.resources.delete(table_path(kept.name), etag=etag, subject=subject)
    except CloudError as error:
        if not isinstance(error.__cause__, PreconditionFailed):
            raise
        raise RefusedError(
            "it was written while it was kept; it was left alone", subject=subject, hint=_HINT
        ) from error
