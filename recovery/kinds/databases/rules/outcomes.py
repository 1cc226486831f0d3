"""How a Firestore database ended."""

from typing import Literal

from recovery.kinds.documents import DocumentsOutcome

FOLDER = "databases"
"""Where the journal has the databases that are written and proven."""


class DatabaseOutcome(DocumentsOutcome):
    """How one Firestore database ended, against its backup.

    What was changed or made after the recovery point, or after the recovery began, is kept.
    """

    kind: Literal["database"] = "database"
