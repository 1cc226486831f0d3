"""Cloud Storage's JSON API, where the control plane answers: asked of the service that has the buckets.

What that service cannot know is looked at here: whether a bucket may tell a topic.
"""

import asyncio
import json
import re

import requests
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tests.standin.forwarding import forwarded
from tests.standin.platform.service import Service

_HOST = "/storage.googleapis.com"
PREFIX = f"{_HOST}/storage/v1/"
_TOPICS = "pubsub.projects.topics"
_PUBSUB = "pubsub.googleapis.com"
_MAY_PUBLISH = frozenset({"roles/pubsub.publisher", "roles/pubsub.editor", "roles/pubsub.admin"})
_INSERT = re.compile(rf"{PREFIX}b/([^/]+)/notificationConfigs")
_TOPIC = "//pubsub.googleapis.com/"
_ANSWER_SECONDS = 60


async def answer(service: Service, request: Request) -> Response:
    """Answer as Cloud Storage does."""
    content = await request.body()
    path = request.url.path
    if request.method == "POST" and (inserted := _INSERT.fullmatch(path)):
        url = f"{service.storage}/storage/v1/b/{inserted[1]}"
        bucket = await asyncio.to_thread(requests.get, url, timeout=_ANSWER_SECONDS)
        owner = bucket.json().get("projectNumber", "")
        if refused := _refused(service, owner, str(json.loads(content or b"{}").get("topic", ""))):
            return JSONResponse({"error": {"code": 403, "message": refused}}, 403)
    return await forwarded(service.storage, request, without=_HOST)


def _refused(service: Service, owner: str, named: str) -> str:
    """Return why buckets of a project may not tell a topic (hashicorp/terraform-provider-google#4354)."""
    topic = named.removeprefix(_TOPIC)
    account = f"service-{owner}@gs-project-accounts.iam.gserviceaccount.com"
    policy = service.store.policy(_PUBSUB, topic) or {}
    granted = {
        member
        for binding in policy.get("bindings", [])
        if binding["role"] in _MAY_PUBLISH
        for member in binding["members"]
    }
    if service.store.find(_TOPICS, topic) and f"serviceAccount:{account}" in granted:
        return ""
    return (
        f"The service account '{account}' does not have permission to publish messages to the Cloud "
        f"Pub/Sub topic '{named}', or that topic does not exist."
    )
