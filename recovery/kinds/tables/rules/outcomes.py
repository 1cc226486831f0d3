"""How a table, dataset, view or routine ended."""

from collections.abc import Mapping
from typing import Literal, NamedTuple

from manifests.ids import PartitionId
from manifests.values import Fingerprint, Value
from recovery.compare.findings import Finding
from recovery.compare.observed import Expired, PartitionSet
from recovery.kinds.outcome import Outcome

FOLDER = "tables"
"""Where the journal has the tables that are published, and where what was there before is."""


class ErasedRows(Value):
    """Rows of the backup that stay erased: the ledger names them.

    Attributes:
        rows: How many were removed from what was staged.
        left: What each partition holds without them, of those that lost any.
        there: How many such rows are in the table, which the recovery did not write.
    """

    rows: int = 0
    left: Mapping[PartitionId, Fingerprint] = {}
    there: int = 0


NONE_ERASED = ErasedRows()


class Proof(NamedTuple):
    """What a look at a published table found.

    Attributes:
        findings: What is not equal to the recovery point.
        expired: What the table's own rule had let expire by then.
        kept: Partitions the recovery point does not know.
    """

    findings: tuple[Finding, ...]
    expired: Expired
    kept: PartitionSet


class TableOutcome(Outcome):
    """How one table ended.

    Attributes:
        source: Where its rows came from.
        expired: What the table's own rule had let expire of the backup when it was proven.
        kept: Partitions the recovery point does not know, which are there all the same.
        removed: Those that were removed, because `exact` was asked for.
        erased: What stays erased of it.
    """

    kind: Literal["table"] = "table"
    source: str = ""
    rows: int = 0
    expired: Expired = Expired()
    kept: PartitionSet = PartitionSet()
    removed: PartitionSet = PartitionSet()
    erased: ErasedRows = NONE_ERASED

    @property
    def title(self) -> str:
        """Return the table's own name, which needs no other word."""
        return self.name


class DatasetOutcome(Outcome):
    """How the settings of one dataset ended: one that was made, set, or differed in the plan."""

    kind: Literal["dataset"] = "dataset"


class DefinitionOutcome(Outcome):
    """How one view or routine ended that was made or set.

    Attributes:
        unmade: Why it could not be made, as the plan said: what it reads is not there, and no part
            of the recovery. That is no failure.
    """

    kind: Literal["view", "routine"]
    unmade: str = ""

    @property
    def title(self) -> str:
        """Return its own name, and what is wrong with it."""
        return f"{self.name}: {self.error}" if self.failure else self.name
