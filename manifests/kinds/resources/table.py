"""The types of resources that are backed up: one row a type. Pure.

The rows are in the order in which a configuration is made again.
"""

from manifests.errors import UsageError
from manifests.kinds.resources.types import Order, Pause, ResourceType

TYPES = (
    ResourceType(
        name="iam/role",
        host="iam.googleapis.com",
        version="v1",
        collection="projects/{project}/roles",
        items="roles",
        parameter="roleId",
        wrapper="role",
        query={"view": "FULL"},
        assigned=("deleted",),
    ),
    ResourceType(
        name="iam/service-account",
        host="iam.googleapis.com",
        version="v1",
        collection="projects/{project}/serviceAccounts",
        items="accounts",
        parameter="accountId",
        wrapper="serviceAccount",
        policy="POST",
        not_held=("keys",),
    ),
    ResourceType(
        name="secretmanager/secret",
        host="secretmanager.googleapis.com",
        version="v1",
        collection="projects/{project}/secrets",
        items="secrets",
        parameter="secretId",
        policy="GET",
        below=("versions",),
        not_held=("values", "tags"),
    ),
    ResourceType(
        name="pubsub/schema",
        host="pubsub.googleapis.com",
        version="v1",
        collection="projects/{project}/schemas",
        items="schemas",
        parameter="schemaId",
        query={"view": "FULL"},
        policy="GET",
    ),
    ResourceType(
        name="pubsub/topic",
        host="pubsub.googleapis.com",
        version="v1",
        collection="projects/{project}/topics",
        items="topics",
        naming="path",
        policy="GET",
        after=("pubsub/schema",),
        not_held=("tags",),
    ),
    ResourceType(
        name="run/service",
        host="run.googleapis.com",
        version="v2",
        collection="projects/{project}/locations/{location}/services",
        items="services",
        parameter="serviceId",
        policy="GET",
        after=("iam/service-account", "secretmanager/secret"),
    ),
    ResourceType(
        name="run/job",
        host="run.googleapis.com",
        version="v2",
        collection="projects/{project}/locations/{location}/jobs",
        items="jobs",
        parameter="jobId",
        policy="GET",
        after=("iam/service-account", "secretmanager/secret"),
    ),
    ResourceType(
        name="functions/function",
        host="cloudfunctions.googleapis.com",
        version="v2",
        collection="projects/{project}/locations/{location}/functions",
        items="functions",
        parameter="functionId",
        policy="GET",
        after=("iam/service-account", "secretmanager/secret", "pubsub/topic"),
        has_source=True,
    ),
    ResourceType(
        name="pubsub/subscription",
        host="pubsub.googleapis.com",
        version="v1",
        collection="projects/{project}/subscriptions",
        items="subscriptions",
        naming="path",
        policy="GET",
        after=("pubsub/topic", "run/service", "functions/function"),
        not_held=("messages that wait", "tags"),
        # A subscription that is pulled keeps its messages and delivers none by itself.
        pause=Pause(
            field="pushConfig",
            running=None,
            made={"pushConfig": {}},
            stop=Order("POST", "modifyPushConfig", {"pushConfig": {}}),
            start=Order("POST", "modifyPushConfig"),
        ),
        calls=("pushConfig.pushEndpoint", "topic"),
    ),
    ResourceType(
        name="workflows/workflow",
        host="workflows.googleapis.com",
        version="v1",
        collection="projects/{project}/locations/{location}/workflows",
        items="workflows",
        parameter="workflowId",
        after=("iam/service-account",),
        not_held=("executions", "tags"),
    ),
    ResourceType(
        name="eventarc/trigger",
        host="eventarc.googleapis.com",
        version="v1",
        collection="projects/{project}/locations/{location}/triggers",
        items="triggers",
        parameter="triggerId",
        policy="GET",
        after=("run/service", "functions/function", "workflows/workflow", "pubsub/topic"),
    ),
    ResourceType(
        name="logging/sink",
        host="logging.googleapis.com",
        version="v2",
        collection="projects/{project}/sinks",
        items="sinks",
        naming="body",
    ),
    ResourceType(
        name="logging/metric",
        host="logging.googleapis.com",
        version="v2",
        collection="projects/{project}/metrics",
        items="metrics",
        naming="body",
    ),
    ResourceType(
        name="monitoring/channel",
        host="monitoring.googleapis.com",
        version="v3",
        collection="projects/{project}/notificationChannels",
        items="notificationChannels",
        naming="assigned",
        key="displayName",
        assigned=("creationRecord", "mutationRecords", "verificationStatus"),
        not_held=("secrets", "verification"),
    ),
    ResourceType(
        name="monitoring/alert-policy",
        host="monitoring.googleapis.com",
        version="v3",
        collection="projects/{project}/alertPolicies",
        items="alertPolicies",
        naming="assigned",
        key="displayName",
        after=("monitoring/channel", "logging/metric"),
        assigned=("creationRecord", "mutationRecord", "conditions[].name", "validity"),
    ),
    ResourceType(
        name="monitoring/dashboard",
        host="monitoring.googleapis.com",
        version="v1",
        collection="projects/{project}/dashboards",
        items="dashboards",
        naming="body",
    ),
    ResourceType(
        name="bigquery/connection",
        host="bigqueryconnection.googleapis.com",
        version="v1",
        collection="projects/{project}/locations/{location}/connections",
        items="connections",
        parameter="connectionId",
        policy="POST",
        not_held=("passwords",),
    ),
    ResourceType(
        name="bigquery/transfer",
        host="bigquerydatatransfer.googleapis.com",
        version="v1",
        collection="projects/{project}/locations/{location}/transferConfigs",
        items="transferConfigs",
        naming="assigned",
        key="displayName",
        after=("iam/service-account",),
        pause=Pause(
            field="disabled",
            running=False,
            made={"disabled": True},
            stop=Order("PATCH", body={"disabled": True}, mask="disabled"),
            start=Order("PATCH", body={"disabled": False}, mask="disabled"),
        ),
    ),
    ResourceType(
        name="scheduler/job",
        host="cloudscheduler.googleapis.com",
        version="v1",
        collection="projects/{project}/locations/{location}/jobs",
        items="jobs",
        naming="body",
        after=(
            "pubsub/topic",
            "run/service",
            "run/job",
            "functions/function",
            "workflows/workflow",
        ),
        pause=Pause(
            field="state",
            running="ENABLED",
            # It could be due before it is paused; this is not, until the next leap year.
            made={"schedule": "0 0 29 2 *"},
            stop=Order("POST", "pause", {}),
            start=Order("POST", "resume", {}),
        ),
        calls=("httpTarget.uri", "pubsubTarget.topicName"),
    ),
)
"""Every type, each behind what has to be there before it."""


def resource_type(name: str) -> ResourceType:
    """Return a type by its name.

    Raises:
        UsageError: There is no such type; the message lists them.
    """
    for item in TYPES:
        if item.name == name:
            return item
    raise UsageError(
        f"no such type of resources; there are: {', '.join(item.name for item in TYPES)}",
        subject=name,
    )
