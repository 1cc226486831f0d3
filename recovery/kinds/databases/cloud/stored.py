"""Whether what is stored of databases is what their run says; Firestore is not asked."""

from collections.abc import Sequence

from manifests.avro import AvroFrame
from manifests.documents import DOCUMENT_FILE
from manifests.kinds.databases.layout import databases_prefix
from manifests.kinds.databases.model import DatabaseBackup
from recovery.stored import FileForm, Reading, verify_files
from recovery.verify import Verdict


def verify_databases(databases: Sequence[DatabaseBackup], reading: Reading) -> Verdict:
    """Compare the files of documents with what the run says of them.

    Raises:
        CloudError: The vault could not be read.
    """
    form = FileForm(len(DOCUMENT_FILE.schema["fields"]), _check_header)
    return verify_files(databases, (databases_prefix(reading.run_id),), lambda _: form, reading)


def _check_header(frame: AvroFrame) -> None:
    DOCUMENT_FILE.check_header(frame.metadata, subject=frame.subject)
