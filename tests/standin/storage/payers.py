"""Buckets whose requester pays: every request about them names the project that is billed."""

from tests.standin.storage.errors import StorageError
from tests.standin.storage.service import Call

_PAID = (
    "SELECT 1 FROM buckets WHERE name IN (?, ?) AND soft_deleted IS NULL"
    " AND settings ->> '$.billing.requesterPays' = 1"
)


def check_payer(call: Call) -> None:
    """Refuse a request that names no project to bill though a bucket of it wants one.

    Raises:
        StorageError: no project is named (Cloud Storage, Use Requester Pays).
    """
    if call.query.get("userProject") or call.headers.get("x-goog-user-project"):
        return
    buckets = (call.path.get("bucket"), call.path.get("destinationBucket"))
    if call.service.database.execute(_PAID, buckets).fetchone():
        message = "Bucket is a requester pays bucket but no user project provided."
        raise StorageError(400, "required", message)
