"""What an undo would do to each thing, and how that ended. Pure."""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from manifests.signing import Trust
from manifests.values import UtcTime, Value
from recovery.access_change import AccessChange
from recovery.listening import Listening
from recovery.units import listed

UndoAction = Literal["put back", "remove", "leave", "cannot"]
"""What an undo does.

    put back  what was there before the recovery is there again
    remove    the recovery made it, and it goes again
    leave     nothing has to be done
    cannot    what was there is not kept any more, or newer writes would be lost
"""

AS_BEFORE = "it is as it was before the recovery"


class UndoStep(Value):
    """What an undo does to one thing.

    Attributes:
        kind: What it is, as a sentence names it; of a bucket and a database, its settings go back apart.
        name: Its name at the recovery point.
        into: The name of what the recovery wrote.
        source: Where what was there before is kept; empty where nothing was.
        things: How many objects or documents go back; 1 for a table, view or routine.
        seen: Which state of it was looked at: another one is left.
        told: What would be written, or keeps it from going back, line by line.
        left: What of it stays while the rest goes back, or is lost though it is as before otherwise, and why;
            empty for nothing.
        owner: The number of another project that it belongs to; empty where it is the recovery's.
        access: What changes about who may see what.
    """

    kind: str
    name: str
    into: str
    action: UndoAction
    why: str
    source: str = ""
    things: int = Field(default=1, ge=0)
    seen: str = ""
    told: tuple[str, ...] = ()
    left: str = ""
    access: tuple[AccessChange, ...] = ()
    owner: str = ""

    @property
    def names(self) -> frozenset[str]:
        """Return by what it can be named."""
        return frozenset((self.name, self.into, self.into.rpartition("/")[2]))

    @property
    def changes(self) -> bool:
        """Whether it does anything."""
        return self.action in ("put back", "remove")

    @property
    def is_unfinished(self) -> bool:
        """Whether an earlier undo put it back, and lost something of it that no undo can bring back."""
        return self.action == "leave" and bool(self.left)

    def because(self, action: UndoAction, why: str, *told: str) -> "UndoStep":
        """Return the step with what happens, and why."""
        return self.model_copy(update={"action": action, "why": why, "told": told})

    def cannot(self, why: str, *told: str) -> "UndoStep":
        """Return the step that says why nothing can go back."""
        return self.because("cannot", why, *told)

    def going(
        self, what: str, *, things: int, made: int, seen: str, theirs: Sequence[str] = ()
    ) -> "UndoStep":
        """Return the step that puts back what a recovery wrote in place.

        Args:
            what: What the things are called.
            things: How many the recovery wrote.
            made: How many of them were not there before.
            seen: Which state of them was looked at.
            theirs: The names of those that stay.
        """
        stay = f"{len(theirs)} {what} were written since, or are not kept" if theirs else ""
        if theirs and not things:
            return self.cannot(f"{stay}: {listed(theirs)}")
        if not things:
            return self.because("leave", AS_BEFORE)
        why = f"{things - made} {what} as they were before, {made} made by the recovery go"
        left = f"{stay}; they stay: {listed(theirs)}" if theirs else ""
        return self.model_copy(
            update={"action": "put back", "things": things, "why": why, "seen": seen, "left": left}
        )

    def with_unknown(self, what: str, number: int) -> "UndoStep":
        """Return the step that also says of how many things nobody knows what they were.

        Args:
            what: What they are called.
            number: How many.
        """
        return self._staying(
            f"what {number:,} {what} were is not kept any more; they stay as they are"
        )

    def erased(self, what: str, number: int) -> "UndoStep":
        """Return the step that also says how many things do not go back: they stay erased.

        Args:
            what: What they are called.
            number: How many.
        """
        told = f"{number:,} {what} stay erased, as the ledger says"
        return self._staying(told) if number else self

    def _staying(self, why: str) -> "UndoStep":
        if self.changes:
            left = "; ".join(filter(None, (self.left, why)))
            return self.model_copy(update={"left": left})
        return self.cannot(f"{self.why}; {why}" if self.action == "cannot" else why)


class Notified(Value):
    """Which topics a bucket tells of every object that is written to it.

    Attributes:
        topics: Their names.
        unasked: Why that could not be asked for; empty where it was.
    """

    topics: tuple[str, ...] = ()
    unasked: str = ""


class Starts(Value):
    """What the writes of one step start, as triggers and notifications fire for them.

    Attributes:
        kind: The kind of the step.
        name: The name of the step.
        listening: What listens to each object, document or table that is written.
        notified: Which topics its bucket tells; None where it is no bucket.
        by_catalog: What the catalog says that its documents start; None where it does not say.
    """

    kind: Literal["bucket", "database", "table"]
    name: str
    listening: Listening
    notified: Notified | None = None
    by_catalog: tuple[str, ...] | None = None


class UndoPlan(Value):
    """What an undo of one recovery would do.

    Attributes:
        until: Until when undo points of tables are kept.
        again: The command that does again what the recovery did.
        doubts: What is wrong with the run that says what the recovery left.
        trust: Whether what the recovery wrote down is from whom it should be.
        parts: The parts that were named; all when empty.
        undone: That it was undone before, and when; empty where it was not.
        starts: What the steps start that write to a bucket, a database or a table.
    """

    recovery_id: str
    project: str
    parts: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    ended_at: UtcTime
    until: UtcTime
    again: str
    trust: Trust
    undone: str = ""
    steps: tuple[UndoStep, ...]
    starts: tuple[Starts, ...] = ()

    @property
    def changes(self) -> bool:
        """Whether it would do anything."""
        return any(step.changes for step in self.steps)

    def started_by(self, step: UndoStep) -> Starts | None:
        """Return what a step starts; None for one of which nothing is told."""
        of = step.kind, step.name
        return next((item for item in self.starts if (item.kind, item.name) == of), None)

    @property
    def access(self) -> tuple[AccessChange, ...]:
        """Return what it would change about who may see what."""
        return tuple(item for step in self.steps if step.changes for item in step.access)


class UndoOutcome(Value):
    """How the undo of one thing ended.

    Attributes:
        failure: Why it is not as it was before; empty where it is shown to be.
        exit_code: Of the error that says so; 0 for none.
        redo: Where what the recovery left is kept, so that an undo can be undone by hand.
    """

    kind: str
    name: str
    into: str
    action: UndoAction
    failure: str = ""
    exit_code: int = 0
    redo: str = ""


class UndoReport(Value):
    """How an undo ended.

    Attributes:
        left: What did not go back, and why, as the plan said.
        again: The command that does again what the recovery did.
        command: The command that looks again at what did not go back.
    """

    recovery_id: str
    began_at: UtcTime
    finished_at: UtcTime
    outcomes: tuple[UndoOutcome, ...]
    left: tuple[str, ...]
    again: str = ""
    command: str = ""
