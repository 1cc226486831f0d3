"""Finds the resources that drills made in a sandbox project, and removes them.

They have the names that they have on the platform: what a drill made is told by the journals of its
recoveries, each of which says what was not there when it began.
"""

from collections.abc import Iterator
from typing import NamedTuple

from manifests.cloud.configuration import Configuration
from manifests.cloud.recoveries import recoveries_begun
from manifests.cloud.rest import Rest
from manifests.drill_layout import DRILLED, mark_of
from manifests.errors import CloudError
from manifests.kinds.resources.table import TYPES, resource_type
from recovery.drill.store import drills_of
from recovery.journal import Journal
from recovery.kinds.resources.cloud.making import Making
from recovery.kinds.resources.rules.steps import ConfigurationStep
from recovery.outcome import PlannedRecovery
from recovery.running import origin_of
from recovery.session import Session


class MadeResource(NamedTuple):
    """One resource that a drill made.

    Attributes:
        name: Its full name.
        mark: That of the drill.
    """

    type: str
    name: str
    mark: str

    @property
    def label(self) -> str:
        """Return how a sentence names it."""
        return f"{self.type} {self.name.rpartition('/')[2]}"


class Configured:
    """What drills made of a configuration in one project.

    Args:
        session: The clients.
        project: The sandbox.
    """

    def __init__(self, session: Session, project: str) -> None:
        self._session = session
        self._project = project
        rest = Rest(session.settings.api_endpoint)
        self._configuration = Configuration(rest, project)
        self._making = Making(rest, self._configuration)

    def made(self, mark: str | None) -> Iterator[MadeResource]:
        """Yield what is there of one drill, or of all of which something may be left, last made first.

        Raises:
            CloudError: Something could not be looked at.
            ReboundError: A journal of a drill, or its run, cannot be read.
        """
        marks = self._unended() if mark is None else {mark}
        found = [item for planned in self._recoveries(marks) for item in self._of(planned)]
        order = [kind.name for kind in TYPES]
        yield from sorted(found, key=lambda item: order.index(item.type), reverse=True)

    def remove(self, item: MadeResource) -> None:
        """Remove one.

        Raises:
            CloudError: It could not be, or is there still.
        """
        kind = resource_type(item.type)
        self._making.remove(kind, item.name)
        if self._configuration.resource(kind, item.name) is not None:
            raise CloudError("it was deleted, and is there still", subject=item.name)

    def _unended(self) -> set[str]:
        """Return the marks of drills that have not ended, or left something there."""
        drills = drills_of(self._session.tools)
        return {
            mark_of(item.drill_id)
            for item in drills.all()
            if not (item.has_ended and item.record is not None and not item.record.left)
        }

    def _recoveries(self, marks: set[str]) -> Iterator[PlannedRecovery]:
        """Yield the recoveries of a configuration that drills began, into this project."""
        ids = recoveries_begun(self._session.landing, lambda it: it.startswith(DRILLED)).ids
        for recovery_id in ids:
            if _mark_of(recovery_id) in marks:
                planned = Journal(self._session.landing, recovery_id, self._session.seal).planned()
                request = planned.plan.request
                if request.types and request.target.project == self._project:
                    yield planned

    def _of(self, planned: PlannedRecovery) -> Iterator[MadeResource]:
        plan = planned.plan
        made = {step.name: step.into for step in plan.of(ConfigurationStep) if step.create}
        origin = origin_of(self._session, plan)
        for kind in plan.request.kinds:
            seen = self._session.work(kind, plan.request.target).observe(origin, plan.request)
            for hidden in seen.unseen:
                raise hidden.error
            for item in seen.items:
                if item.resource is not None and item.stored.name in made:
                    is_assigned = resource_type(item.type).naming == "assigned"
                    name = item.resource["name"] if is_assigned else made[item.stored.name]
                    yield MadeResource(item.type, str(name), _mark_of(planned.recovery_id))


def _mark_of(recovery_id: str) -> str:
    """Return the mark of the drill that a recovery is a part of: its own ends with a number."""
    return recovery_id.rpartition("-")[2][:-2]
