"""Eventarc: triggers, which bring a subscription, and mostly a topic, of their own."""

import re
import uuid

from tests.standin.platform.bodies import Body
from tests.standin.platform.collection import Collection, Handler
from tests.standin.platform.errors import invalid
from tests.standin.platform.service import Call, short
from tests.standin.platform.services import pubsub, run, workflows
from tests.standin.platform.store import Resource

PUBLISHED = "google.cloud.pubsub.topic.v1.messagePublished"


def _born(call: Call, name: str, body: Body) -> Body:
    filters = {it.get("attribute"): it.get("value") for it in body["eventFilters"]}
    if not filters.get("type"):
        raise invalid("The event filters of a trigger have to name its type.")
    endpoint = _endpoint(call, body["destination"])
    topic = body.get("transport", {}).get("pubsub", {}).get("topic")
    if topic and filters["type"] != PUBLISHED:
        raise invalid(f"A topic can be named for events of type {PUBLISHED} alone.")
    return body | {"transport": {"pubsub": transport(call, short(name), topic, endpoint)}}


def transport(call: Call, trigger: str, topic: str | None, endpoint: str) -> Body:
    """Make what carries the events of a trigger, and return its names.

    Args:
        call: The request.
        trigger: The id of the trigger.
        topic: The topic whose messages are the events; None makes one.
        endpoint: Where the events go.

    Raises:
        PlatformError: The topic is not there.
    """
    base = f"eventarc-{call.location}-{trigger}"
    if topic is None:
        topic = f"projects/{call.project}/topics/{base}-{uuid.uuid4().int % 1000:03}"
        call.store.put(Resource(pubsub.TOPICS.id, topic, {}, {}))
    pubsub.needed_topic(call.store, topic)
    name = f"projects/{call.project}/subscriptions/{base}-sub-{uuid.uuid4().int % 1000:03}"
    made = pubsub.DEFAULTS | {"topic": topic, "state": "ACTIVE", "ackDeadlineSeconds": 600}
    pushed = made | {"pushConfig": {"pushEndpoint": endpoint}}
    call.store.put(Resource(pubsub.SUBSCRIPTIONS.id, name, pushed, {}))
    return {"topic": topic, "subscription": name}


def _endpoint(call: Call, destination: Body) -> str:
    """Return where events go, refused when that is not there."""
    parent = f"projects/{call.project}/locations"
    if target := destination.get("cloudRun"):
        region = target.get("region", call.location)
        name = f"{parent}/{region}/services/{target.get('service', '')}"
        service = call.store.find(run.SERVICES.id, name)
        if service is None:
            raise invalid(f"Cloud Run service '{name}' was not found.")
        return f"{service.body['uri']}{target.get('path', '/')}"
    if workflow := destination.get("workflow"):
        if call.store.find(workflows.WORKFLOWS.id, workflow) is None:
            raise invalid(f"Workflow '{workflow}' was not found.")
        return f"https://workflowexecutions.googleapis.com/v1/{workflow}:triggerPubsubExecution"
    raise invalid("A trigger has to have a destination that the stand-in knows.")


def drop_transport(call: Call, carried: Body) -> None:
    """Remove what carried the events of a trigger."""
    call.store.remove(pubsub.SUBSCRIPTIONS.id, carried["subscription"])
    if short(carried["topic"]).startswith("eventarc-"):
        call.store.remove(pubsub.TOPICS.id, carried["topic"])


def _gone(call: Call, trigger: Resource) -> None:
    drop_transport(call, trigger.body["transport"]["pubsub"])


TRIGGERS = Collection(
    id="eventarc.projects.locations.triggers",
    ids=re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?"),
    required=("eventFilters", "destination"),
    fixed=("transport", "channel"),
    mask="sent",
    spans_locations=True,
    asset_type="eventarc.googleapis.com/Trigger",
    born=_born,
    gone=_gone,
)
COLLECTIONS = (TRIGGERS,)
HANDLERS: dict[str, Handler] = {}
