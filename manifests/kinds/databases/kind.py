"""Databases as a kind of part."""

from manifests.kind import PartKind
from manifests.kinds.databases.checks import check_database
from manifests.kinds.databases.layout import database_segment, is_database_record
from manifests.kinds.databases.model import DatabaseBackup

DATABASES = PartKind(
    name="databases",
    noun="database",
    label="database {}",
    counted="documents",
    model=DatabaseBackup,
    folder=database_segment,
    check=check_database,
    services=frozenset({"datastore.googleapis.com", "firestore.googleapis.com"}),
    is_record=is_database_record,
)
