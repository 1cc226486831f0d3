"""What the catalog says about Firestore databases: what is in them, and what never comes back."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from manifests.ids import DatabaseId
from manifests.kind import CatalogPart
from manifests.values import TimeZone, Value

DateColumn = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9_]+\.[A-Za-z0-9_]+\.[A-Za-z0-9_]+$")
]
CollectionId = Annotated[str, StringConstraints(pattern=r"^[^/]+$", max_length=1500)]


class NameRules(Value):
    """How a processor's name in the history becomes its field in a completion document.

    What is left after prefixes and suffixes are taken off is written in snake case.

    Attributes:
        strip_prefixes: Taken off the front, as `Async`.
        strip_suffixes: Taken off the end, as `Processor`.
        renamed: Names that are not derived, after all other rules.
    """

    strip_prefixes: tuple[str, ...] = ()
    strip_suffixes: tuple[str, ...] = ()
    renamed: dict[str, str] = Field(default_factory=dict)


class CompletionRule(Value):
    """How one collection of completion documents, one a date, is rebuilt from run history.

    Attributes:
        phase: The phase's name in the history.
        processors: The only names that may be a field without a leading underscore; anything else
            would be counted as one more finished processor.
        first_completion: How `_first_completion_at` is written; None where there is none.
        reason_field: The field that tells why the next phase was triggered.
        metadata: Further fields of every document.
        triggered_metadata: Further fields of a document whose phase is over.
        entry: Further fields of every processor's entry.
        fallback: For each processor, the date column of its output, `dataset.table.column`: a date
            that is over and has rows counts as finished where the history tells nothing.
        followed_by: The phase this one triggers, as the history names it.
    """

    collection: CollectionId
    phase: str
    processors: tuple[str, ...] = Field(min_length=1)
    first_completion: Literal["timestamp", "text"] | None = None
    reason_field: str = "_trigger_reason"
    metadata: dict[str, str | int | bool] = Field(default_factory=dict)
    triggered_metadata: dict[str, str | int | bool] = Field(default_factory=dict)
    entry: dict[str, str | int | bool | tuple[str, ...]] = Field(default_factory=dict)
    fallback: dict[str, DateColumn] = Field(default_factory=dict)
    followed_by: str | None = None


class Rebuild(Value):
    """How the state of a database is rebuilt when no backup serves.

    Attributes:
        history: The table of processor runs, `dataset.table`.
        days: How many days back documents are rebuilt.
        time_zone: In which a date of the platform begins and ends.
        open_hours: So many hours after a date has ended its phases may still go on.
        completions: The collections.
    """

    history: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_]+\.[A-Za-z0-9_]+$")]
    days: int = Field(default=30, ge=1)
    time_zone: TimeZone = "UTC"
    open_hours: int = Field(default=12, ge=0)
    names: NameRules = NameRules()
    completions: tuple[CompletionRule, ...] = Field(min_length=1)


class CatalogDatabase(CatalogPart):
    """One protected Firestore database.

    Attributes:
        ephemeral: Top-level collections that are backed up and never restored: locks, heartbeats
            and instances say what is running now, and old ones block or mislead.
        triggers: What its documents' events start, such as functions: a restore starts it too. None
            when nobody says, which then takes a word; an empty list says that nothing listens.
        rebuild: How its state is rebuilt without a backup.
    """

    database: DatabaseId
    ephemeral: tuple[CollectionId, ...] = ()
    triggers: tuple[str, ...] | None = None
    rebuild: Rebuild | None = None

    @property
    def name(self) -> str:
        """Return the database's id."""
        return self.database

    @property
    def written(self) -> str:
        """Return the database, as the catalog's writers name it."""
        return f"database {self.database}"
