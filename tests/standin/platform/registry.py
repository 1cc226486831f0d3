"""Every API that is served, with the rules of its service."""

from collections.abc import Mapping

from tests.standin.platform.api import Api
from tests.standin.platform.collection import Collection, Handler
from tests.standin.platform.services import (
    cloudresourcemanager,
    cloudscheduler,
    iam,
    pubsub,
    run,
    secretmanager,
    serviceusage,
    workflows,
)

_SERVICES = (
    cloudresourcemanager,
    cloudscheduler,
    iam,
    pubsub,
    run,
    secretmanager,
    serviceusage,
    workflows,
)
NAMES = (
    "cloudresourcemanager.v1",
    "cloudresourcemanager.v3",
    "cloudscheduler.v1",
    "iam.v1",
    "pubsub.v1",
    "run.v2",
    "secretmanager.v1",
    "serviceusage.v1",
    "workflows.v1",
)
COLLECTIONS: Mapping[str, Collection] = {
    collection.id: collection for service in _SERVICES for collection in service.COLLECTIONS
}
HANDLERS: Mapping[str, Handler] = {
    method: handler for service in _SERVICES for method, handler in service.HANDLERS.items()
}


def apis() -> dict[tuple[str, str], Api]:
    """Return every API by its host and version."""
    found = [Api(name) for name in NAMES]
    return {(api.host, api.version): api for api in found}
