"""What a recovery would do to each Firestore database, and why."""

import shlex
from collections.abc import Collection, Iterator, Mapping
from typing import Literal

from manifests.ids import DatabaseId
from manifests.kinds.databases.model import DatabaseBackup
from manifests.names import NameRange
from recovery.compare.databases import made_settings, settings_findings, unmade_settings
from recovery.compare.documents import CollectionState, DatabaseState, DocumentState
from recovery.compare.findings import Finding
from recovery.compare.indexes import agreed, index_texts
from recovery.firestore.rate import ramp_seconds
from recovery.kinds.databases.rules.asked import compares_settings
from recovery.kinds.databases.rules.ranges import ephemeral_of, file_ranges, scope
from recovery.kinds.events import event_words
from recovery.kinds.expiring import expiry_words
from recovery.kinds.step import MissingWord, Step
from recovery.request import Request

type DocumentAction = Literal["create", "replace", "remove"]


class DatabaseStep(Step):
    """What happens to one database.

    Attributes:
        state: How it compared with the backup when the plan was made.
        overwrite: Whether documents that differ are replaced.
        only_missing: Whether documents that differ are left, as was asked for.
        exact: Whether documents that the backup does not know are removed.
        unthrottled: Whether it is written as fast as it takes it.
        collections: The paths of the only collections that are recovered; all when empty.
        documents: The paths of the only documents; with `/**` everything below one too.
        triggers: What every document that is written or removed starts; None where nobody says.
        ephemeral: The ephemeral top-level collections, with their documents in the backup.
        stored_bytes: What is read of the backup.
        sets_indexes: Where the database is created, the indexes and field settings that are made with
            it; None where the backup does not know them.
        made_with: Where the database is created, the settings it is created with.
        made_without: Likewise, the names of settings that this version does not know to set.
        rewrites: Whether references to the original database are rewritten to this copy of it.
        compares: Whether what the database, its indexes and its fields are set to be is part of the
            recovery.
        settings: What of that differs.
        since: Likewise, what differs otherwise than the plan showed that is resumed: it is left.
        sets: Whether the database is set to what it was.
    """

    kind: Literal["database"] = "database"
    name: DatabaseId
    into: DatabaseId
    action: Literal["leave", "restore", "create"]
    state: DatabaseState
    overwrite: bool = False
    only_missing: bool = False
    exact: bool = False
    unthrottled: bool = False
    collections: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    triggers: tuple[str, ...] | None = ()
    ephemeral: Mapping[str, int] = {}
    stored_bytes: int = 0
    sets_indexes: tuple[str, ...] | None = ()
    made_with: tuple[str, ...] = ()
    made_without: tuple[str, ...] = ()
    rewrites: bool = False
    compares: bool = False
    settings: tuple[Finding, ...] = ()
    since: tuple[Finding, ...] = ()
    sets: bool = False

    @property
    def written(self) -> str:
        """Return what other writers may write to meanwhile."""
        return f"database {self.name}" if self.into == self.name else ""

    @property
    def writes(self) -> int:
        """Return how many documents are written."""
        replaced = self.state.count("changed", "newer") if self.overwrite else 0
        return self.state.count("missing") + replaced

    @property
    def ramp_seconds(self) -> float:
        """Return about how long the writes take at the rate Firestore asks for."""
        if self.unthrottled:
            return 0.0
        return max(
            (ramp_seconds(self._writes_to(item)) for item in self.state.collections), default=0
        )

    def _writes_to(self, collection: CollectionState) -> int:
        states: tuple[DocumentState, ...] = ("missing", "changed", "newer", "extra")
        return sum(getattr(collection, state) for state in states if self.document_action(state))

    @property
    def expires(self) -> Mapping[str, int] | None:
        """Return how many documents each time to live deletes again that the backup does not know.

        None where nobody may see what is set.
        """
        if self.state.indexes is None:
            return None
        taken = {item.aspect for item in self.settings if self.sets}
        return {name: count for name, count in self.state.expiring.items() if name not in taken}

    @property
    def expires_as_before(self) -> Mapping[str, int]:
        """Return how many documents each time to live deletes again that the backup knows."""
        given = {item.aspect for item in self.settings if self.sets}
        again = self.state.expiring_again.items()
        return {**self.state.expiring_as_before} | {
            name: count for name, count in again if self.create or name in given
        }

    @property
    def removes(self) -> int:
        """Return how many documents are removed."""
        return self.state.count("extra") if self.exact else 0

    def keeps(self, state: DatabaseState) -> int:
        """Return how many documents of a state may stay although they differ from the backup."""
        states: tuple[DocumentState, ...] = ("changed", "newer", "extra", "later", "added")
        return state.count(*filter(self.is_kept, states))

    def leaves(self, state: DatabaseState) -> int:
        """Return how many documents of a state are left, because only what is missing was asked for."""
        return state.count("changed", "newer") if self.only_missing else 0

    @property
    def ranges(self) -> list[NameRange]:
        """Return the documents the step is about, in name order."""
        return scope(self.collections, self.documents, tuple(self.ephemeral))

    def document_action(self, state: DocumentState) -> DocumentAction | None:
        """Decide what happens to a document in some state; None leaves it as it is."""
        if state == "missing":
            return "create"
        if state in ("changed", "newer") and self.overwrite:
            return "replace"
        return "remove" if state == "extra" and self.exact else None

    def missing_words(
        self, request: Request, *, confirmed_projects: Collection[str]
    ) -> Iterator[MissingWord]:
        """Yield the words that replacing documents, and starting what listens to them, needs."""
        del confirmed_projects
        changed, newer = self.state.count("changed"), self.state.count("newer")
        if (changed or newer) and not (self.overwrite or self.only_missing):
            yield MissingWord(
                f"{changed + newer} documents hold something else now, {newer} of them were changed "
                "after the recovery point",
                subject=f"database {self.into}",
                hint=f"`--overwrite {shlex.quote(self.into)}` replaces them, what they held is kept as an undo "
                "point; `--only-missing` leaves them",
            )
        if self.writes:
            differing = {item.aspect for item in self.settings}
            can_set = not (self.sets or differing.isdisjoint(self.expires or ()))
            yield from expiry_words(self.into, self.expires, request, can_set=can_set)
        yield from event_words(self.into, self.writes + self.removes, request, self.state.listening)

    def is_kept(self, state: DocumentState) -> bool:
        """Whether a document that differs may differ when the recovery ends."""
        kept: dict[DocumentState, bool] = {
            "changed": self.only_missing,
            "newer": not self.overwrite,
            "extra": not self.exact,
            "later": True,
            "added": True,
        }
        return kept.get(state, False)


