"""Runs jobs, many at once, and keeps what became of them."""

import re
import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from tests.standin.bigquery.engine.database import Database
from tests.standin.bigquery.engine.entries import Resource
from tests.standin.bigquery.errors import BigQueryError, duplicate, invalid, not_found
from tests.standin.bigquery.settings import Settings
from tests.standin.bigquery.state.faults import JobFaults
from tests.standin.bigquery.state.job import KINDS, Job, JobKey, new_job, stored_job

_THREADS = 256
_AT_WORK = 16
# Who asks for a job is answered once it has ended, or after so long.
_SOON_SECONDS = 1.0
# Interrupting stops what runs now: a job that has yet to begin its statement is asked again.
_INTERRUPTIONS, _BETWEEN_SECONDS = 40, 0.05
_OPEN_LOCATIONS = ("us", "eu")
_ID = re.compile(r"[A-Za-z0-9_-]{1,1024}")

type Work = Callable[[Job], None]


class Jobs:
    """All jobs of a server. Safe to share between threads.

    Args:
        database: Where jobs are stored.
        settings: Latency and locations.
        faults: Faults to inject.
    """

    def __init__(self, database: Database, settings: Settings, faults: JobFaults) -> None:
        self._database = database
        self._settings = settings
        self._faults = faults
        self._work: dict[str, Work] = {}
        self._guard = threading.Lock()
        self._jobs: dict[JobKey, Job] = {}
        # Any number of jobs can wait out their latency; only so many work at once.
        self._at_work = threading.BoundedSemaphore(_AT_WORK)
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="job")
        self._bury()

    def serve(self, work: dict[str, Work]) -> None:
        """Take over what does the work of each kind of job."""
        self._work = work

    def close(self) -> None:
        """Stop every job."""
        for job in list(self._jobs.values()):
            job.cancelled.set()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _bury(self) -> None:
        for document in self._database.jobs():
            state = document["status"]["state"]
            job = stored_job(document, now_ms=self._now_ms())
            self._jobs[job.key] = job
            if state != "DONE":
                self._store(job)

    def insert(self, project: str, body: Resource, media: bytes | None = None) -> Job:
        """Start a job.

        Args:
            project: The project it belongs to.
            body: The job resource of the caller.
            media: The uploaded file of a load.

        Raises:
            BigQueryError: The request makes no job, or the id is taken.
        """
        configuration = body.get("configuration") or {}
        kind = next((name for name in KINDS if name in configuration), None)
        if kind is None:
            raise invalid("Required parameter is missing: configuration")
        reference = body.get("jobReference") or {}
        job_id = reference.get("jobId") or f"job_{uuid.uuid4().hex}"
        if not _ID.fullmatch(job_id):
            raise invalid(f"Invalid job ID: {job_id}")
        location = reference.get("location") or self._location(project, configuration[kind])
        key = (project, location.lower(), job_id)
        job = new_job(key, location, configuration, kind, created_ms=self._now_ms())
        job.media = media
        if configuration.get("dryRun"):
            # What a dry run refuses is the answer of the call, not of a job.
            self._work[kind](job)
            job.state = "DONE"
            job.finished.set()
            return job
        with self._guard:
            if key in self._jobs:
                raise duplicate("Job", f"{project}:{location}.{job_id}")
            self._jobs[key] = job
        self._store(job)
        self._pool.submit(self._execute, job)
        return job

    def _location(self, project: str, configuration: Resource) -> str:
        """Guess the location of a job as BigQuery does: where its datasets are."""
        text = repr(configuration)
        for entry in self._database.catalog.below("dataset", project):
            if re.search(rf"\b{re.escape(entry.key[1])}\b", text):
                return str(entry.resource["location"])
        return self._settings.location

    def _execute(self, job: Job) -> None:
        try:
            seconds = self._settings.latency_seconds.get(job.kind, 0)
            if seconds:
                job.cancelled.wait(seconds)
            job.check_cancelled()
            with self._at_work:
                job.state = "RUNNING"
                job.statistics["startTime"] = self._now_ms()
                self._faults.fire(job.job_id, after_commit=False)
                self._work[job.kind](job)
                self._faults.fire(job.job_id, after_commit=True)
        except BigQueryError as error:
            job.error = error.result()
        except Exception as error:  # noqa: BLE001 - whatever went wrong, the job has to end
            job.error = BigQueryError("internalError", f"{type(error).__name__}: {error}").result()
        job.statistics.setdefault("startTime", self._now_ms())
        job.statistics["endTime"] = self._now_ms()
        job.state = "DONE"
        job.media = None
        self._store(job)
        job.finished.set()

    def _now_ms(self) -> str:
        """Return the stand-in's time of day as BigQuery writes it."""
        return str(self._database.clock.now_micros() // 1000)

    def _store(self, job: Job) -> None:
        self._database.save_job(".".join(job.key), job.shown())

    def get(self, project: str, job_id: str, location: str | None) -> Job:
        """Return a job.

        Raises:
            BigQueryError: There is none of that id in that location.
        """
        locations = (location.lower(),) if location else _OPEN_LOCATIONS
        with self._guard:
            found = [self._jobs.get((project, name, job_id)) for name in locations]
        job = next((item for item in found if item is not None), None)
        if job is None:
            shown = f"{project}:{location}.{job_id}" if location else f"{project}:{job_id}"
            raise not_found("Job", shown)
        return job

    def seen(self, job: Job) -> Job:
        """Return a job once it has ended, or soon: one that waits out a latency at once."""
        if not self._settings.latency_seconds.get(job.kind):
            job.finished.wait(_SOON_SECONDS)
        return job

    def cancel(self, job: Job) -> None:
        """Ask a job to stop, until its query has begun and is stopped."""
        job.cancelled.set()
        for _ in range(_INTERRUPTIONS):
            connection = job.connection
            if connection is None or job.finished.is_set():
                return
            connection.interrupt()
            job.finished.wait(_BETWEEN_SECONDS)

    def resources(self, project: str) -> list[Resource]:
        """Return every job of a project, the newest first."""
        with self._guard:
            found = [job for job in self._jobs.values() if job.project == project]
        shown = [job.shown() for job in found]
        return sorted(shown, key=lambda job: int(job["statistics"]["creationTime"]), reverse=True)
