"""Asks for what listens to what is written to a project: triggers of Eventarc, sinks of Cloud Logging."""

import threading
from collections.abc import Callable

from google.api_core.exceptions import GoogleAPICallError

from manifests.cloud.configuration import Configuration, is_disabled
from manifests.cloud.rest import Rest
from manifests.errors import CloudError
from manifests.kinds.resources.table import resource_type
from manifests.kinds.resources.types import EVERYWHERE
from recovery.listening import Listening, Sinks, Triggers, of_tables


class Listeners:
    """What listens in each project, asked once for all kinds of a plan. Safe to share between threads.

    Args:
        rest: Calls the APIs.
    """

    def __init__(self, rest: Callable[[], Rest]) -> None:
        self._rest = rest
        self._guard = threading.Lock()
        self._triggers: dict[str, Triggers] = {}
        self._sinks: dict[str, Sinks] = {}

    def triggers(self, project: str) -> Triggers:
        """Return the triggers of a project, or why Eventarc cannot be asked."""
        with self._guard:
            if project not in self._triggers:
                self._triggers[project] = live_triggers(self._rest(), project)
            return self._triggers[project]

    def of_tables(self, project: str) -> Listening:
        """Return what listens to what is written to a project's BigQuery."""
        triggers = self.triggers(project)
        with self._guard:
            if project not in self._sinks:
                self._sinks[project] = live_sinks(self._rest(), project)
            return of_tables(triggers, self._sinks[project])


def live_triggers(rest: Rest, project: str) -> Triggers:
    """Return the triggers that are there now, or why Eventarc cannot be asked.

    A recovery does not need Eventarc, so that its silence stops none: it needs a word instead.
    """
    try:
        found = Configuration(rest, project).listed(
            resource_type("eventarc/trigger"), (EVERYWHERE,)
        )
    except CloudError as error:
        cause = error.__cause__
        if isinstance(cause, GoogleAPICallError) and is_disabled(cause):
            return Triggers(is_enabled=False)
        return Triggers(unasked=error.message)
    return Triggers(found=tuple(found))


def live_sinks(rest: Rest, project: str) -> Sinks:
    """Return the log sinks that are there now, or why Cloud Logging cannot be asked."""
    try:
        found = Configuration(rest, project).listed(
            resource_type("logging/sink"), (), none_where_disabled=True
        )
    except CloudError as error:
        return Sinks(unasked=error.message)
    return Sinks(found=tuple(found))
