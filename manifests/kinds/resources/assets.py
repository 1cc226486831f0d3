"""What Cloud Asset Inventory calls what a run can hold (Cloud Asset Inventory, Asset types). Pure.

A name that is wrong here hides nothing: what is held is told of then as if it were not.
"""

from collections.abc import Collection, Mapping

ASSETS: Mapping[str, tuple[str, ...]] = {
    "serviceusage/service": ("serviceusage.googleapis.com/Service",),
    "iam/role": ("iam.googleapis.com/Role",),
    "iam/service-account": ("iam.googleapis.com/ServiceAccount",),
    "secretmanager/secret": (
        "secretmanager.googleapis.com/Secret",
        "secretmanager.googleapis.com/SecretVersion",
    ),
    "pubsub/schema": ("pubsub.googleapis.com/Schema",),
    "pubsub/topic": ("pubsub.googleapis.com/Topic",),
    "pubsub/subscription": ("pubsub.googleapis.com/Subscription",),
    "functions/function": (
        "cloudfunctions.googleapis.com/CloudFunction",
        "cloudfunctions.googleapis.com/Function",
    ),
    "run/service": ("run.googleapis.com/Service", "run.googleapis.com/Revision"),
    "run/job": ("run.googleapis.com/Job", "run.googleapis.com/Execution"),
    "run/worker-pool": ("run.googleapis.com/WorkerPool",),
    "workflows/workflow": ("workflows.googleapis.com/Workflow",),
    "eventarc/trigger": ("eventarc.googleapis.com/Trigger",),
    "cloudresourcemanager/project": ("cloudresourcemanager.googleapis.com/Project",),
    "logging/sink": ("logging.googleapis.com/LogSink",),
    "logging/metric": ("logging.googleapis.com/LogMetric",),
    "monitoring/channel": ("monitoring.googleapis.com/NotificationChannel",),
    "monitoring/alert-policy": ("monitoring.googleapis.com/AlertPolicy",),
    "monitoring/dashboard": ("monitoring.googleapis.com/Dashboard",),
    "bigquery/transfer": ("bigquerydatatransfer.googleapis.com/TransferConfig",),
}
"""By the types of the table, with what Google makes of each by itself."""

UNKNOWN = frozenset({"bigquery/connection", "scheduler/job", "storage/notification"})
"""Types that the inventory does not have: what of them the catalog leaves out it does not tell."""

_OF_DATA = frozenset(
    {
        "bigquery.googleapis.com/Dataset",
        "bigquery.googleapis.com/Routine",
        "bigquery.googleapis.com/RowAccessPolicy",
        "bigquery.googleapis.com/Table",
        "cloudresourcemanager.googleapis.com/Project",
        "firestore.googleapis.com/Database",
        "storage.googleapis.com/Bucket",
    }
)
"""What other kinds hold, and tell of by name where the catalog leaves it out."""


def covered_assets(types: Collection[str]) -> frozenset[str]:
    """Return what the inventory calls what runs hold.

    Args:
        types: The types of resources that the catalog names.
    """
    return _OF_DATA.union(*(ASSETS.get(name, ()) for name in types))
