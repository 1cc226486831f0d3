"""Makes resources again, one type after the other, and looks at each when it is made.

What ran at the recovery point is made stopped. A fence records it, so that a thaw resumes exactly
that. What still calls something in the lost project is left out of the fence, and stays stopped.
"""

import shlex
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from manifests.cloud.configuration import Configuration
from manifests.cloud.objects import Bucket
from manifests.cloud.rest import Rest
from manifests.errors import CloudError, PartialError, ReboundError
from manifests.kinds.resources.fields import differing
from manifests.kinds.resources.lines import StoredResource
from manifests.kinds.resources.types import ResourceType
from manifests.values import Resource
from recovery.compare.findings import Finding
from recovery.fence.model import FencedWriter
from recovery.fence.rules import as_before, fenced
from recovery.fence.store import Fences
from recovery.kinds.outcome import Failure
from recovery.kinds.resources.cloud.keeping import keep_former
from recovery.kinds.resources.cloud.making import Making
from recovery.kinds.resources.cloud.secrets import require_values
from recovery.kinds.resources.cloud.stopped import THINGS, MadeStopped
from recovery.kinds.resources.rules.called import lost_references, waits_for
from recovery.kinds.resources.rules.planning import archive_finding, findings
from recovery.kinds.resources.rules.renaming import Names
from recovery.kinds.resources.rules.rewriting import Rewriting, addresses
from recovery.kinds.resources.rules.secrets import secret_values
from recovery.kinds.resources.rules.steps import (
    FOLDER,
    ConfigurationOutcome,
    ConfigurationStep,
    FoundationOutcome,
    ResourceOutcome,
)
from recovery.kinds.work import Running

_WRITERS = 4


