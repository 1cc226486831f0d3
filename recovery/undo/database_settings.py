"""Sets Firestore databases back to what they were before a recovery."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from manifests.cloud.databases import Databases
from manifests.cloud.rest import Rest
from manifests.kinds.databases.kind import DATABASES
from manifests.values import Resource
from recovery.compare.databases import (
    database_findings,
    database_settings,
    is_fixed,
    settings_findings,
)
from recovery.compare.digest import Digest
from recovery.compare.findings import Finding
from recovery.compare.indexes import index_findings, index_texts
from recovery.firestore.indexes import set_indexes
from recovery.kinds.databases.rules.documents import DatabaseStep
from recovery.kinds.databases.rules.outcomes import DatabaseOutcome
from recovery.kinds.former import Former
from recovery.undo.ended import Ended, planned_of
from recovery.undo.undoer import SettingsUndo


class PresentDatabase(NamedTuple):
    """What a database is set to be.

    Attributes:
        resource: As the API gives it.
        indexes: What is set about its indexes and fields, by what it is called; None where that is not
            known.
    """

    resource: Resource
    indexes: Mapping[str, str] | None


class DatabaseSettingsUndo(SettingsUndo[DatabaseOutcome, DatabaseStep, PresentDatabase]):
    """The settings of the databases of one recovery that were made or set.

    Args:
        ended: The recovery.
        rest: Calls the API of the administration.
    """

    outcomes = (DatabaseOutcome,)
    planned = DatabaseStep
    kind, noun = "database settings", "database"

    def __init__(self, ended: Ended, rest: Rest) -> None:
        super().__init__(ended)
        self._rest = rest

    def _touched(self) -> Iterator[DatabaseOutcome]:
        for outcome in super()._touched():
            planned = planned_of(self._ended, DatabaseStep, outcome)
            if planned.create or planned.sets:
                yield outcome

    def _into(self, name: str) -> str:
        return self._ended.request.target.database or name

    def _live(self, into: str) -> PresentDatabase | None:
        databases = self._databases(into)
        resource = databases.resource()
        if resource is None:
            return None
        return PresentDatabase(resource, index_texts(databases.index_settings()))

    def _before(self, former: Former, live: PresentDatabase | None) -> PresentDatabase:
        del live
        known = former.indexes
        return PresentDatabase(former.resource or {}, None if known is None else index_texts(known))

    def _ours(
        self, name: str, planned: DatabaseStep, former: Former, live: PresentDatabase | None
    ) -> PresentDatabase:
        del planned, former, live
        backup = self._ended.part(DATABASES, name)
        known = backup.index_settings
        return PresentDatabase(backup.resource, None if known is None else index_texts(known))

    def _differing(self, one: PresentDatabase, other: PresentDatabase) -> tuple[Finding, ...]:
        return settings_findings(one.resource, other.resource, one.indexes, other.indexes)

    def _digest(self, live: PresentDatabase | None) -> str:
        digest = Digest()
        if live is not None:
            digest.add(database_settings(live.resource), live.indexes)
        return digest.text

    def _set(self, into: str, former: Former, live: PresentDatabase) -> None:
        before, databases = former.resource or {}, self._databases(into)
        found = database_findings(before, live.resource)
        changing = {item.aspect for item in found if not is_fixed(item)}
        databases.configure(before, changing, seen=live.resource)
        if former.indexes is not None:
            planned = index_findings("", index_texts(former.indexes), live.indexes or {})
            set_indexes(databases, former.indexes, planned)

    def _databases(self, into: str) -> Databases:
        return Databases(self._rest, self._ended.request.target.project, into)
