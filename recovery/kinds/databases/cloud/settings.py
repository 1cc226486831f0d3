"""Looks at the settings and indexes of one Firestore database, and sets them to what they were."""

from collections.abc import Collection

from manifests.cloud.databases import Databases
from manifests.errors import CloudError
from manifests.kinds.databases.model import DatabaseBackup, IndexSettings
from manifests.values import Resource
from recovery.compare.databases import (
    creation,
    database_findings,
    database_settings,
    is_fixed,
    settings_findings,
)
from recovery.compare.findings import Finding
from recovery.compare.indexes import agreed, index_findings, index_texts, nobodys
from recovery.firestore.indexes import set_indexes
from recovery.kinds.former import Former


class SettingsTarget:
    """The settings of a database that a recovery looks at and writes.

    Args:
        backup: What the database was.
        databases: Calls the Firestore Admin API for it.
    """

    def __init__(self, backup: DatabaseBackup, databases: Databases) -> None:
        self._backup = backup
        self._databases = databases

    def looked_up(self) -> tuple[bool, Resource | None]:
        """Return whether there is a database, and its settings; None without the right to see them.

        Raises:
            CloudError: It could not be looked at, and can be later.
        """
        try:
            found = self._databases.resource()
        except CloudError as error:
            if error.retryable:
                raise
            # Documents can be recovered without the right to see how the database is set up; if
            # there is none, reading it says so.
            return True, None
        # Fields that only the service sets change by themselves, and would void an approved plan.
        return found is not None, None if found is None else database_settings(found)

    def indexes(self) -> IndexSettings | None:
        """Return what is set about indexes and fields; None without the right to see it.

        Raises:
            CloudError: It could not be looked at, and can be later.
        """
        try:
            return self._databases.index_settings()
        except CloudError as error:
            if error.retryable:
                raise
            return None

    def findings(self) -> tuple[Finding, ...]:
        """Look at the settings of the database again, and say what is not what it was.

        Raises:
            CloudError: They could not be looked at.
        """
        was, there = self._backup.index_settings, self.indexes()
        return settings_findings(
            self._backup.resource,
            self._databases.resource() or {},
            None if was is None else index_texts(was),
            None if there is None else index_texts(there),
        )

    def former(self) -> Former:
        """Return the settings that `set` and `set_indexes` change, as they are now.

        Raises:
            CloudError: They could not be looked at.
        """
        known = self._backup.index_settings
        indexes = None if known is None else self._databases.index_settings()
        return Former(resource=self._databases.resource(), indexes=indexes)

    def set_indexes(self, planned: Collection[Finding]) -> None:
        """Set indexes and fields to what they were, where they are as a plan showed them.

        Args:
            planned: What differed when the plan was made: nothing else is set.

        Raises:
            CloudError: It could not be set.
        """
        if self._backup.index_settings is not None:
            set_indexes(self._databases, self._backup.index_settings, planned)

    def set(self, seen: Resource, planned: Collection[Finding]) -> None:
        """Set the database to what it was, where it is as a plan showed it.

        It is read again, because documents may have been written for hours since it was seen. The etag
        that was seen cannot be the condition: whether it changes with times that move by themselves is
        not documented (Firestore REST, Database).

        Args:
            seen: Its settings before documents were written.
            planned: What differed when the plan was made: nothing else is set.

        Raises:
            CloudError: It is not what was seen, or could not be set.
        """
        now = self._databases.resource() or {}
        if database_findings(seen, now):
            raise CloudError(
                "its settings were changed meanwhile",
                subject=self._databases.name,
                hint="run the same command again",
            )
        found = agreed(database_findings(self._backup.resource, now), planned)
        changing = {item.aspect for item in found if not is_fixed(item)}
        self._databases.configure(self._backup.resource, changing, seen=now)

    def create(self) -> None:
        """Create the database as the backup describes it, if there is none.

        Indexes and fields that somebody set since in a database that is there stay as they are.

        Raises:
            CloudError: It cannot be created.
        """
        if not self._backup.resource.get("locationId"):
            raise CloudError(
                "the database does not exist, and the backup does not say how it was set up",
                subject=self._databases.name,
                hint="create it with `gcloud firestore databases create`",
            )
        self._databases.create(creation(self._backup.resource))
        if (wanted := self._backup.index_settings) is not None:
            new = nobodys(index_texts(self._databases.index_settings()))
            self.set_indexes(index_findings("", index_texts(wanted), new))
