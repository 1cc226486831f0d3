"""What a fence is: the writers that it paused, as they were, and what became of each."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from manifests.values import Stored, UtcTime, Value
from recovery.units import counted


class FencedWriter(Stored):
    """One writer, as it was before the fence.

    Attributes:
        type: As `scheduler/job`.
        name: As its API names it.
        writes: What it writes of what is fenced.
        refills: Whether it looks by itself for what is missing, and fills it.
        field: The field that a pause changes; empty for the first that its type has, as every record
            was before subscriptions that export were fenced.
        before: That field, as it was.
        sha256: Of everything else that was set, in hexadecimal: it says whether the writer was
            changed meanwhile.
    """

    type: str
    name: str
    writes: tuple[str, ...]
    refills: bool = False
    field: str = ""
    before: Any
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class FenceRecord(Stored):
    """What a fence is about, written before anything is paused.

    Attributes:
        things: What is fenced, as `dataset nba_analytics`.
        writers: Those that ran and are paused.
        idle: Writers that did not run, and stay as they are.
        unsubscribed: Triggers whose subscription was gone: they deliver nothing.
        held_by: Of the writers, those that another fence had paused already: that fence, by the writer's name.
        recovery_id: The recovery that it is a part of; empty where an operator fenced.
        is_made: Whether its writers were made stopped, and ran before they were lost.
    """

    fence_id: str
    project: str
    fenced_at: UtcTime
    why: str
    things: tuple[str, ...]
    writers: tuple[FencedWriter, ...]
    idle: tuple[str, ...] = ()
    unsubscribed: tuple[str, ...] = ()
    held_by: Mapping[str, str] = {}
    recovery_id: str = ""
    is_made: bool = False


class LookTakes(Value):
    """What one look at what is fenced takes, at most.

    Attributes:
        documents: How many documents are read, which is billed.
        calls: How many calls list objects, which are billed.
        usd: What that costs, at list price.
        priced_on: When the prices were looked up.
    """

    documents: int = 0
    calls: int = 0
    usd: float = 0.0
    priced_on: str = ""


class PlannedFence(Value):
    """What a recovery pauses before anything is written.

    Attributes:
        things: What it writes, as `dataset nba_analytics`.
        writers: What is paused; also what another fence has paused that could end before this.
        idle: Writers that do not run, and stay as they are.
        unsubscribed: Triggers whose subscription is gone: they deliver nothing.
        held_by: As of `FenceRecord`.
        quiet_seconds: For so long nothing may change before anything is written.
        is_left_out: Whether the operator said that writers keep running.
        despite: Patterns of what may run on or be unknown all the same, as it is told.
        too_large: How much there is of what is too large to be looked at, so that it will be unknown
            whether anything writes to it.
        look: What one look takes; it is looked at least twice. None where nobody knows.
        quiet_within_seconds: So long looks are repeated while something still writes.
    """

    things: tuple[str, ...]
    writers: tuple[FencedWriter, ...]
    idle: tuple[str, ...] = ()
    unsubscribed: tuple[str, ...] = ()
    held_by: Mapping[str, str] = {}
    too_large: Mapping[str, str] = {}
    look: LookTakes | None = None
    quiet_within_seconds: int = 0
    quiet_seconds: int
    is_left_out: bool = False
    despite: tuple[str, ...] = ()


class FenceOutcome(Value):
    """What became of one writer that was to be paused.

    Attributes:
        failure: Why it still runs; empty when it does not.
    """

    type: str
    name: str
    failure: str = ""


class Discarding(Value):
    """What becomes of messages that wait for subscriptions.

    Attributes:
        before: Those that were published before then are discarded.
        seconds: So long that may take to have effect.
    """

    before: UtcTime
    seconds: float


type Sort = Literal["table", "object", "document"]
type ThawAction = Literal["resume", "leave"]


class ThawStep(Value):
    """What a thaw does with one writer.

    Attributes:
        why: Why it is left as it is; empty when it is resumed.
        address: Where it will send what it sends, as the record of the fence says; empty where that
            was not changed.
        account: As whom.
        held_by: The other fence that holds it; empty for none.
        doubt: What nobody could check about that fence, as `why` says, too; empty where all was.
        is_over: Whether nobody has to do anything about it any more.
    """

    type: str
    name: str
    action: ThawAction
    why: str = ""
    address: str = ""
    account: str = ""
    held_by: str = ""
    doubt: str = ""
    is_over: bool = True


class ReleasedWriters(Stored):
    """Writers that a fence holds no more, written before a thaw resumes them or leaves them to another fence.

    Of two fences that hold the same writer and are thawed at once, at least one sees that the other holds
    it no more, because each writes this down before it looks.

    Attributes:
        names: As their APIs name them.
    """

    fence_id: str
    names: tuple[str, ...]


class LeftWriter(Stored):
    """One writer that a thaw left as it is.

    Attributes:
        name: As its API names it.
        why: Why it was left.
    """

    name: str
    why: str


class ThawRecord(Stored):
    """How a fence ended: every writer of it runs, or was left for a reason.

    Attributes:
        resumed: The names of the writers that were resumed.
        left_writers: Those that were left as they are.
    """

    fence_id: str
    thawed_at: UtcTime
    resumed: tuple[str, ...]
    left_writers: tuple[LeftWriter, ...] = ()

    @classmethod
    def of(cls, fence: str, steps: Sequence[ThawStep], *, at: datetime) -> Self:
        """Return the record of a thaw that took some steps."""
        left = (step for step in steps if step.action == "leave")
        return cls(
            fence_id=fence,
            thawed_at=at,
            resumed=tuple(step.name for step in steps if step.action == "resume"),
            left_writers=tuple(LeftWriter(name=step.name, why=step.why) for step in left),
        )

    @model_validator(mode="before")
    @classmethod
    def _from_sentences(cls, body: Any) -> Any:  # noqa: ANN401 - what was stored
        """Read the sentences of older records: `left`, each a name, a colon and a reason."""
        if not isinstance(body, dict) or not isinstance(body.get("left"), list):
            return body
        parts = [str(item).partition(": ") for item in body["left"]]
        rest = {key: value for key, value in body.items() if key != "left"}
        return {"left_writers": [{"name": it[0], "why": it[2]} for it in parts], **rest}


class Quiet(Value):
    """What looking twice at what is fenced says.

    Attributes:
        seconds: Between the two looks.
        look_seconds: What the longest look took.
        changed: What was changed between them.
        running: Executions that may write there and have not ended, but for those of no account.
        executions: What they are called, as `--despite` takes it.
        looked_at: How many tables, objects and documents were looked at.
        unknown: What was not looked at, and why.
        in_doubt: What of it nobody said is of no account.
    """

    seconds: float
    look_seconds: float = 0.0
    changed: tuple[str, ...] = ()
    running: tuple[str, ...] = ()
    executions: tuple[str, ...] = ()
    looked_at: Mapping[Sort, int] = {}
    unknown: tuple[str, ...] = ()
    in_doubt: tuple[str, ...] = ()

    @property
    def not_quiet(self) -> str:
        """Return why it is not quiet; empty where it is, but for what could not be looked at."""
        if self.changed:
            return (
                f"{counted(len(self.changed), 'thing')} still written, the first: {self.changed[0]}"
            )
        if self.running:
            return (
                f"{counted(len(self.running), 'execution')} not over, the first: {self.running[0]}"
            )
        return ""


class StandingFence(Value):
    """A fence of a recovery, and what became of it.

    Attributes:
        writers: How many it paused.
        thawed_at: When it was thawed; None while it stands.
        resumed: How many writers were resumed.
        left: Those that were left as they are.
    """

    fence_id: str
    is_made: bool
    writers: int
    thawed_at: UtcTime | None = None
    resumed: int = 0
    left: tuple[LeftWriter, ...] = ()
