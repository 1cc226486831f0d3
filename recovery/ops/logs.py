"""Reads logs up to a bound, and tells whether the search came to its end."""

from collections import Counter
from datetime import datetime
from itertools import islice

from manifests.cloud.pages import pages
from manifests.cloud.rest import Rest
from manifests.cloud.retry import cloud_errors
from manifests.errors import CloudError
from manifests.values import Resource
from recovery.ops.facts import LogEntries, Logged

_HOST, _PATH = "logging.googleapis.com", "v2/entries:list"
_PAGE = 500
_MOST_PAGES = 20
_NEEDS = "logging.logEntries.list (roles/logging.viewer)"


class Logs:
    """The logs of one project.

    Args:
        rest: Calls the API.
        project: The project.
    """

    def __init__(self, rest: Rest, project: str) -> None:
        self._rest = rest
        self._project = project

    def entries(self, text: str, *, since: datetime, most: int, subject: str) -> LogEntries:
        """Return the newest entries that match a filter.

        A page can be empty without being the last (Logging REST, ListLogEntriesResponse).

        Args:
            text: The filter, in the Logging query language.
            since: Older entries are left out.
            most: How many entries at most.
            subject: What is looked for, for errors.

        Raises:
            CloudError: The logs could not be read, or the search did not come to an end.
        """
        body = {
            "resourceNames": [f"projects/{self._project}"],
            "filter": f'timestamp>="{since:%Y-%m-%dT%H:%M:%SZ}" AND ({text})',
            "orderBy": "timestamp desc",
            "pageSize": _PAGE,
        }
        entries: list[Resource] = []

        def ask(asked: Resource) -> Resource:
            with cloud_errors(subject, _NEEDS):
                return self._rest.call("POST", _HOST, _PATH, body=asked)

        for page in islice(pages(ask, body), _MOST_PAGES):
            entries += page.get("entries", ())
            is_last = not page.get("nextPageToken")
            if is_last or len(entries) >= most:
                return LogEntries(entries[:most], is_whole=is_last and len(entries) <= most)
        raise CloudError(
            "the search of the logs did not come to an end",
            subject=subject,
            hint="run the same command again",
            retryable=True,
        )


def counted_by_writer(found: LogEntries) -> Logged:
    """Count entries by the service, function, job or workflow that wrote them."""
    return Logged(Counter(map(_writer, found.entries)), found.is_whole)


def _writer(entry: Resource) -> str:
    resource = entry.get("resource", {})
    labels = resource.get("labels", {})
    for name in ("service_name", "function_name", "job_name", "job_id", "workflow_id"):
        if name in labels:
            return str(labels[name])
    return str(resource.get("type") or entry.get("logName", "unknown"))
