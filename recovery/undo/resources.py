"""Sets resources of the platform's configuration back, and removes those that a recovery made."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, Literal

from manifests.cloud.configuration import Configuration
from manifests.cloud.rest import Rest
from manifests.errors import ManifestAlteredError, NotEqualError
from manifests.journal_layout import archive_digest
from manifests.kinds.resources.layout import is_archive
from manifests.kinds.resources.table import TYPES, resource_type
from manifests.kinds.resources.types import ResourceType
from manifests.values import Resource
from recovery.kinds.former import Former
from recovery.kinds.resources.cloud.making import Making
from recovery.kinds.resources.cloud.recovering import names_of_now
from recovery.kinds.resources.rules.policies import taken
from recovery.kinds.resources.rules.rewriting import Rewriting
from recovery.kinds.resources.rules.seen import ResourcesSeen, SeenResource
from recovery.kinds.resources.rules.steps import (
    ConfigurationOutcome,
    ConfigurationStep,
    FoundationOutcome,
    FoundationStep,
    ResourceOutcome,
    ResourceStep,
)
from recovery.scenarios import RecoveryKind
from recovery.session import Session
from recovery.undo.archives import FormerArchives
from recovery.undo.ended import Ended, planned_of
from recovery.undo.former_rules import decided
from recovery.undo.model import UndoStep
from recovery.undo.resource_rules import (
    SeenAgain,
    fields_to_set,
    granted_now,
    step_of,
    undo_resource,
)
from recovery.undo.undoer import Undoer

_OF: Mapping[str, tuple[type[ConfigurationOutcome], type[ConfigurationStep]]] = {
    "foundations": (FoundationOutcome, FoundationStep),
    "resources": (ResourceOutcome, ResourceStep),
}


class ResourceUndo(Undoer[ConfigurationOutcome]):
    """The resources of one recovery.

    Args:
        session: The clients.
        ended: The recovery.
        which: Those that are there before data is, or those that come behind it.
    """

    outcomes = tuple(outcome for outcome, _ in _OF.values())

    def __init__(
        self, session: Session, ended: Ended, which: Literal["foundations", "resources"]
    ) -> None:
        super().__init__(ended)
        self._session = session
        self._which: RecoveryKind = which
        outcome, self._planned = _OF[which]
        self.outcomes = (outcome,)
        rest = Rest(session.settings.api_endpoint)
        self._configuration = Configuration(rest, ended.request.target.project)
        self._making = Making(rest, self._configuration)
        self._archives = FormerArchives(session.landing, ended.recovery_id)

    def undo(self, step: UndoStep) -> str:
        """Carry out one step and prove it."""
        kind = resource_type(self._outcome(step).type)
        # Read before it is decided again, so that its etag is not that of what nobody looked at.
        seen = self._configuration.resource(kind, step.into, none_where_disabled=True)
        outcome = self._whole(self._as_planned(step))
        if step.action == "remove":
            self._making.remove(kind, step.into, seen)
            if self._configuration.resource(kind, step.into) is not None:
                raise NotEqualError("it is there still", subject=step.into)
            return ""
        if outcome.action == "update":
            self._set_back(kind, outcome, seen)
        self._take(kind, outcome)
        if (after := self._step(self._outcome(step))).action != "leave":
            raise NotEqualError(f"it is not as before: {after.why}", subject=step.into)
        return ""

    def _touched(self) -> Iterator[ConfigurationOutcome]:
        """Yield the resources, last made first."""
        order = [kind.name for kind in TYPES]
        yield from sorted(super()._touched(), key=lambda item: order.index(item.type), reverse=True)

    def _whole(self, outcome: ConfigurationOutcome) -> ConfigurationOutcome:
        """Return how a resource ended, with what earlier attempts did to it."""
        begun = planned_of(self._ended, self._planned, outcome)
        update: dict[str, object] = {"granted": (*begun.grants, *outcome.granted)}
        if begun.create:
            update["action"] = begun.action
        elif outcome.action == "leave" and begun.action == "update":
            update["action"] = "update"
        return outcome.model_copy(update=update)

    def _step(self, outcome: ConfigurationOutcome) -> UndoStep:
        outcome = self._whole(outcome)
        item = self._items.get(outcome.name)
        if item is None or item.type != outcome.type:
            raise ManifestAlteredError(
                "its report names what is not in the run, or not in the catalog",
                subject=outcome.name,
            )
        kind = resource_type(outcome.type)
        into = self._into(kind, item)
        outcome = outcome.model_copy(update={"into": into})
        step = step_of(outcome)
        return decided(step, lambda: self._decided(kind, item, outcome))

    def _decided(
        self, kind: ResourceType, item: SeenResource, outcome: ConfigurationOutcome
    ) -> UndoStep:
        into = outcome.into
        live = self._configuration.resource(kind, into, none_where_disabled=True)
        has_policy = live is not None and kind.policy and outcome.granted
        former = self._ended.former(kind.name, into)
        return undo_resource(
            outcome,
            SeenAgain(
                wanted=self._rewriting.of(kind.name, item.stored.resource).resource(
                    item.stored.resource
                )[0],
                live=live,
                policy=self._configuration.policy(kind, into) if has_policy else None,
                former=former,
                holds=self._holds(kind, into) if live is not None else "",
                began_at=self._ended.began_at,
                **self._archive(kind, into, item, former, is_there=live is not None),
            ),
        )

    def _archive(
        self,
        kind: ResourceType,
        into: str,
        item: SeenResource,
        former: Former | None,
        *,
        is_there: bool,
    ) -> dict[str, Any]:
        """Tell what a function is built from: what it was, what the recovery built it from, or else."""
        if not (is_there and item.stored.source):
            return {}
        now = self._configuration.archive(kind, into)
        told: dict[str, Any] = {"is_archive_ours": is_archive(item.stored.source, now)}
        if former and former.archive and not self._archives.is_of(former.archive, now):
            told["archive"] = archive_digest(former.archive)
            told["archive_problem"] = self._archives.content(former.archive)[1]
        return told

    @cached_property
    def _seen(self) -> ResourcesSeen:
        """What the run has of resources, beside what is there."""
        work = self._session.work(self._which, self._ended.request.target)
        found: ResourcesSeen = work.observe(self._ended.origin, self._ended.request)
        for hidden in found.unseen:
            raise hidden.error
        return found

    @cached_property
    def _items(self) -> Mapping[str, SeenResource]:
        return {item.stored.name: item for item in self._seen.items}

    @cached_property
    def _rewriting(self) -> Rewriting:
        """The names of now: of another project, and of what answers elsewhere since it was made."""
        more, rewriting = dict(self._seen.pinned), Rewriting(self._seen.names, self._seen.pinned)
        for item in self._seen.items:
            if item.resource is not None:
                kind = resource_type(item.type)
                wanted, _ = rewriting.of(kind.name, item.stored.resource).resource(
                    item.stored.resource
                )
                name = self._into(kind, item)
                more |= names_of_now(kind, item.stored.name, name, wanted, item.resource)
        return Rewriting(self._seen.names, more)

    def _into(self, kind: ResourceType, item: SeenResource) -> str:
        if kind.naming == "assigned" and item.resource is not None:
            return str(item.resource["name"])
        return (
            Rewriting(self._seen.names).of(kind.name, item.stored.resource).name(item.stored.name)
        )

    def _holds(self, kind: ResourceType, into: str) -> str:
        found = self._configuration.below(kind, into)
        return ", ".join(f"its {len(items)} {name}" for name, items in found.items() if items)

    def _set_back(
        self, kind: ResourceType, outcome: ConfigurationOutcome, live: Resource | None
    ) -> None:
        into = self._into(kind, self._items[outcome.name])
        former = self._ended.former(kind.name, into)
        if former is None or former.resource is None or live is None:
            raise NotEqualError("nothing is known of what it was", subject=into)
        archive = self._former_archive(kind, into, former)
        fields = fields_to_set(kind, former.resource, live)
        self._making.change(kind, into, former.resource, fields, archive, seen=live)

    def _former_archive(self, kind: ResourceType, into: str, former: Former) -> bytes | None:
        """Return what a function has to be built from; None where it is, or is built from nothing."""
        if not former.archive:
            return None
        now = self._configuration.archive(kind, into)
        if self._archives.is_of(former.archive, now):
            return None
        content, problem = self._archives.content(former.archive)
        if content is None:
            raise NotEqualError(f"what it was built from {problem}", subject=into)
        return content

    def _take(self, kind: ResourceType, outcome: ConfigurationOutcome) -> None:
        """Take what the recovery granted, and nothing else."""
        if not outcome.granted:
            return
        into = self._into(kind, self._items[outcome.name])
        present = self._configuration.policy(kind, into) or {}
        policy = taken(present, granted_now(outcome.granted, present))
        if policy is not None:
            self._making.set_policy(kind, into, policy)
