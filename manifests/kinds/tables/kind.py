"""Tables as a kind of part."""

from manifests.kind import PartKind
from manifests.kinds.tables.checks import check_table
from manifests.kinds.tables.model import TableBackup
from manifests.table_folders import table_folder

TABLES = PartKind(
    name="tables",
    noun="table",
    label="{}",
    counted="rows",
    model=TableBackup,
    folder=table_folder,
    check=check_table,
    services=frozenset({"bigquery.googleapis.com", "bigquerystorage.googleapis.com"}),
)
