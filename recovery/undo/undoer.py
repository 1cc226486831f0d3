"""The interface through which an undo looks at the things of one kind and puts them back."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import ClassVar, Protocol

from manifests.errors import NotEqualError
from recovery.compare.findings import Finding
from recovery.kinds.buckets.rules.buckets import BucketStep
from recovery.kinds.databases.rules.documents import DatabaseStep
from recovery.kinds.former import Former
from recovery.kinds.outcome import Outcome
from recovery.kinds.tables.rules.datasets import DatasetStep
from recovery.undo.ended import Ended, planned_of
from recovery.undo.former_rules import decided
from recovery.undo.model import UndoStep
from recovery.undo.settings_rules import undo_settings
from recovery.undo.shared import not_as_planned, unfinished, without_former

_STAYS = "the recovery made it; it stays, empty or not: nobody who recovers may delete one"


class Undoer[O: Outcome](ABC):
    """Puts the things of one recovery back whose outcomes are of some classes.

    Attributes:
        outcomes: The classes.

    Args:
        ended: The recovery.
    """

    outcomes: tuple[type[O], ...]

    def __init__(self, ended: Ended) -> None:
        self._ended = ended
        self._outcomes: dict[tuple[str, str], O] = {}

    def steps(self) -> list[UndoStep]:
        """Look at each thing and decide what happens to it.

        Raises:
            CloudError: One could not be looked at.
            ManifestAlteredError: The report names what its plan or run has not.
        """
        found = []
        for outcome in self._touched():
            step = self._step(outcome)
            self._outcomes[step.kind, step.name] = outcome
            found.append(step)
        return found

    @abstractmethod
    def undo(self, step: UndoStep) -> str:
        """Carry out one step and prove it; return where what goes is kept.

        Raises:
            RefusedError: It is not what the plan saw.
            NotEqualError: It is not what it was before the recovery.
            CloudError: It could not be done.
        """

    def _touched(self) -> Iterator[O]:
        """Yield the outcomes of what the recovery touched, in the order in which it goes back."""
        return (item for kind in self.outcomes for item in self._ended.of(kind))

    @abstractmethod
    def _step(self, outcome: O) -> UndoStep:
        """Look at one thing and decide what happens to it."""

    def _outcome(self, step: UndoStep) -> O:
        """Return the outcome that a step was decided for."""
        return self._outcomes[step.kind, step.name]

    def _as_planned(self, step: UndoStep) -> O:
        """Look again, and return the outcome of what is as the plan saw it.

        Raises:
            RefusedError: It is not.
        """
        outcome = self._outcome(step)
        if (now := self._step(outcome)) != step:
            raise not_as_planned(step, now)
        return outcome


class NotUndone(Undoer[Outcome]):
    """What no undo is written for: what the recovery did to it stays, and the plan says so.

    Args:
        ended: The recovery.
        kinds: The classes of its outcomes.
    """

    def __init__(self, ended: Ended, kinds: Sequence[type[Outcome]]) -> None:
        super().__init__(ended)
        self.outcomes = tuple(kinds)

    def undo(self, step: UndoStep) -> str:
        """Refuse: no step of a plan comes here."""
        raise not_as_planned(step, step)

    def _step(self, outcome: Outcome) -> UndoStep:
        step = UndoStep(
            kind=outcome.kind, name=outcome.name, into=outcome.into, action="leave", why=""
        )
        return step.because(*without_former(outcome))


class Content(Protocol):
    """One object or document that goes back."""

    @property
    def name(self) -> str:
        """Return its name, or its path."""

    @property
    def before(self) -> object | None:
        """Return what it was before the recovery; None where there was none."""


class ContentUndo[O: Outcome, Going: Content](Undoer[O]):
    """Puts back what a recovery wrote in place: objects of a bucket, documents of a database.

    Each is written under the version that the plan saw. One that somebody wrote since, or that is
    refused, stays; the others go back.

    Attributes:
        what: What they are called.
    """

    what: ClassVar[str]

    def __init__(self, ended: Ended) -> None:
        super().__init__(ended)
        self._planned: dict[UndoStep, list[Going]] = {}

    def undo(self, step: UndoStep) -> str:
        """Write what the plan says and prove it; return where what goes is kept.

        Raises:
            RefusedError: Some were written meanwhile.
            NotEqualError: They are not what they were before the recovery.
            CloudError: They could not be written.
        """
        going = self._planned[step]
        redo = self._kept(step, going)
        overtaken, refused = set[str](), dict[str, str]()
        wrong = self._written(step, going, overtaken, refused)
        # One that was overtaken and is as it was is our own write, whose answer was lost.
        if problem := unfinished(self.what, step.into, wrong, overtaken, refused):
            raise problem
        return redo

    def _step(self, outcome: O) -> UndoStep:
        return decided(self._untouched(outcome), partial(self._looked_at, outcome))

    def _looked_at(self, outcome: O) -> UndoStep:
        step, going = self._decided(outcome)
        self._planned[step] = going
        return step

    @abstractmethod
    def _untouched(self, outcome: O) -> UndoStep:
        """Return the step of a place in which the recovery wrote nothing."""

    @abstractmethod
    def _decided(self, outcome: O) -> tuple[UndoStep, list[Going]]:
        """Look at a place, and return what is told of it, and what of it goes back."""

    def _going(
        self,
        step: UndoStep,
        every: Sequence[Going],
        theirs: Sequence[str],
        *,
        is_erased: Callable[[str], bool],
        digest: Callable[[Sequence[Going]], str],
    ) -> tuple[UndoStep, list[Going]]:
        """Return what is told of a place, and what of it goes back: nothing that stays erased.

        Args:
            step: The place.
            every: What would go back.
            theirs: The names of what somebody wrote since.
            is_erased: Whether what has a name stays erased.
            digest: Returns which state of what goes back was looked at.
        """
        going = [item for item in every if item.before is None or not is_erased(item.name)]
        left = [name for name in theirs if not is_erased(name)]
        made = sum(item.before is None for item in going)
        step = step.going(self.what, things=len(going), made=made, seen=digest(going), theirs=left)
        return step.erased(self.what, len(every) - len(going) + len(theirs) - len(left)), going

    def _kept(self, step: UndoStep, going: list[Going]) -> str:
        """Keep what goes, and return where; empty where it is kept already."""
        del step, going
        return ""

    @abstractmethod
    def _written(
        self, step: UndoStep, going: list[Going], overtaken: set[str], refused: dict[str, str]
    ) -> list[str]:
        """Write what goes back, and return the names of what is not as it was then.

        Args:
            step: Where.
            going: What goes back.
            overtaken: Takes the names of what somebody wrote since the plan.
            refused: Takes the names of what Google Cloud refused, and why.
        """


class SettingsUndo[O: Outcome, S: (BucketStep, DatabaseStep, DatasetStep), State](Undoer[O]):
    """Sets what a recovery set back to what it was; what the recovery made stays.

    Attributes:
        planned: The class of the steps.
        kind: What is told to go back.
        noun: What it belongs to, as a sentence names it.
    """

    planned: type[S]
    kind: ClassVar[str]
    noun: ClassVar[str]

    def undo(self, step: UndoStep) -> str:
        """Carry out one step and prove it."""
        # Read before it is decided again, so that nothing is changed that nobody looked at.
        live = self._live(step.into)
        self._as_planned(step)
        former = self._ended.former(self.noun, step.into)
        if former is None or former.resource is None or live is None:
            raise not_as_planned(step, step)
        self._set(step.into, former, live)
        now = self._live(step.into)
        if now is None:
            raise NotEqualError("it is not there", subject=step.into)
        if wrong := self._differing(self._before(former, now), now):
            raise NotEqualError(f"it is not as before: {wrong[0].text}", subject=step.into)
        return ""

    def _step(self, outcome: O) -> UndoStep:
        planned = planned_of(self._ended, self.planned, outcome)
        into = self._into(outcome.name)
        step = UndoStep(kind=self.kind, name=outcome.name, into=into, action="leave", why="")
        if planned.create:
            return step.cannot(_STAYS)
        return decided(step, lambda: self._decided(step, outcome, planned))

    def _decided(self, step: UndoStep, outcome: O, planned: S) -> UndoStep:
        former = self._ended.former(self.noun, step.into)
        if former is None or former.resource is None:
            return step.because(*without_former(outcome, was_to_change=planned.sets))
        live = self._live(step.into)
        before, ours = self._before(former, live), self._ours(outcome.name, planned, former, live)
        step = step.model_copy(update={"seen": self._digest(live)})
        step = undo_settings(step, before, ours, live, self._differing)
        return step if live is None or not step.changes else self._shown(step, former, live)

    @abstractmethod
    def _into(self, name: str) -> str:
        """Return the name of what the recovery wrote."""

    @abstractmethod
    def _live(self, into: str) -> State | None:
        """Look at what there is; None where it is gone."""

    @abstractmethod
    def _before(self, former: Former, live: State | None) -> State:
        """Return what it was; what is not known of that counts as it is."""

    @abstractmethod
    def _ours(self, name: str, planned: S, former: Former, live: State | None) -> State:
        """Return what the recovery made it."""

    @abstractmethod
    def _differing(self, one: State, other: State) -> tuple[Finding, ...]:
        """Say how the second of two states is not the first."""

    @abstractmethod
    def _digest(self, live: State | None) -> str:
        """Return which state was looked at."""

    def _shown(self, step: UndoStep, former: Former, live: State) -> UndoStep:
        """Return a step that changes something with what has to be shown of that besides."""
        del former, live
        return step

    @abstractmethod
    def _set(self, into: str, former: Former, live: State) -> None:
        """Set it back, if it still is what was looked at."""
