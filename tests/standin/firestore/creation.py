"""Makes Firestore databases through the admin API, as Terraform does before anything is written."""

import contextlib
from contextlib import closing

import grpc
from google.api_core import exceptions as google_errors
from google.cloud import firestore
from google.cloud.firestore_admin_v1 import FirestoreAdminClient, types
from google.cloud.firestore_admin_v1.services.firestore_admin.transports import (
    FirestoreAdminGrpcTransport,
)

_Database = types.Database
_SECONDS = 30


def administration(channel: grpc.Channel) -> FirestoreAdminClient:
    """Return Google's client of the administration, over a channel."""
    return FirestoreAdminClient(transport=FirestoreAdminGrpcTransport(channel=channel))


def create_database(
    project: str, database_id: str = "(default)", *, recoverable: bool = True
) -> None:
    """Create a database in `nam5` where the environment says that Firestore is, if there is none.

    Args:
        project: The project.
        database_id: The database.
        recoverable: Whether it keeps what it was for seven days.
    """
    with closing(firestore.Client(project=project, database=database_id)) as client:
        channel = client._firestore_api.transport.grpc_channel  # noqa: SLF001 - nothing public gives it
        create_over(channel, project, database_id, recoverable=recoverable)


def create_over(
    channel: grpc.Channel, project: str, database_id: str = "(default)", *, recoverable: bool = True
) -> None:
    """Create a database over a channel, if there is none; as `create_database`."""
    kept = _Database.PointInTimeRecoveryEnablement
    database = _Database(
        location_id="nam5",
        type_=_Database.DatabaseType.FIRESTORE_NATIVE,
        concurrency_mode=_Database.ConcurrencyMode.OPTIMISTIC,
        point_in_time_recovery_enablement=(
            kept.POINT_IN_TIME_RECOVERY_ENABLED
            if recoverable
            else kept.POINT_IN_TIME_RECOVERY_DISABLED
        ),
    )
    request = {
        "parent": f"projects/{project}",
        "database": database,
        "database_id": database_id,
    }
    with contextlib.suppress(google_errors.AlreadyExists):
        administration(channel).create_database(request=request).result(timeout=_SECONDS)
