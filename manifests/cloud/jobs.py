"""BigQuery jobs whose ids are computed from the work, so that a retry has the same id.

`jobs.insert` is idempotent for an id, so after a lost answer the job is looked up. The id of a
failed job is used up: each further try has the next attempt suffix (BigQuery REST, Job; Export
table data).
"""

import itertools
import random
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from google.api_core.exceptions import Conflict, NotFound
from google.cloud import bigquery

from manifests.cloud.job_log import JobLog
from manifests.cloud.retry import ContradictionError, calling, cloud_errors, is_transient_failure
from manifests.errors import CloudError

_MOST_FAILURES = 6
_MOST_ATTEMPTS = 200
_FIRST_PAUSE_SECONDS = 0.5
_FIRST_WAIT_SECONDS = 0.1
_LONGEST_WAIT_SECONDS = 2.0

Job = Any  # google-cloud-bigquery's job classes share no public base with types


class StatementResult(NamedTuple):
    """What a statement gave.

    Attributes:
        rows: All its rows.
        ended_at: When it ended, on Google's clock.
        has_row_policies: Whether row access policies protect what it read (BigQuery REST,
            RowLevelSecurityStatistics).
        is_masked: Whether data masking protects what it read (BigQuery REST,
            DataMaskingStatistics).
        billed_bytes: What is to be paid for it.
    """

    rows: list[dict[str, Any]]
    ended_at: datetime
    has_row_policies: bool
    is_masked: bool
    billed_bytes: int = 0


class FinishedJob:
    """A job that ended well, and which attempt of its id it was."""

    def __init__(self, job: Job, attempt: int) -> None:
        self.job = job
        self.attempt = attempt


class Jobs:
    """Runs jobs in one project and location. Safe to share between threads.

    Args:
        client: Calls the API.
        location: Where they run.
        log: Remembers those that ended well.
    """

    def __init__(self, client: bigquery.Client, location: str, log: JobLog | None = None) -> None:
        self.client = client
        self.location = location
        self._log = log or JobLog()

    def run(
        self,
        base_id: str,
        begin: Callable[[str, int], Job],
        *,
        subject: str,
        usable: Callable[[FinishedJob], bool] | None = None,
        needs: str = "",
        achieved: Callable[[], bool] | None = None,
    ) -> FinishedJob:
        """Run a job to its end, or adopt the one an earlier process ran.

        Args:
            base_id: What identifies the work; the attempt is appended.
            begin: Starts the job with the given id and attempt number.
            subject: The table or run, for errors.
            usable: Whether the effect of a finished job is still there; a job whose effect is
                gone is run again under the next attempt.
            needs: The permissions it takes beside those that read and write data, for errors.
            achieved: Whether a failed job did its work after all: another attempt would do it
                twice.

        Raises:
            CloudError: The job failed for a reason that a new attempt does not change, or failed
                too often.
        """
        failures = 0
        for attempt in itertools.count(1):
            with cloud_errors(subject, needs):
                job, is_new = self._begin_or_adopt(f"{base_id}-a{attempt:03d}", begin, attempt)
            job = self._wait(job, subject)
            if job.error_result is None:
                finished = FinishedJob(job, attempt)
                self._log.add(job)
                if usable is None or usable(finished):
                    return finished
                failures += is_new
            elif achieved is not None and achieved():
                return FinishedJob(job, attempt)
            elif is_new:
                failures += 1
                _give_up_if_final(job, subject, needs)
            if failures >= _MOST_FAILURES or attempt >= _MOST_ATTEMPTS:
                raise CloudError(
                    f"{failures} attempts failed, the last: {_reason(job)}",
                    subject=subject,
                    retryable=True,
                )
            if is_new:
                time.sleep(_pause_seconds(failures))
        raise AssertionError

    def query(
        self,
        base_id: str,
        sql: str,
        *,
        subject: str,
        usable: Callable[[FinishedJob], bool] | None = None,
        needs: str = "",
        most_bytes: int | None = None,
    ) -> FinishedJob:
        """Run one statement or script as a job; the arguments are those of `run`.

        Where `most_bytes` says so, it fails without being billed when it would be billed for more
        (BigQuery REST, JobConfigurationQuery.maximumBytesBilled).
        """
        config = bigquery.QueryJobConfig(use_query_cache=False)
        if most_bytes is not None:
            config.maximum_bytes_billed = most_bytes
        return self.run(
            base_id,
            lambda job_id, _: self.client.query(
                sql,
                job_config=config,
                job_id=job_id,
                location=self.location,
                retry=None,  # type: ignore[arg-type]  # None is accepted: no retry of Google's own
                job_retry=None,
            ),
            subject=subject,
            usable=usable,
            needs=needs,
        )

    def rows(self, base_id: str, sql: str, *, subject: str) -> list[dict[str, Any]]:
        """Run one statement and return all its rows."""
        return self.answer(base_id, sql, subject=subject).rows

    def answer(
        self, base_id: str, sql: str, *, subject: str, most_bytes: int | None = None
    ) -> StatementResult:
        """Run one statement and return all its rows, and what BigQuery says of the reading."""
        job = self.query(base_id, sql, subject=subject, most_bytes=most_bytes).job
        with cloud_errors(subject):
            rows = calling(lambda: _begun(job.job_id, lambda: _all_rows(job)))
        return StatementResult(
            rows,
            job.ended,
            has_row_policies=_says(job, "rowLevelSecurity"),
            is_masked=_says(job, "dataMasking"),
            billed_bytes=int(job.total_bytes_billed or 0),
        )

    def account(self) -> str:
        """Return the email address of who runs jobs; empty when BigQuery does not say.

        A job tells it (BigQuery REST, Job.user_email); this one only asks what it would cost.
        """
        config = bigquery.QueryJobConfig(dry_run=True)
        with cloud_errors("the account"):
            job = calling(
                lambda: self.client.query(
                    "SELECT 1",
                    job_config=config,
                    location=self.location,
                    retry=None,  # type: ignore[arg-type]  # as above
                    job_retry=None,
                )
            )
        return str(job.user_email or "")

    def _begin_or_adopt(
        self, job_id: str, begin: Callable[[str, int], Job], attempt: int
    ) -> tuple[Job, bool]:
        try:
            return calling(lambda: begin(job_id, attempt)), True
        except Conflict:
            return calling(lambda: self._lookup(job_id)), False

    def _lookup(self, job_id: str) -> Job:
        return _begun(
            job_id,
            lambda: self.client.get_job(
                job_id,
                location=self.location,
                retry=None,  # type: ignore[arg-type]  # as above
            ),
        )

    def _wait(self, job: Job, subject: str) -> Job:
        began = time.monotonic()
        while job.state != "DONE":
            # Wait a tenth of the time the job has taken so far: short jobs are noticed soon, long
            # ones polled seldom.
            waited_seconds = time.monotonic() - began
            time.sleep(min(max(_FIRST_WAIT_SECONDS, waited_seconds / 10), _LONGEST_WAIT_SECONDS))
            with cloud_errors(subject):
                calling(lambda: _begun(job.job_id, lambda: job.reload(retry=None)))
        return job


