"""Makes resources again, one type after the other, and looks at each when it is made.

What ran at the recovery point is made stopped. It is written down as a fence, so that a thaw resumes
exactly that, and nothing whose target is still in the project that is lost.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from manifests import fence_layout
from manifests.cloud.configuration import Configuration
from manifests.cloud.objects import Bucket
from manifests.cloud.rest import Rest
from manifests.errors import CloudError, ReboundError
from manifests.kinds.resources.fields import settable
from manifests.kinds.resources.lines import StoredResource
from manifests.kinds.resources.types import ResourceType
from manifests.values import Resource
from recovery.compare import Finding
from recovery.fence.model import FencedWriter, FenceRecord
from recovery.fence.rules import fenced
from recovery.fence.store import Fences
from recovery.kinds.outcome import Failure
from recovery.kinds.resources.cloud.making import Making
from recovery.kinds.resources.rules.planning import findings, source_finding
from recovery.kinds.resources.rules.policies import added
from recovery.kinds.resources.rules.rewriting import Rewriting, remaining
from recovery.kinds.resources.rules.steps import (
    ConfigurationOutcome,
    ConfigurationStep,
    FoundationOutcome,
    ResourceOutcome,
)
from recovery.kinds.work import Running

_WRITERS = 4
_FOLDER = "resources"


class Recovering:
    """One recovery of resources.

    Args:
        rest: Calls the APIs.
        configuration: Reads the resources of the project that is written.
        names: What is called otherwise there; addresses of what is made are added.
        running: The recovery.
        archive: Reads what a function is built from, by its name in the vault.
    """

    def __init__(
        self,
        rest: Rest,
        configuration: Configuration,
        names: Mapping[str, str],
        running: Running,
        archive: Callable[[str], bytes],
    ) -> None:
        self._making = Making(rest, configuration)
        self._configuration = configuration
        self._lost = tuple(names)
        self._names = dict(names)
        self._running = running
        self._archive = archive
        self._stopped: list[FencedWriter] = []
        self._learned: list[dict[str, str]] = []

    def recover(
        self, kind: ResourceType, todo: Sequence[tuple[ConfigurationStep, StoredResource]]
    ) -> list[ConfigurationOutcome]:
        """Recover the resources of one type; one that fails stops no other.

        Args:
            kind: The type.
            todo: What happens to each, and what the backup has of it.
        """
        rewriting = Rewriting(self._names)
        with ThreadPoolExecutor(_WRITERS, thread_name_prefix="resources") as pool:
            outcomes = list(
                pool.map(lambda item: self._recovered(kind, item[0], item[1], rewriting), todo)
            )
        # While others of the type are made, nobody may add to the names that they are made with.
        for learned in self._learned:
            self._names |= learned
        return outcomes

    def fence(self, landing: Bucket, second: Bucket, project: str) -> None:
        """Write down what was made stopped and ran before, for a thaw to resume it."""
        if not self._stopped:
            return
        recovery_id = self._running.recovery_id
        record = FenceRecord(
            fence_id=fence_layout.fence_id(self._running.started_at, recovery_id[-4:]),
            project=project,
            fenced_at=self._running.started_at,
            why=f"made by the recovery {recovery_id}",
            things=("resources",),
            writers=tuple(sorted(self._stopped, key=lambda item: item.name)),
        )
        Fences(landing, second).begin(record)

    def _recovered(
        self,
        kind: ResourceType,
        step: ConfigurationStep,
        stored: StoredResource,
        rewriting: Rewriting,
    ) -> ConfigurationOutcome:
        wanted, places = rewriting.resource(stored.resource)
        ended_as = FoundationOutcome if kind.before_data else ResourceOutcome
        outcome: ConfigurationOutcome = ended_as(
            type=step.type,
            name=step.name,
            into=step.into,
            action=step.action,
            granted=step.grants,
            rewritten=tuple(f"{place.path}: {place.after}" for place in places),
        )
        if step.is_managed and step.action == "leave" and not step.grants:
            return outcome
        try:
            archive = self._archive(stored.source) if stored.source and step.changes else None
            name = self._written(kind, step, wanted, archive)
            ended = self._proven(kind, name, outcome, wanted)
            if archive is not None and self._configuration.source(kind, name) != archive:
                found = (*ended.findings, source_finding(name))
                ended = ended.model_copy(update={"findings": found})
            if step.grants and stored.policy is not None:
                self._grant(kind, ended.into, rewriting.resource(stored.policy)[0])
        except ReboundError as error:
            return outcome.model_copy(update={"failure": Failure.of(error)})
        self._running.journal.record(_FOLDER, f"{kind.name} {ended.name}", ended)
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
            unique_id = str(wanted.get("uniqueId", ""))
            if not (unique_id and self._making.undelete_account(kind, unique_id)):
                return self._making.create(kind, step.into, wanted)
        elif step.action == "create":
            return self._created(kind, step.into, wanted, archive)
        elif step.action == "update":
            self._making.change(kind, step.into, settable(kind, wanted), archive)
        return step.into

    def _created(
        self, kind: ResourceType, name: str, wanted: Resource, archive: bytes | None
    ) -> str:
        """Make a resource, unless an attempt that was interrupted has."""
        found = self._configuration.resource(kind, name) if kind.naming != "assigned" else None
        if found is not None and not self._differing(kind, wanted, found):
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
        differs = self._differing(kind, wanted, found) if made else findings(kind, wanted, found)
        resumes = made and kind.pause is not None and kind.pause.runs(wanted)
        lost = self._still_lost(kind, wanted) if resumes else ()
        if resumes and not lost:
            before = fenced(kind, {**found, **_pause_field(kind, wanted)}, ("resources",))
            self._stopped.append(before)
        self._learned.append(_names_of_now(kind, outcome.name, name, wanted, found))
        return outcome.model_copy(
            update={"into": name, "findings": (*differs, *lost), "resumes": resumes and not lost}
        )

    def _differing(
        self, kind: ResourceType, wanted: Resource, found: Resource
    ) -> tuple[Finding, ...]:
        """Return what differs of a resource that is made stopped, but for its being stopped."""
        if kind.pause is None:
            return tuple(findings(kind, wanted, found))
        field = kind.pause.field
        rest = ({k: v for k, v in item.items() if k != field} for item in (wanted, found))
        return tuple(findings(kind, *rest))

    def _still_lost(self, kind: ResourceType, wanted: Resource) -> tuple[Finding, ...]:
        """Return what of a writer still points at the project that is lost."""
        paths = {path for lost in self._lost for path in remaining(wanted, lost)}
        return tuple(
            Finding(
                subject=kind.name,
                aspect=path,
                expected="whole",
                actual="it still points at the lost project, and stays stopped",
            )
            for path in sorted(paths & set(kind.calls))
        )

    def _grant(self, kind: ResourceType, name: str, stored: Resource) -> None:
        present = self._configuration.policy(kind, name) or {}
        policy, _ = added(stored, present)
        if policy is None:
            return
        self._making.set_policy(kind, name, policy)
        if added(stored, self._configuration.policy(kind, name) or {})[1]:
            raise CloudError("its IAM policy was set, and lacks what was granted", subject=name)


def _names_of_now(
    kind: ResourceType, old_name: str, name: str, wanted: Resource, found: Resource
) -> dict[str, str]:
    """Return by what a resource was referred to and called, and by what it is now."""
    # Both lists have the address that is drawn and the one that the project's number is in.
    old = (wanted.get("uri"), *wanted.get("urls", ()))
    new = (found.get("uri"), *found.get("urls", ()))
    addresses = {
        str(before): str(now) for before, now in zip(old, new, strict=False) if before and now
    }
    # As the backup has it: the name is found whole, before the project in it is.
    return {**addresses, old_name: name} if kind.naming == "assigned" else addresses


def _pause_field(kind: ResourceType, wanted: Resource) -> Resource:
    """Return the field of a writer that a pause changes, as it was before."""
    if kind.pause is None or kind.pause.field not in wanted:
        return {}
    return {kind.pause.field: wanted[kind.pause.field]}