def plan_database(
    backup: DatabaseBackup, state: DatabaseState, request: Request, origin: str
) -> DatabaseStep:
    """Decide what happens to one database.

    Args:
        backup: The database at the recovery point.
        state: How the target compares with it, in the ranges of `wanted_ranges`.
        request: What the operator asked for.
        origin: The project the backup was made of.
    """
    compares = compares_settings(request, origin) and state.settings is not None
    known = backup.index_settings
    was = None if known is None else index_texts(known)
    found = (backup.resource, state.settings or {}, was, state.indexes)
    settings = settings_findings(*found) if compares else ()
    into = request.target.database or backup.database_id
    step = DatabaseStep(
        name=backup.database_id,
        into=into,
        action="restore" if state.exists else "create",
        state=state,
        overwrite=request.may_overwrite(into),
        only_missing=request.only_missing,
        exact=request.exact,
        unthrottled=request.unthrottled,
        collections=request.collections,
        documents=request.documents,
        triggers=request.triggers.get(into, ()),
        ephemeral={name: state.left_out.get(name, 0) for name in ephemeral_of(backup, request)},
        sets_indexes=() if state.exists else None if was is None else tuple(was),
        made_with=() if state.exists else made_settings(backup.resource),
        made_without=() if state.exists else unmade_settings(backup.resource),
        rewrites=request.rewrite_references,
        compares=compares,
        settings=settings,
        sets=request.settings and bool(settings),
    )
    needed = {
        item.stored.name: item.stored.size_bytes
        for item, _ in file_ranges(backup, step.ranges)
        if item
    }
    return _settled(
        step.model_copy(
            update={
                "stored_bytes": sum(needed.values()),
                "losing": (state.count("changed", "newer") if step.overwrite else 0) + step.removes,
            }
        )
    )


def as_planned(step: DatabaseStep, begun: DatabaseStep) -> DatabaseStep:
    """Return a step that is resumed, which sets back only what its plan showed.

    Args:
        step: What is decided now.
        begun: What was decided when the recovery began.
    """
    if step.create:
        # It is made as it was; what somebody set since is nothing that a plan showed.
        return step.model_copy(update={"settings": (), "sets": False})
    if not step.sets:
        return step
    settings = agreed(step.settings, begun.settings)
    since = tuple(item for item in step.settings if item not in settings)
    sets = bool(settings)
    return _settled(step.model_copy(update={"settings": settings, "since": since, "sets": sets}))


def _settled(step: DatabaseStep) -> DatabaseStep:
    """Return a step that says whether anything is done at all."""
    is_idle = step.state.exists and not (step.sets or step.writes or step.removes)
    return step.model_copy(update={"action": "leave"}) if is_idle else step
