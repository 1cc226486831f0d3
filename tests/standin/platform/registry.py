"""Every API that is served, with the rules of its service."""

from collections.abc import Mapping

from tests.standin.platform.api import Api
from tests.standin.platform.collection import Collection, Handler
from tests.standin.platform.services import (
    artifactregistry,
    bigqueryconnection,
    bigquerydatatransfer,
    cloudasset,
    cloudfunctions,
    cloudkms,
    cloudresourcemanager,
    cloudscheduler,
    eventarc,
    iam,
    iamcredentials,
    logging,
    monitoring,
    pubsub,
    run,
    secretmanager,
    serviceusage,
    workflowexecutions,
    workflows,
)

_SERVICES = (
    artifactregistry,
    bigqueryconnection,
    bigquerydatatransfer,
    cloudasset,
    cloudfunctions,
    cloudkms,
    cloudresourcemanager,
    cloudscheduler,
    eventarc,
    iam,
    iamcredentials,
    logging,
    monitoring,
    pubsub,
    run,
    secretmanager,
    serviceusage,
    workflowexecutions,
    workflows,
)
NAMES = (
    "artifactregistry.v1",
    "bigqueryconnection.v1",
    "bigquerydatatransfer.v1",
    "cloudasset.v1",
    "cloudfunctions.v2",
    "cloudkms.v1",
    "cloudresourcemanager.v1",
    "cloudresourcemanager.v3",
    "cloudscheduler.v1",
    "eventarc.v1",
    "iam.v1",
    "iamcredentials.v1",
    "logging.v2",
    "monitoring.v1",
    "monitoring.v3",
    "pubsub.v1",
    "run.v1",
    "run.v2",
    "secretmanager.v1",
    "serviceusage.v1",
    "workflowexecutions.v1",
    "workflows.v1",
)
COLLECTIONS: Mapping[str, Collection] = {
    collection.id: collection for service in _SERVICES for collection in service.COLLECTIONS
}
HANDLERS: Mapping[str, Handler] = {
    method: handler for service in _SERVICES for method, handler in service.HANDLERS.items()
}


def apis() -> dict[tuple[str, str], Api]:
    """Return every API by its host and version.

    What Cloud Run answers in the manner of Knative is below `apis` (run.v1, namespaces).
    """
    found = [Api(name) for name in NAMES]
    known = {(api.host, api.version): api for api in found}
    return known | {(api.host, "apis"): api for api in found if api.name == "run.v1"}
