"""The datasets Rebound itself works in: for frozen copies and staging, and for undo points."""

from collections.abc import Mapping

from manifests.cloud.resources import Resources
from manifests.errors import CloudError, MisconfiguredError
from manifests.values import Resource

SCRATCH_DAYS = 2
"""How long what is left over in the scratch dataset lives, when the dataset is created here."""


def ready_dataset(
    resources: Resources,
    dataset_id: str,
    *,
    location: str,
    table_days: int,
    labels: Mapping[str, str] | None = None,
) -> None:
    """See that a working dataset can be used; create it where there is none.

    Args:
        resources: The project's.
        dataset_id: The dataset.
        location: Where the platform's datasets are: tables are cloned and copied within a location.
        table_days: After how many days its tables expire, if it is created.
        labels: What it gets beside our own label, if it is created.

    Raises:
        MisconfiguredError: It cannot be created, or could not hold what is put there.
    """
    found = resources.dataset(dataset_id)
    if found is None:
        _create(resources, dataset_id, location, table_days, labels or {})
        found = resources.dataset(dataset_id) or {}
    if found.get("location", "").lower() != location.lower():
        raise MisconfiguredError(
            f"the dataset is in {found.get('location')}, the platform in {location}",
            subject=dataset_id,
            hint="name another dataset, or delete this one: it is created where it belongs",
        )
    if "defaultPartitionExpirationMs" in found:
        # A partitioned copy may take it, and its rows and its row count shrink alike (BigQuery,
        # Managing partitioned tables, Set the partition expiration).
        raise MisconfiguredError(
            "the dataset lets partitions expire, so copies in it could lose rows, and nobody is told",
            subject=dataset_id,
            hint="remove its default partition expiration",
        )


def _create(
    resources: Resources,
    dataset_id: str,
    location: str,
    table_days: int,
    labels: Mapping[str, str],
) -> None:
    body: Resource = {
        "datasetReference": {"projectId": resources.project, "datasetId": dataset_id},
        "location": location,
        "defaultTableExpirationMs": str(table_days * 24 * 3600 * 1000),
        "labels": {"managed_by": "rebound", **labels},
    }
    try:
        resources.create("datasets", body, subject=dataset_id)
    except CloudError as error:
        if error.retryable:
            raise
        raise MisconfiguredError(
            f"there is no such dataset, and it cannot be created: {error.message}",
            subject=dataset_id,
            hint="create it, or grant roles/bigquery.user on the project",
        ) from error