class Recovering:
    """One recovery of resources.

    Args:
        rest: Calls the APIs.
        configuration: Reads the resources of the project that is written.
        names: The names that differ where the recovery writes.
        running: The recovery.
        lost: The project that is lost, its number, and addresses in it; empty where none is lost.
        pinned: Images that are run by their digests.
        archive: Reads what a function is built from, by its name in the vault.
        fences: Record what is made stopped.
        landing: The bucket that keeps what is changed as it was.
        project: The project that is written.
        own: The id and the number of that project.
    """

    def __init__(
        self,
        rest: Rest,
        configuration: Configuration,
        names: Names,
        running: Running,
        *,
        lost: frozenset[str],
        pinned: Mapping[str, str],
        archive: Callable[[str], bytes],
        fences: Fences,
        landing: Bucket,
        project: str,
        own: frozenset[str],
    ) -> None:
        self._making = Making(rest, configuration)
        self._configuration = configuration
        self._lost = lost
        self._told = names
        self._more = dict(pinned)
        self._running = running
        self._archive = archive
        self._keep = partial(keep_former, configuration, landing, running)
        self._project = project
        self._own = own
        self._held = fences.writers()
        self._stopped = MadeStopped(fences, running, project)
        self._named: list[FencedWriter] = []
        self._learned: list[dict[str, str]] = []

    def recover(
        self, kind: ResourceType, todo: Sequence[tuple[ConfigurationStep, StoredResource]]
    ) -> list[ConfigurationOutcome]:
        """Recover the resources of one type; one that fails stops no other.

        Args:
            kind: The type.
            todo: What happens to each, and what the backup has of it.

        Raises:
            CloudError: The fence could not be written; an error of one resource is in its outcome.
        """
        rewriting = Rewriting(self._told, self._more)
        self._stopped.write_down(self._expected(kind, todo, rewriting))
        with ThreadPoolExecutor(_WRITERS, thread_name_prefix="resources") as pool:
            outcomes = list(
                pool.map(lambda item: self._recovered(kind, item[0], item[1], rewriting), todo)
            )
        # The service named these: only now is it known how they are called.
        self._stopped.write_down(self._named if kind.naming == "assigned" else ())
        self._named.clear()
        # Added only now: while others of the type are made, their names are looked up in it.
        for learned in self._learned:
            self._more |= learned
        return outcomes

    def _expected(
        self,
        kind: ResourceType,
        todo: Sequence[tuple[ConfigurationStep, StoredResource]],
        rewriting: Rewriting,
    ) -> list[FencedWriter]:
        """Return what is about to be made stopped and ran before."""
        if kind.naming == "assigned":
            return []
        made = [
            {
                **rewriting.of(kind.name, stored.resource).resource(stored.resource)[0],
                "name": step.into,
            }
            for step, stored in todo
            if step.create
        ]
        return [
            fenced(kind, wanted, THINGS)
            for wanted in made
            if kind.runs(wanted) and not self._still_lost(kind, wanted)
        ]

    def _recovered(
        self,
        kind: ResourceType,
        step: ConfigurationStep,
        stored: StoredResource,
        rewriting: Rewriting,
    ) -> ConfigurationOutcome:
        rewriting = rewriting.of(kind.name, stored.resource)
        wanted, places = rewriting.resource(stored.resource)
        ended_as = FoundationOutcome if kind.before_data else ResourceOutcome
        outcome: ConfigurationOutcome = ended_as(
            type=step.type,
            name=step.name,
            into=step.into,
            action=step.action,
            granted=step.grants,
            rewritten=tuple(place.told for place in places),
            left=tuple(place.told for place in rewriting.left(kind, wanted)),
        )
        if step.is_managed and step.action == "leave" and not step.grants:
            return outcome
        try:
            archive = self._archive(stored.source) if stored.source and step.changes else None
            if step.is_missing:
                self._require_applied(kind, step)
            name = self._written(kind, step, wanted, archive)
            ended = self._proven(kind, name, outcome, wanted)
            if archive is not None and self._configuration.archive(kind, name) != archive:
                found = (*ended.findings, archive_finding(name))
                ended = ended.model_copy(update={"findings": found})
            if step.grants and stored.policy is not None:
                self._making.grant(kind, ended.into, rewriting.resource(stored.policy)[0])
        except ReboundError as error:
            return outcome.model_copy(update={"failure": Failure.of(error)})
        self._running.journal.record(FOLDER, f"{kind.name} {ended.name}", ended)
        return ended

    def _written(
        self,
        kind: ResourceType,
        step: ConfigurationStep,
        wanted: Resource,
        archive: bytes | None,
    ) -> str:
        """Do what a step says, and return the full name of what is there then."""
        if step.action == "undelete":
            if not self._making.undelete(kind, step.into, wanted):
                return self._making.create(kind, step.into, wanted)
            # It is as it was deleted, which need not be as the backup has it.
            self._set(kind, step.into, wanted, self._configuration.resource(kind, step.into))
        elif step.action == "create":
            values = secret_values(wanted, self._own)
            require_values(self._configuration, values, self._project, subject=step.into)
            if address := waits_for(kind, wanted, self._lost, self._now):
                raise CloudError(f"what answers at {address} is not made yet", subject=step.into)
            return self._created(kind, step.into, wanted, archive)
        elif step.action == "update":
            found = self._keep(kind, step.into, has_archive=archive is not None)
            self._set(kind, step.into, wanted, found, archive)
        return step.into

    def _set(
        self,
        kind: ResourceType,
        name: str,
        wanted: Resource,
        found: Resource | None,
        archive: bytes | None = None,
    ) -> None:
        """Set what of a resource differs."""
        fields = differing(kind, wanted, found or {})
        self._making.change(kind, name, wanted, fields, archive, seen=found)

    def _require_applied(self, kind: ResourceType, step: ConfigurationStep) -> None:
        """Refuse to call recovered what is left to others, as to Terraform, and is not there yet.

        Raises:
            PartialError: It is not.
        """
        if self._configuration.resource(kind, step.into) is None:
            if step.is_managed:
                raise PartialError("it is not there", subject=step.into, hint=step.why)
            raise PartialError(
                "it is not there, and Terraform keeps it",
                subject=step.into,
                hint="`terraform apply` makes it; `rebound resume` then proves it, or makes it with "
                f"`--make {shlex.quote(step.own_name)}`",
            )

    def _created(
        self, kind: ResourceType, name: str, wanted: Resource, archive: bytes | None
    ) -> str:
        """Make a resource, unless an attempt that was interrupted has."""
        found = self._configuration.resource(kind, name)
        # What its service names would be made twice: the proof says what differs.
        is_ours = kind.naming == "assigned" or (found and not self._differing(kind, wanted, found))
        if found is not None and is_ours:
            return name
        return self._making.create(kind, name, wanted, archive)

    def _proven(
        self, kind: ResourceType, name: str, outcome: ConfigurationOutcome, wanted: Resource
    ) -> ConfigurationOutcome:
        """Look at a resource again, and say whether it is what it was."""
        found = self._configuration.resource(kind, name)
        if found is None:
            raise CloudError("it is not there", subject=name, retryable=True)
        made = outcome.action in ("create", "undelete")
        differs = (
            self._differing(kind, wanted, found)
            if made
            else findings(kind, wanted, as_before(kind, found, self._held))
        )
        resumes = made and kind.runs(wanted)
        lost = self._still_lost(kind, wanted) if resumes else ()
        if resumes and not lost:
            before = fenced(kind, {**found, **_pause_field(kind, wanted)}, THINGS)
            self._named.append(before)
        self._learned.append(names_of_now(kind, outcome.name, name, wanted, found))
        return outcome.model_copy(
            update={"into": name, "findings": (*differs, *lost), "resumes": resumes and not lost}
        )

    def _differing(
        self, kind: ResourceType, wanted: Resource, found: Resource
    ) -> tuple[Finding, ...]:
        """Return what differs of a resource that is made stopped, but for its being stopped."""
        if not kind.pauses:
            return tuple(findings(kind, wanted, found))
        field = kind.pause_of(wanted).field
        rest = ({k: v for k, v in item.items() if k != field} for item in (wanted, found))
        return tuple(findings(kind, *rest))

    def _still_lost(self, kind: ResourceType, wanted: Resource) -> tuple[Finding, ...]:
        return lost_references(kind, wanted, self._lost, self._now, self._told.regions)

    @property
    def _now(self) -> set[str]:
        """Return what stands for what is lost."""
        told = self._told
        return {*told.whole.values(), *told.regions.values(), *self._more.values()}


def names_of_now(
    kind: ResourceType, old_name: str, name: str, wanted: Resource, found: Resource
) -> dict[str, str]:
    """Return the old names and addresses of a resource, each with the new one."""
    old, new = addresses(wanted), addresses(found)
    now = {address: new[field] for field, address in old.items() if field in new}
    # The old name as the backup has it: a whole name is found before the project in it is.
    return {**now, old_name: name} if kind.naming == "assigned" else now


def _pause_field(kind: ResourceType, wanted: Resource) -> Resource:
    """Return the field of a writer that a pause changes, as it was before."""
    if not kind.pauses:
        return {}
    field = kind.pause_of(wanted).field
    return {field: wanted[field]} if field in wanted else {}
