"""What the history tells, and how it compares with the documents that are there."""

from collections.abc import Mapping
from datetime import date

from manifests.ids import DatabaseId, TableName
from manifests.values import UtcTime, Value
from recovery.kinds.completions.rules.rebuild import RebuiltDocument
from recovery.kinds.decision import Seen
from recovery.listening import Listening


class SeenCompletions(Value):
    """What the history tells of one database.

    Attributes:
        name: The database, as the catalog names it.
        history: The table that was read.
        since: The first date.
        documents: What it tells of, and how each compares with what is there.
        erased: How many it tells of that stay erased.
        ignored: Names in the history that no document may hold, with the runs they had.
        unread: The sources that could not be read, and why.
        ephemeral: The ephemeral top-level collections.
        listening: What Eventarc starts for each document that is written.
        expires: How many of the documents each time to live deletes again, by what it is called; None
            where nobody may see what is set.
    """

    name: DatabaseId
    history: TableName
    since: date
    documents: tuple[RebuiltDocument, ...]
    erased: int = 0
    ignored: Mapping[str, int] = {}
    unread: tuple[str, ...] = ()
    ephemeral: tuple[str, ...] = ()
    listening: Listening = Listening()
    expires: Mapping[str, int] | None = {}


class CompletionsSeen(Seen):
    """What the history tells of each database.

    Attributes:
        observed_at: When it was looked at.
    """

    databases: tuple[SeenCompletions, ...]
    observed_at: UtcTime
