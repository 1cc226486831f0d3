"""Finds the resources that drills made in a sandbox project, and removes them.

They have the same names as on the platform, so that a name does not tell. Two things do: the journals of
the drill's recoveries, which say what was missing when each began; and the label of the drill, where the
API has labels, on what was made while the drill was at work. The label counts also where a journal is gone.

A journal lies where others can write: only names that the run has are looked for, and nothing but the
sandbox is touched.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from manifests.cloud.configuration import Configuration
from manifests.cloud.recoveries import recoveries_begun
from manifests.drill_layout import DRILLED, mark_of
from manifests.errors import CloudError, ReboundError
from manifests.kinds.resources.table import TYPES, resource_type
from manifests.store.decoded import judging
from recovery.drill.model import Kept
from recovery.drill.owned import AtWork, Made, at_work, doubt_of, doubt_of_label
from recovery.drill.removing import SandboxRemoval
from recovery.drill.store import drills_of
from recovery.journal import Journal
from recovery.kinds.places import mark_of_labels
from recovery.kinds.resources.rules.rewriting import Rewriting
from recovery.kinds.resources.rules.seen import ResourcesSeen, SeenResource
from recovery.kinds.resources.rules.steps import FOLDER, ConfigurationOutcome, ConfigurationStep
from recovery.outcome import PlannedRecovery
from recovery.running import origin_of
from recovery.session import Session
from recovery.units import listed


class UnreadConfiguration(NamedTuple):
    """What nobody could look at of what a drill made.

    Attributes:
        mark: That of the drill.
        what: What that is, and why.
        is_passing: Whether it can be looked at later.
    """

    mark: str
    what: str
    is_passing: bool


class Configured:
    """What drills made of a configuration in one project.

    Args:
        session: The clients.
        project: The sandbox.
    """

    def __init__(self, session: Session, project: str) -> None:
        self._session = session
        self._project = project
        rest = session.tools.rest()
        self._configuration = Configuration(rest, project)
        self._removal = SandboxRemoval(rest, project)

    def look(
        self, drills: Mapping[str, Kept] | None, mark: str = ""
    ) -> tuple[list[Made], list[UnreadConfiguration]]:
        """Return what is there that drills were to make, last made first, and what could not be read.

        A journal that cannot be read keeps nothing else from being found.

        Args:
            drills: Those of which something may be left, by their marks; None for one that is at work.
            mark: That of the one at work.
        """
        found: list[Made] = []
        unread: list[UnreadConfiguration] = []
        for recovery_id in self._recoveries({mark} if drills is None else drills):
            own = mark_of_recovery(recovery_id)
            drill = None if drills is None else drills[own]
            try:
                with judging(recovery_id):
                    for item in self._of(recovery_id, drill):
                        if isinstance(item, UnreadConfiguration):
                            unread.append(item)
                        else:
                            found.append(item)
            except ReboundError as error:
                unread.append(_unread(own, f"recovery {recovery_id}", error))
        if drills is not None:
            known = {(item.kind, item.name) for item in found if not item.doubt}
            labelled = self._labelled(drills, unread)
            found = [it for it in found if it.doubt == "" or (it.kind, it.name) not in labelled]
            found += [it for key, it in labelled.items() if key not in known]
        order = [kind.name for kind in TYPES]
        return sorted(found, key=lambda it: order.index(it.kind), reverse=True), unread

    def remove(self, item: Made) -> None:
        """Remove one.

        Raises:
            RefusedError: It is not of the sandbox.
            CloudError: It could not be, or is there still.
        """
        kind = resource_type(item.kind)
        self._removal.remove(kind, item.name)
        if self._configuration.resource(kind, item.name) is not None:
            raise CloudError("it was deleted, and is there still", subject=item.name)

    def open(self) -> dict[str, Kept]:
        """Return the drills that have not ended, or left something, and were not cleaned up, by mark."""
        drills = drills_of(self._session.tools)
        # Somebody may have planted another of the same mark.
        known = sorted(drills.all(), key=lambda it: it.begun is not None)
        return {
            mark_of(item.drill_id): item
            for item in known
            if not (item.has_ended and item.record is not None and not item.record.left)
            and not drills.is_cleaned(item.drill_id)
        }

    def _labelled(
        self, drills: Mapping[str, Kept], unread: list[UnreadConfiguration]
    ) -> dict[tuple[str, str], Made]:
        """Return what the label of a drill is on, by type and name; add what could not be listed to `unread`."""
        found = {}
        for entry in self._session.catalog.resources:
            kind = resource_type(entry.type)
            if not kind.labels or kind.why_not_drilled:
                continue
            try:
                there = self._configuration.resources(
                    kind, entry.locations, none_where_disabled=True, none_where_missing=True
                )
            except ReboundError as error:
                unread.append(_unread("", f"{kind.name} with the label of a drill", error))
                continue
            for name, resource in there.items():
                if mark := mark_of_labels(resource.get(kind.labels)):
                    doubt = doubt_of_label(resource, drills.get(mark), sandbox=self._project)
                    found[kind.name, name] = Made(kind.name, name, mark, doubt)
        return found

    def _recoveries(self, marks: Collection[str]) -> list[str]:
        """Return the recoveries that drills of some marks began."""
        ids = recoveries_begun(self._session.landing, lambda it: it.startswith(DRILLED)).ids
        return [item for item in ids if mark_of_recovery(item) in marks]

    def _of(self, recovery_id: str, drill: Kept | None) -> Iterator[Made | UnreadConfiguration]:
        """Yield what is there that one recovery was to make.

        Raises:
            ReboundError: Its journal or its run cannot be read.
        """
        session, mark = self._session, mark_of_recovery(recovery_id)
        journal = Journal(session.landing, recovery_id, session.seal)
        planned = journal.planned()
        request = planned.plan.request
        steps = [step for step in planned.plan.of(ConfigurationStep) if step.create]
        if not request.types or request.target.project != self._project or not steps:
            return
        made = {(step.type, step.name) for step in steps}
        work, recorded = AtWork(planned.started_at), made
        if drill is not None:
            work = at_work(drill, planned.started_at, sandbox=self._project)
            recorded = _recorded(journal if work.until is None else journal.during(work.until))
        for seen in self._seen(planned):
            for hidden in seen.unseen:
                yield _unread(mark, hidden.name, hidden.error)
            for item in seen.items:
                key = item.type, item.stored.name
                if item.resource is not None and key in made:
                    doubt = doubt_of(item.resource, work, is_recorded=key in recorded)
                    yield Made(item.type, _name_of(item, seen), mark, doubt)

    def _seen(self, planned: PlannedRecovery) -> Iterator[ResourcesSeen]:
        """Yield what is there now of what a recovery was to make.

        Raises:
            ReboundError: Its run cannot be read; what it was to make is named.
        """
        plan = planned.plan
        try:
            origin = origin_of(self._session, plan)
        except ReboundError as error:
            names = [step.title for step in plan.of(ConfigurationStep) if step.create]
            error.message = f"{error.message}; it was to make {listed(names)}"
            raise
        for kind in plan.request.kinds:
            seen = self._session.work(kind, plan.request.target).observe(origin, plan.request)
            if isinstance(seen, ResourcesSeen):
                yield seen


def mark_of_recovery(recovery_id: str) -> str:
    """Return the mark of the drill that a recovery is a part of: its own ends with a number."""
    return recovery_id.rpartition("-")[2][:-2]


def _recorded(journal: Journal) -> set[tuple[str, str]]:
    """Return the type and name of each resource that a recovery wrote down to have made."""
    ended = journal.entries(FOLDER, ConfigurationOutcome)
    return {(item.type, item.name) for item in ended if item.action in ("create", "undelete")}


def _name_of(item: SeenResource, seen: ResourcesSeen) -> str:
    """Return the full name under which a resource was looked at: that of the run, rewritten."""
    if item.resource is not None and resource_type(item.type).naming == "assigned":
        return str(item.resource["name"])
    rewriting = Rewriting(seen.names).of(item.type, item.stored.resource)
    return rewriting.name(item.stored.name)


def _unread(mark: str, what: str, error: ReboundError) -> UnreadConfiguration:
    return UnreadConfiguration(mark, f"{what}: {error.message}", error.retryable)
