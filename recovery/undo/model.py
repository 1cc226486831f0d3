"""What an undo would do to each thing, and how that ended. Pure."""

from typing import Literal

from pydantic import Field

from manifests.values import Resource, UtcTime, Value

UndoKind = Literal["table", "view", "routine", "bucket", "database", "dataset", "resource"]
UndoAction = Literal["put back", "remove", "leave", "cannot"]
"""What an undo does.

    put back  what was there before the recovery is there again
    remove    the recovery made it, and it goes again
    leave     nothing has to be done
    cannot    what was there is not kept any more, or newer writes would be lost
"""


class UndoStep(Value):
    """What an undo does to one thing.

    Attributes:
        name: Its name at the recovery point.
        into: The name of what the recovery wrote.
        source: Where what was there before is kept; empty where nothing was.
        things: How many objects or documents go back; 1 for a table, view or routine.
        seen: Which state of it was looked at: another one is left.
        before: What a view or routine was.
    """

    kind: UndoKind
    name: str
    into: str
    action: UndoAction
    why: str
    source: str = ""
    things: int = Field(default=1, ge=0)
    seen: str = ""
    before: Resource | None = None

    @property
    def changes(self) -> bool:
        """Whether it does anything."""
        return self.action in ("put back", "remove")

    def cannot(self, why: str) -> "UndoStep":
        """Return the step that says why nothing can go back."""
        return self.model_copy(update={"action": "cannot", "why": why})

    def going(self, what: str, *, things: int, made: int, seen: str) -> "UndoStep":
        """Return the step that puts back what a recovery wrote in place.

        Args:
            what: What the things are called.
            things: How many the recovery wrote.
            made: How many of them were not there before.
            seen: Which state of them was looked at.
        """
        why = f"{things - made} {what} as they were before, {made} made by the recovery go"
        action = "put back" if things else "leave"
        return self.model_copy(
            update={"action": action, "things": things, "why": why, "seen": seen}
        )


class UndoPlan(Value):
    """What an undo of one recovery would do.

    Attributes:
        until: Until when undo points of tables are kept.
    """

    recovery_id: str
    project: str
    ended_at: UtcTime
    until: UtcTime
    steps: tuple[UndoStep, ...]

    @property
    def changes(self) -> bool:
        """Whether it would do anything."""
        return any(step.changes for step in self.steps)


class UndoOutcome(Value):
    """How the undo of one thing ended.

    Attributes:
        failure: Why it is not as it was before; empty where it is shown to be.
        redo: Where what the recovery left is kept, so that an undo can be undone by hand.
    """

    kind: UndoKind
    name: str
    into: str
    action: UndoAction
    failure: str = ""
    redo: str = ""


class UndoReport(Value):
    """How an undo ended.

    Attributes:
        left: What could not go back, and why, as the plan said.
    """

    recovery_id: str
    began_at: UtcTime
    finished_at: UtcTime
    outcomes: tuple[UndoOutcome, ...]
    left: tuple[str, ...]
