"""Sets Firestore databases back to what they were before a recovery."""

from collections.abc import Iterator

from manifests.cloud.databases import Databases
from manifests.cloud.firestore import Connection
from manifests.kinds.databases.kind import DATABASES
from manifests.values import Resource
from recovery.compare.databases import database_findings, database_settings
from recovery.compare.digest import Digest
from recovery.compare.findings import Finding
from recovery.kinds.databases.rules.documents import DatabaseStep
from recovery.kinds.databases.rules.outcomes import DatabaseOutcome
from recovery.kinds.former import Former
from recovery.undo.ended import planned_of
from recovery.undo.undoer import SettingsUndo


class DatabaseSettingsUndo(SettingsUndo[DatabaseOutcome, DatabaseStep, Resource]):
    """The settings of the databases of one recovery that were made or set."""

    outcomes = (DatabaseOutcome,)
    planned = DatabaseStep
    kind, noun = "database settings", "database"

    def _touched(self) -> Iterator[DatabaseOutcome]:
        for outcome in super()._touched():
            planned = planned_of(self._ended, DatabaseStep, outcome)
            if planned.create or planned.sets:
                yield outcome

    def _into(self, name: str) -> str:
        return self._ended.request.target.database or name

    def _live(self, into: str) -> Resource | None:
        return self._databases(into).resource()

    def _before(self, former: Former, live: Resource | None) -> Resource:
        del live
        return former.resource or {}

    def _ours(
        self, name: str, planned: DatabaseStep, former: Former, live: Resource | None
    ) -> Resource:
        del planned, former, live
        return self._ended.part(DATABASES, name).resource

    def _differing(self, one: Resource, other: Resource) -> tuple[Finding, ...]:
        return database_findings(one, other)

    def _digest(self, live: Resource | None) -> str:
        digest = Digest()
        digest.add(None if live is None else database_settings(live))
        return digest.text

    def _set(self, into: str, former: Former, live: Resource) -> None:
        before = former.resource or {}
        found = database_findings(before, live)
        self._databases(into).configure(before, {item.aspect for item in found})

    def _databases(self, into: str) -> Databases:
        return Databases(Connection(self._ended.request.target.project, into))
