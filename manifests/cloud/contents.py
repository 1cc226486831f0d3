"""What a table holds, counted and fingerprinted, and whether all of it could be read."""

from datetime import datetime
from typing import NamedTuple

from manifests.cloud.jobs import Jobs, StatementResult
from manifests.errors import SourceUnreadableError
from manifests.fingerprint import (
    FINGERPRINT_VERSION,
    combined,
    fingerprint_sql,
    partitions_of,
)
from manifests.values import Fingerprint, Resource


class Contents(NamedTuple):
    """The content of each partition, and when it was read, on Google's clock."""

    partitions: dict[str, Fingerprint]
    read_at: datetime


def read_contents(
    jobs: Jobs,
    job_id: str,
    reference: str,
    resource: Resource,
    *,
    subject: str,
    stored_rows: int,
    version: int = FINGERPRINT_VERSION,
) -> Contents:
    """Count and fingerprint every partition of a table.

    Args:
        jobs: Where the statement runs.
        job_id: The job's id, that of this reading alone.
        reference: Full table id.
        resource: The table's resource.
        subject: The table, for errors.
        stored_rows: The rows that the table's metadata counts.
        version: How the content was measured that it is compared with.

    Raises:
        SourceUnreadableError: Masking or row access policies hide something from this identity:
            what it reads, and what it would extract, is not what is there (BigQuery, Row-level
            security with other features; Introduction to data masking).
    """
    answer = jobs.answer(job_id, fingerprint_sql(reference, resource, version), subject=subject)
    partitions = partitions_of(answer.rows)
    counted = combined(partitions.values()).row_count
    check_all_seen(answer, counted, stored_rows, subject=subject)
    return Contents(partitions, answer.ended_at)


def check_all_seen(
    answer: StatementResult, counted: int, stored_rows: int, *, subject: str
) -> None:
    """Refuse a reading from which masking or row access policies hid something.

    Args:
        answer: What the statement gave.
        counted: The rows that it counted.
        stored_rows: The rows that metadata counts.
        subject: The table, for errors.

    Raises:
        SourceUnreadableError: As `read_contents`.
    """
    if answer.is_masked:
        raise SourceUnreadableError(
            "columns are masked for this identity, so its rows cannot be compared",
            subject=subject,
            hint="grant it Fine-Grained Reader on the policy tags of the table's columns",
        )
    # The statistics tell of policies that may hide nothing, and the row count of the metadata can
    # lag behind. Only both together are a reason to stop.
    if answer.has_row_policies and counted != stored_rows:
        raise SourceUnreadableError(
            f"{counted} of {stored_rows} rows can be read",
            subject=subject,
            hint="grant this identity a row access policy with the filter TRUE",
        )
