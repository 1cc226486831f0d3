"""Faults of jobs, beside those of HTTP calls: a job that fails before or after its work."""

import re
import threading
from dataclasses import asdict, dataclass
from typing import Any

from tests.standin.bigquery.errors import BigQueryError, invalid


@dataclass(kw_only=True)
class JobFault:
    """One fault to inject.

    Attributes:
        job: Pattern that is searched for in the job id.
        reason: The reason of the job's error.
        message: Its message.
        times: How often it fires; None is for ever.
        after_commit: Whether the job's work is done and stays done.
        fired: How often it fired.
    """

    job: str
    reason: str = "backendError"
    message: str = "Injected fault."
    times: int | None = 1
    after_commit: bool = False
    fired: int = 0


class JobFaults:
    """The faults of jobs; safe to use from several threads."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._faults: list[JobFault] = []

    def add(self, description: dict[str, Any]) -> int:
        """Add a fault and return how many there are.

        Raises:
            BigQueryError: The description makes no fault.
        """
        try:
            fault = JobFault(**description)
            re.compile(fault.job)
        except (TypeError, re.error) as error:
            raise invalid(str(error)) from error
        with self._guard:
            self._faults.append(fault)
            return len(self._faults)

    def list(self) -> list[dict[str, Any]]:
        """Return every fault with the count of its firings."""
        with self._guard:
            return [asdict(fault) for fault in self._faults]

    def clear(self) -> "list[dict[str, Any]]":
        """Remove every fault; return them with the counts of their firings."""
        found = self.list()
        with self._guard:
            self._faults.clear()
        return found

    def fire(self, job_id: str, *, after_commit: bool) -> None:
        """Fail a job when a fault is for it.

        Raises:
            BigQueryError: One is.
        """
        with self._guard:
            for fault in self._faults:
                spent = fault.times is not None and fault.fired >= fault.times
                if spent or fault.after_commit != after_commit or not re.search(fault.job, job_id):
                    continue
                fault.fired += 1
                raise BigQueryError(fault.reason, fault.message)
