"""Counts what is done to a database; the look that follows corrects the counts."""

from collections import Counter
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from recovery.compare.documents import DatabaseState, DocumentPair
from recovery.firestore.expiry import Policy, TimeToLive


class RestoredDatabase(NamedTuple):
    """What was done to a database, and how it compares with the backup then.

    Attributes:
        state: How it compares after everything was written.
        written: Documents that were created or replaced, by earlier attempts too.
        removed: Documents that were removed, by earlier attempts too.
        refused: Paths of documents that Firestore refused, and why.
        expiring: How many of the documents brought back each time-to-live policy deletes again, by its
            name; of policies that the plan told of or the backup knows.
        untold: The same of all other policies.
    """

    state: DatabaseState
    written: int
    removed: int
    refused: Mapping[str, str]
    expiring: Mapping[str, int]
    untold: Mapping[str, int]


@dataclass(slots=True)
class Done:
    """Counts what is written of one file.

    Attributes:
        overtaken: Paths whose precondition was refused: somebody else wrote the document, or our
            own write did, whose answer was lost. The look that follows tells which.
        refused: Paths of documents that Firestore refused, and why.
        written: How many documents were created or replaced.
        removed: How many documents were removed.
        expiring: How many documents each time-to-live policy deletes.
    """

    overtaken: set[str] = field(default_factory=set)
    refused: dict[str, str] = field(default_factory=dict)
    written: int = 0
    removed: int = 0
    expiring: Counter[Policy] = field(default_factory=Counter)

    def count(self, pair: DocumentPair, number: int = 1) -> None:
        """Count a document that is written, or removed because the backup does not know it."""
        if pair.stored is None:
            self.removed += number
        else:
            self.written += number

    def merge(self, other: "Done") -> None:
        """Add the counts of another file."""
        self.written += other.written
        self.removed += other.removed
        self.refused |= other.refused
        self.expiring += other.expiring

    def corrected(self, pair: DocumentPair) -> DocumentPair:
        """Take a document out of the counts whose write did not take effect, and return it.

        That is one whose write was overtaken or refused, and that still differs.
        """
        if pair.state != "equal" and (pair.path in self.overtaken or pair.path in self.refused):
            self.count(pair, -1)
        return pair

    def proven(
        self, pair: DocumentPair, expiry: TimeToLive, told: Container[Policy]
    ) -> DocumentPair:
        """Judge how a document compares after all were written, and return that.

        A missing document counts as expired where a policy that was told of has deleted it.

        Args:
            pair: How it compares.
            expiry: The time-to-live policies of the database.
            told: Those that the plan told of, or the backup knows.
        """
        pair = self.corrected(pair)
        if pair.stored is None or pair.state not in ("equal", "missing"):
            return pair
        deleting = expiry.deleting(pair.stored)
        self.expiring.update(deleting)
        is_expired = pair.state == "missing" and pair.path not in self.refused
        if is_expired and any(policy in told for policy in deleting):
            return pair._replace(state="expired")
        return pair
