"""Not there yet."""

from collections.abc import Callable

from tests.standin.bigquery.errors import BigQueryError
from tests.standin.bigquery.jobs.job import Job
from tests.standin.bigquery.service import Service


def copy_work(service: Service) -> Callable[[Job], None]:
    """Return what does the work of a copy job."""
    del service

    def work(job: Job) -> None:
        raise BigQueryError("notImplemented", job.kind)

    return work
