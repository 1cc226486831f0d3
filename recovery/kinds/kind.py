"""The interface through which the engine has a kind decide what happens to its things. Pure."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, get_args

from manifests.kind import Backup
from manifests.model.run import Manifest
from manifests.parts import PARTS
from manifests.values import UtcTime, Value
from recovery.access_change import AccessChange
from recovery.document import Block, Row, Rows
from recovery.kinds.decision import Decision, Origin, Own, Seen
from recovery.kinds.demand import Demand
from recovery.kinds.drilled import DrillRules
from recovery.kinds.outcome import Failure, Outcome, Restored
from recovery.kinds.step import Step
from recovery.kinds.told import Held, SoFar, held_text
from recovery.request import Request, Target
from recovery.scenarios import RecoveryKind
from recovery.units import counted


class Rules[S: Seen](DrillRules, ABC):
    """How what happens to the things of one kind is decided.

    Attributes:
        kind: The kind, in the plural.
        noun: What one of its steps and outcomes is: their `kind`.
        steps: The classes of its steps.
        outcomes: The classes of its outcomes.
        from_run: Whether it is brought back from a run.
        falls_back: Whether one can come from an older run than the others, where a file is damaged.
        leaves_out: Whether a plan leaves out the things that cannot be made.
        unlisted: What a manifest calls those of the project that no run holds.
    """

    kind: ClassVar[RecoveryKind]
    noun: ClassVar[str]
    steps: ClassVar[tuple[type[Step], ...]]
    outcomes: ClassVar[tuple[type[Outcome], ...]]
    from_run: ClassVar[bool] = True
    falls_back: ClassVar[bool] = False
    leaves_out: ClassVar[bool] = False
    unlisted: ClassVar[tuple[str, ...]] = ()

    @property
    def is_undone(self) -> bool:
        """Whether an undo puts back what a recovery did, as its `PartKind` says if it has one."""
        return all(kind.is_undone for kind in PARTS if kind.name == self.kind)

    def parts(self, manifest: Manifest) -> Sequence[Backup]:
        """Return what a run holds of the kind."""
        del manifest
        return ()

    def wanted(self, manifest: Manifest, request: Request) -> Sequence[Backup]:
        """Return what of that was asked for."""
        del manifest, request
        return ()

    def asked(self, manifest: Manifest, request: Request) -> frozenset[str]:
        """Return the names of the things that were asked for, as steps have them."""
        return frozenset(item.name for item in self.wanted(manifest, request))

    def leaves_nothing(self, manifest: Manifest, request: Request) -> bool:
        """Whether nothing is left of the kind to recover."""
        return not self.wanted(manifest, request)

    def names(self, manifest: Manifest, request: Request) -> Iterator[str]:
        """Yield every name that `--overwrite` and `--exclude` can take."""
        del request
        yield from (item.name for item in self.parts(manifest))

    def not_in_run(self, manifest: Manifest, request: Request) -> Iterator[str]:
        """Yield what was asked for by name and the run does not hold.

        Raises:
            UsageError: It cannot be a name.
            RefusedError: It is never restored.
        """
        del manifest, request
        return iter(())

    def visible(self, manifest: Manifest, hidden: Collection[str]) -> Manifest:
        """Return what of a run can be planned.

        Args:
            manifest: The run's manifest.
            hidden: What could not be looked at, as `Unseen` names it.
        """
        del hidden
        return manifest

    def restorable(
        self, manifest: Manifest, request: Request, *, now: datetime
    ) -> tuple[Manifest, Mapping[str, UtcTime]]:
        """Return what of a run is brought back, in the form in which it is.

        Args:
            manifest: The run's manifest.
            request: What the operator asked for.
            now: The present instant.

        Returns:
            That, and when the own time of what is in it was over, by name.
        """
        del request, now
        return manifest, {}

    @abstractmethod
    def plan(self, origin: Origin, seen: S, request: Request) -> Decision:
        """Decide what happens to each thing.

        Args:
            origin: What is brought back, without what could not be looked at.
            seen: The things as they are.
            request: What the operator asked for.

        Raises:
            NoRecoveryPointError: There is nothing to bring back.
            UsageError: The request chooses nothing.
        """

    def resumed(self, begun: Sequence[Step], origin: Origin, seen: S, request: Request) -> Decision:
        """Decide again what is left of a plan that was begun.

        Others can write to a journal, so what happens is decided anew. What the interrupted attempt
        created counts as created, so that it gets the final settings; what is older does not.

        Args:
            begun: The steps of the journal.
            origin: What is brought back.
            seen: The things as they are now.
            request: What the operator asked for.
        """
        made = {
            (step.kind, step.name) for step in begun if step.create and step.name not in seen.older
        }
        decision = self.plan(origin, seen, request)
        steps = (
            step.model_copy(update={"action": "create"})
            if (step.kind, step.name) in made and not step.create
            else step
            for step in decision.steps
        )
        return decision._replace(steps=tuple(steps))

    def access(
        self, steps: Sequence[Step], origin: Origin, seen: S, target: Target
    ) -> Iterator[AccessChange]:
        """Yield what steps change about who may see what.

        Args:
            steps: The steps, which may come from a journal: what that says was seen is not believed.
            origin: What is brought back.
            seen: The things as they are, with who may see them.
            target: Where the recovery writes.

        Raises:
            ManifestAlteredError: A step names what is not in the run.
        """
        del steps, origin, seen, target
        return iter(())

    def check_own(self, steps: Sequence[Step], target: Target, own: Own) -> None:
        """Refuse steps that write where Rebound keeps what is its own.

        Raises:
            RefusedError: One does.
        """
        del steps, target, own

    def digested(self, seen: S) -> object:
        """Return plain values that change whenever one of the things is written."""
        return seen.model_dump(mode="json")

    @abstractmethod
    def plan_rows(self, steps: Sequence[Step], request: Request) -> Iterator[Row]:
        """Tell what happens to each thing."""

    def demand(self, steps: Sequence[Step], manifest: Manifest) -> Demand:
        """Return what it takes to carry steps out."""
        del steps, manifest
        return Demand()

    def unread(self, steps: Sequence[Step], manifest: Manifest) -> Sequence[Backup]:
        """Return the parts whose files a recovery reads, and no plan of it has read."""
        del steps, manifest
        return ()

    def held(self, manifest: Manifest) -> Held:
        """Tell what a run holds of the kind, and what of it the run says that it does not hold."""
        parts = self.parts(manifest)
        return Held(tuple(held_text(part, counted(len(part.objects), "file")) for part in parts))

    def journalled(self, steps: Sequence[Step]) -> Mapping[str, type[Value]]:
        """Return the folders of a journal that tell of steps, with the class of their entries."""
        del steps
        return {}

    def so_far(self, steps: Sequence[Step], entries: Mapping[str, Sequence[Any]]) -> SoFar:
        """Tell how far each thing is.

        Args:
            steps: Those of the kind.
            entries: What the journal holds, by folder.
        """
        ended = {(item.kind, item.name): item for found in entries.values() for item in found}
        rows = (
            Row(step.title, ended[step.kind, step.name].stage)
            if (step.kind, step.name) in ended
            else Row(step.title, "waiting")
            for step in steps
        )
        told = [item.model_dump(mode="json") for item in ended.values()]
        return SoFar(tuple(rows), {self.kind: told} if entries else {})

    def cost(self, steps: Sequence[Step]) -> Iterator[str]:
        """Tell what that costs, in sentences."""
        del steps
        return iter(())

    @abstractmethod
    def outcome_rows(
        self, outcomes: Sequence[Outcome], steps: Sequence[Step], request: Request
    ) -> Iterator[Rows]:
        """Tell how each thing ended.

        Args:
            outcomes: Those of the kind.
            steps: What was planned of it.
            request: What the operator asked for.
        """

    @abstractmethod
    def proven(
        self,
        outcomes: Sequence[Outcome],
        steps: Sequence[Step],
        point: str,
        exceptions: Sequence[str],
    ) -> Iterator[Block]:
        """Tell how many things are proven, and to be what.

        Args:
            outcomes: Those of the kind.
            steps: What was planned of it.
            point: The recovery point.
            exceptions: What is not at that point.
        """

    def restored(
        self, outcomes: Sequence[Outcome], steps: Sequence[Step], manifest: Manifest
    ) -> Iterator[Restored]:
        """Yield the parts of which anything came back from the vault and is proven.

        Unless a kind says more, a part came back whole where its outcome is proven and changed something.
        """
        del steps
        back = {item.name for item in outcomes if item.is_proven and item.action != "leave"}
        for part in self.parts(manifest):
            if part.name in back:
                yield Restored(part, part.count, part.count)

    def failed(self, step: Step, failure: Failure) -> Outcome:
        """Return the outcome of a step that was not carried out."""
        kinds = {item: get_args(item.model_fields["kind"].annotation) for item in self.outcomes}
        (kind,) = (item for item, tags in kinds.items() if step.kind in tags)
        return kind(
            kind=step.kind, name=step.name, into=step.into, action=step.action, failure=failure
        )

    def of(self, steps: Sequence[Step]) -> tuple[Step, ...]:
        """Return those of some steps that are of the kind, in their order."""
        return tuple(step for step in steps if isinstance(step, self.steps))

    def outcomes_of(self, outcomes: Sequence[Outcome]) -> tuple[Outcome, ...]:
        """Return those of some outcomes that are of the kind, in their order."""
        return tuple(item for item in outcomes if isinstance(item, self.outcomes))


def of[Some](items: Sequence[Any], kind: type[Some]) -> tuple[Some, ...]:
    """Return those of some steps or outcomes that are of one class, in their order."""
    return tuple(item for item in items if isinstance(item, kind))
