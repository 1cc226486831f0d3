"""What of a table is to be repaired, and what was found to be wrong. Pure."""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from manifests.ids import PartitionId, TableName
from manifests.values import Fingerprint, RunId, UtcTime, Value
from recovery.compare.difference import TableDifference
from recovery.plan.model import Plan

FOLDER = "repairs"
"""Of a journal: what was found, which the plan was made of."""
PREFIX = "repair"
"""What the ids of repairs begin with."""


class Ask(Value):
    """What an operator knows of what went wrong.

    Attributes:
        since: When all was well; None where only a run tells.
        until: When all that went wrong had been written; None for now.
        job: The job of BigQuery that did it; empty where nobody knows.
        partitions: Only these partitions; all when empty.
        key: The columns that tell which row is which.
        where: Only keys of which a row meets this condition.
        once: Whether of equal rows that come back only one does.
        newest: Of rows of one key only the one with most in this column comes back.
        run: The run that says how it was; the newest before it went wrong where none is named.
    """

    table: TableName
    since: UtcTime | None = None
    until: UtcTime | None = None
    job: str = ""
    partitions: tuple[PartitionId, ...] = ()
    key: tuple[str, ...] = ()
    where: str = ""
    once: bool = False
    newest: str = ""
    run: str | None = None


class Window(Value):
    """When it went wrong.

    Attributes:
        since: The last instant at which all was well.
        until: The first at which all that went wrong had been written; None for now.
        by: The job and who ran it; empty where no job is named.
    """

    since: UtcTime
    until: UtcTime | None = None
    by: str = ""


class Witness(Value):
    """What tells how the rows were.

    Attributes:
        name: The table's own history, or the vault.
        why: Why it is this one.
        run_id: The run of the vault that is asked, or that bears the history out; None for none.
        point: Its recovery point.
        equal: So many of the partitions are in that run just as the history has them.
    """

    name: Literal["time travel", "vault"]
    why: str
    run_id: RunId | None = None
    point: UtcTime | None = None
    equal: int = Field(default=0, ge=0)


class Repair(Value):
    """What went wrong in a table, and what is to be done.

    Attributes:
        partitions: Those in which rows went wrong.
        key: The columns that tell which row is which; empty where the content of a row does.
        rows: Which rows go and which come back.
        kept_keys: Keys of which rows went wrong and somebody wrote since: they stay as they are.
        left_out: Rows that would come back but for being there already, or more than once.
        seen: What each partition holds now.
        repaired: What each is to hold.
        version: How that was measured.
    """

    table: TableName
    window: Window
    witness: Witness
    partitions: tuple[PartitionId, ...]
    key: tuple[str, ...]
    where: str = ""
    rows: TableDifference
    kept_keys: int = Field(ge=0)
    left_out: int = Field(ge=0)
    seen: Mapping[PartitionId, Fingerprint]
    repaired: Mapping[PartitionId, Fingerprint]
    version: int


class RepairPlan(Value):
    """What is to be done to a table, for somebody to approve."""

    ask: Ask
    found: Repair
    plan: Plan
