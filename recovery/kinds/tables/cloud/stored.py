"""Whether what is stored of tables is what their run says; BigQuery is not asked."""

from collections.abc import Sequence
from functools import partial

from manifests.encoding import check_table_file, field_count
from manifests.kinds.tables.layout import tables_prefix
from manifests.kinds.tables.model import TableBackup
from recovery.stored import FileForm, Reading, verify_files
from recovery.verify import Verdict


def verify_tables(tables: Sequence[TableBackup], reading: Reading) -> Verdict:
    """Compare the files of tables with what the run says of them.

    A file can be of an earlier run: tables refer to the exports of those.

    Raises:
        CloudError: The vault could not be read.
    """
    run_ids = {reading.run_id, *(export.run_id for item in tables for export in item.exports)}
    return verify_files(tables, map(tables_prefix, run_ids), _form, reading)


def _form(table: TableBackup) -> FileForm:
    fields = field_count(table.resource["schema"]["fields"])
    return FileForm(fields, partial(check_table_file, resource=table.resource))