def _pause_seconds(failures: int) -> float:
    """Return how long to wait after a failed attempt: longer each time, and at random."""
    longest = _FIRST_PAUSE_SECONDS * 2**failures
    return random.uniform(longest / 2, longest)  # noqa: S311 - no secret: it spreads what retries


def _begun[Answer](job_id: str, ask: Callable[[], Answer]) -> Answer:
    """Ask about a job that was begun; an answer that there is none is not believed.

    A job id can be taken and not be readable yet (googleapis/python-bigquery#2134).
    """
    try:
        return ask()
    except NotFound as error:
        message = f"job {job_id} was begun, and is answered not to be there"
        raise ContradictionError(message) from error


def _all_rows(job: Job) -> list[dict[str, Any]]:
    return [dict(row.items()) for row in job.result(retry=None, job_retry=None)]


def _says(job: Job, subject: str) -> bool:
    """Return a statistic of a job for which the client has no property."""
    statistics = job._properties.get("statistics", {})  # noqa: SLF001 - see above
    return bool(statistics.get(f"{subject}Statistics", {}).get(f"{subject}Applied"))


def _give_up_if_final(job: Job, subject: str, needs: str) -> None:
    result = job.error_result or {}
    if not is_transient_failure(result.get("reason"), str(result.get("message"))):
        raise CloudError(
            f"job {job.job_id} failed: {_reason(job)}", subject=subject, hint=_hint(result, needs)
        )


def _hint(result: dict[str, Any], needs: str) -> str:
    if "streaming buffer" in str(result):
        return "pause the writers and wait until the buffer is empty, 90 minutes at most"
    if result.get("reason") == "quotaExceeded":
        return "a daily limit is reached; it refills within 24 hours, and the same command goes on"
    if result.get("reason") == "accessDenied" and needs:
        return f"grant the identity {needs}"
    return ""


def _reason(job: Job) -> str:
    result = job.error_result or {"reason": "unusable", "message": "its effect is gone"}
    return f"{result.get('reason')}: {result.get('message')}"
