"""What BigQuery says of a job that somebody else ran, and where a repair looks at what it makes."""

from functools import partial

from google.api_core.exceptions import NotFound

from manifests.cloud.jobs import Job
from manifests.cloud.retry import asked_twice, calling, cloud_errors
from manifests.cloud.working import SCRATCH_DAYS, ready_dataset
from manifests.errors import UsageError
from recovery.kinds.tables.cloud.bigquery import BigQueryTarget
from recovery.repair.rules import JobFacts


def job_facts(target: BigQueryTarget, job_id: str) -> JobFacts:
    """Return what BigQuery says of a job.

    Raises:
        UsageError: There is none of that id, or it has not ended.
        CloudError: It could not be asked for.
    """

    def ask() -> Job:
        return target.jobs.client.get_job(
            job_id,
            location=target.location,
            retry=None,  # type: ignore[arg-type]  # None: no retry of Google's own
        )

    with cloud_errors(job_id):
        job = asked_twice(partial(calling, ask), NotFound)
    if job is None:
        raise UsageError(
            f"no such job in {target.location}",
            subject=job_id,
            hint="`bq ls --jobs --all` lists them",
        )
    if job.state != "DONE" or not (job.started and job.ended):
        raise UsageError("the job has not ended", subject=job_id)
    return JobFacts(
        job_id=job_id,
        user=str(job.user_email or "somebody"),
        started_at=job.started,
        ended_at=job.ended,
        failure=str((job.error_result or {}).get("message", "")),
        tables=_written(job),
    )


def _written(job: Job) -> set[str]:
    """Return what a job wrote, as far as it says; a script names nothing."""
    named = (getattr(job, name, None) for name in ("destination", "ddl_target_table"))
    return {f"{item.dataset_id}.{item.table_id}" for item in named if item is not None}


def make_room(target: BigQueryTarget) -> None:
    """Make the dataset of what is made while a table is looked at, where it is not there.

    Raises:
        CloudError: It could not be made.
    """
    ready_dataset(
        target.resources,
        target.settings.scratch_dataset,
        location=target.location,
        table_days=SCRATCH_DAYS,
    )
