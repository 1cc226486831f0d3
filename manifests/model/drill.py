"""What is told of a drill to whoever does not drill: how it was begun, and how it ended."""

from pydantic import Field

from manifests.values import RunId, Stored, UtcTime


class Control(Stored):
    """One damage that was planted in a copy, and whether a check told of it.

    Attributes:
        name: What was planted.
        subject: In a copy of what.
        check: The check that is meant to tell of it.
        is_planted: Whether it could be planted; one that could not is missed.
        is_caught: Whether that check told of it, and of nothing before it was planted.
        what: What the check told, or why it was not planted.
    """

    name: str
    subject: str
    check: str
    is_planted: bool
    is_caught: bool
    what: str


class DrillStart(Stored):
    """What was drilled, and since when.

    Attributes:
        is_sample: Whether it is one of single parts, or of some of what they hold.
        run_id: Whose recovery point is restored.
    """

    drill_id: str
    scenario: str
    is_sample: bool
    run_id: RunId
    recovery_point: UtcTime
    began_at: UtcTime


class DrillEnd(Stored):
    """How a drill ended.

    Attributes:
        seconds: How long it took, by Cloud Storage's clock; its phases are measured by another one.
        verdict: One of `pass`, `fail`, `void` and `incomplete`.
        next_due_at: When the next one is.
    """

    begun: DrillStart
    verdict: str
    why: str
    ended_at: UtcTime
    seconds: float = Field(ge=0)
    controls: tuple[Control, ...]
    next_due_at: UtcTime

    @property
    def caught(self) -> int:
        """Return how many of the damages a check told of; one that could not be planted is missed."""
        return sum(item.is_caught for item in self.controls)
