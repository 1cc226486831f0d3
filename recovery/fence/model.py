"""What a fence is: the writers that it paused, as they were, and what became of each."""

from typing import Any, Literal

from pydantic import Field

from manifests.model import Stored, UtcTime, Value


class FencedWriter(Stored):
    """One writer, as it was before the fence.

    Attributes:
        type: As `scheduler/job`.
        name: As its API names it.
        writes: What it writes of what is fenced.
        before: The field that a pause changes, as it was.
        sha256: Of everything else that was set, in hexadecimal: it says whether the writer was
            changed meanwhile.
    """

    type: str
    name: str
    writes: tuple[str, ...]
    before: Any
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class FenceRecord(Stored):
    """What a fence is about, written before anything is paused.

    Attributes:
        things: What is fenced, as `dataset nba_analytics`.
        writers: Those that ran and are paused.
        idle: Writers that did not run, and stay as they are.
    """

    fence_id: str
    project: str
    fenced_at: UtcTime
    why: str
    things: tuple[str, ...]
    writers: tuple[FencedWriter, ...]
    idle: tuple[str, ...] = ()


class FenceOutcome(Value):
    """What became of one writer that was to be paused.

    Attributes:
        failure: Why it still runs; empty when it does not.
    """

    type: str
    name: str
    failure: str = ""


type ThawAction = Literal["resume", "leave"]


class ThawStep(Value):
    """What a thaw does with one writer.

    Attributes:
        why: Why it is left as it is; empty when it is resumed.
        address: Where it will send what it sends, as the record of the fence says; empty where that
            was not changed.
        account: As whom.
        is_over: Whether nobody has to do anything about it any more.
    """

    type: str
    name: str
    action: ThawAction
    why: str = ""
    address: str = ""
    account: str = ""
    is_over: bool = True


class ThawRecord(Stored):
    """How a fence ended: every writer of it runs, or was left for a reason."""

    fence_id: str
    thawed_at: UtcTime
    resumed: tuple[str, ...]
    left: tuple[str, ...] = ()


class Quiet(Value):
    """What two looks at what is fenced say.

    Attributes:
        seconds: Between the two.
        changed: Tables that were changed between them.
        tables: How many were looked at.
        unknown: What was not looked at.
    """

    seconds: float
    changed: tuple[str, ...] = ()
    tables: int = 0
    unknown: tuple[str, ...] = ()
