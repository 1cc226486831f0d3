"""The types of resources that are backed up: one row a type. Pure.

The rows are in the order in which a configuration is made again.
"""

from manifests.errors import UsageError
from manifests.kinds.resources import pauses
from manifests.kinds.resources.foundations import FOUNDATIONS
from manifests.kinds.resources.types import Chosen, ResourceType

_NEEDS_IMAGES = "it runs images and reads values of secrets that a sandbox has not"

TYPES = (
    *FOUNDATIONS,
    ResourceType(
        name="pubsub/schema",
        host="pubsub.googleapis.com",
        version="v1",
        collection="projects/{project}/schemas",
        items="schemas",
        parameter="schemaId",
        changing="never",
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
        changed_in="topic",
        policy="GET",
        after=("pubsub/schema",),
        not_held=("tags",),
        labels="labels",
    ),
    ResourceType(
        name="functions/function",
        host="cloudfunctions.googleapis.com",
        version="v2",
        collection="projects/{project}/locations/{location}/functions",
        items="functions",
        parameter="functionId",
        spans_locations=True,
        policy="GET",
        after=("iam/service-account", "secretmanager/secret", "pubsub/topic"),
        has_archive=True,
        assigned=("buildConfig.source",),
        labels="labels",
        why_not_drilled=_NEEDS_IMAGES,
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
        has_images=True,
        labels="labels",
        why_not_drilled=_NEEDS_IMAGES,
        changed_by_etag=True,
        deleted_by_etag=True,
    ),
    ResourceType(
        name="run/job",
        host="run.googleapis.com",
        version="v2",
        collection="projects/{project}/locations/{location}/jobs",
        items="jobs",
        parameter="jobId",
        changing="whole",
        policy="GET",
        after=("iam/service-account", "secretmanager/secret"),
        has_images=True,
        labels="labels",
        why_not_drilled=_NEEDS_IMAGES,
        changed_by_etag=True,
        deleted_by_etag=True,
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
        changed_in="subscription",
        pauses=pauses.SUBSCRIPTION,
        calls=(
            "pushConfig.pushEndpoint",
            "topic",
            "bigqueryConfig.table",
            "cloudStorageConfig.bucket",
            "bigtableConfig.table",
        ),
        labels="labels",
    ),
    ResourceType(
        name="run/worker-pool",
        host="run.googleapis.com",
        version="v2",
        collection="projects/{project}/locations/{location}/workerPools",
        items="workerPools",
        parameter="workerPoolId",
        policy="GET",
        after=("iam/service-account", "secretmanager/secret", "pubsub/subscription"),
        has_images=True,
        labels="labels",
        why_not_drilled=_NEEDS_IMAGES,
        changed_by_etag=True,
        deleted_by_etag=True,
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
        labels="labels",
    ),
    ResourceType(
        name="eventarc/trigger",
        host="eventarc.googleapis.com",
        version="v1",
        collection="projects/{project}/locations/{location}/triggers",
        items="triggers",
        parameter="triggerId",
        # Eventarc, Manage triggers: `--location=-`.
        spans_locations=True,
        policy="GET",
        after=("run/service", "functions/function", "workflows/workflow", "pubsub/topic"),
        # Eventarc REST, Pubsub.topic: one that it makes itself; only for messages can one be named, and
        # that may have such a name, too.
        chosen=Chosen("transport", "/topics/eventarc-", ("eventFilters", ".messagePublished")),
        calls=(
            "destination.cloudRun.service",
            "destination.workflow",
            "destination.cloudFunction",
            "destination.httpEndpoint.uri",
            "transport.pubsub.topic",
        ),
        labels="labels",
        why_not_drilled="it starts what runs images of the platform, which a sandbox has not",
        deleted_by_etag=True,
    ),
    # Made when objects are back: every one that is written would be told to what listens.
    ResourceType(
        name="storage/notification",
        host="storage.googleapis.com",
        version="storage/v1",
        # Where they are looked for are buckets.
        collection="b/{location}/notificationConfigs",
        items="items",
        is_paged=False,
        naming="assigned",
        identifier="id",
        # Nothing names one: it is what it says.
        key="",
        changing="never",
        after=("pubsub/topic",),
        assigned=("id", "kind", "selfLink"),
        why_not_drilled="it is of a bucket, which a drill restores under another name",
    ),
    ResourceType(
        name="cloudresourcemanager/project",
        host="cloudresourcemanager.googleapis.com",
        version="v3",
        collection="projects",
        items="projects",
        naming="given",
        changing="never",
        policy="POST",
        policy_by_body=True,
        after=("iam/service-account", "iam/role"),
        assigned=(
            "configuredCapabilities",
            "displayName",
            "isManagementProject",
            "labels",
            "managementType",
            "parent",
            "projectId",
            "tags",
        ),
        labels="labels",
        why_not_drilled="a drill grants nobody anything, and a sandbox is a project of its own",
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
        changing="replaced",
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
        labels="userLabels",
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
        # Cloud Logging, Configure log-based metrics: an alert may have to wait for a new one.
        labels="userLabels",
        why_not_drilled="it could call people out, and watches metrics of logs, known only a while after they are made",
    ),
    ResourceType(
        name="monitoring/dashboard",
        host="monitoring.googleapis.com",
        version="v1",
        collection="projects/{project}/dashboards",
        items="dashboards",
        naming="body",
        changing="whole",
        changed_by_etag=True,
        labels="labels",
    ),
    ResourceType(
        name="bigquery/transfer",
        host="bigquerydatatransfer.googleapis.com",
        version="v1",
        collection="projects/{project}/locations/{location}/transferConfigs",
        items="transferConfigs",
        naming="assigned",
        key="displayName",
        # BigQuery Data Transfer REST, projects.locations.list. Whether that names the multi-regions, which
        # take transfers (BigQuery, Locations), is written nowhere.
        names_locations=True,
        more_locations=("us", "eu"),
        after=("iam/service-account",),
        pauses=pauses.TRANSFER,
        why_not_drilled="it writes to datasets, which a drill restores under other names",
    ),
    ResourceType(
        name="scheduler/job",
        host="cloudscheduler.googleapis.com",
        version="v1",
        collection="projects/{project}/locations/{location}/jobs",
        items="jobs",
        # Cloud Scheduler REST, projects.locations.list: a job can be in each.
        names_locations=True,
        naming="body",
        after=(
            "pubsub/topic",
            "run/service",
            "run/job",
            "functions/function",
            "workflows/workflow",
        ),
        pauses=pauses.JOB,
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
