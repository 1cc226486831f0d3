"""Pub/Sub: topics, subscriptions, schemas and snapshots."""

import asyncio
import re
import uuid
from collections.abc import Callable
from datetime import datetime
from functools import partial

from tests.standin.platform import backlog, exports
from tests.standin.platform.bodies import Body
from tests.standin.platform.collection import Collection, Handler
from tests.standin.platform.crud import found, shown
from tests.standin.platform.delivery import deliver_soon
from tests.standin.platform.errors import PlatformError, failed_precondition, invalid
from tests.standin.platform.service import SECOND, Call, to_text
from tests.standin.platform.store import Resource, Store

# Cloud Pub/Sub, Resource names.
_IDS = re.compile(r"(?!goog)[A-Za-z][A-Za-z0-9_.~+%-]{2,254}")
DELETED_TOPIC = "_deleted-topic_"
DEFAULTS = {
    "pushConfig": {},
    "ackDeadlineSeconds": 10,
    "messageRetentionDuration": "604800s",
    "expirationPolicy": {"ttl": "2678400s"},
}
_DEADLINE_SECONDS = (10, 600)
_SNAPSHOT_DAYS = 7
_SCHEMA_TYPES = ("PROTOCOL_BUFFER", "AVRO")


def needed_topic(store: Store, name: str) -> Resource:
    """Return a topic that something else needs.

    Raises:
        PlatformError: It is not there.
    """
    topic = store.find(TOPICS.id, name)
    if topic is None:
        raise PlatformError("NOT_FOUND", f"Resource not found (resource={name}).")
    return topic


def _topic(call: Call, _: str, body: Body) -> Body:
    if schema := body.get("schemaSettings", {}).get("schema"):
        found(call, SCHEMAS, schema)
    return body


def _subscription(call: Call, _: str, body: Body) -> Body:
    needed_topic(call.store, body["topic"])
    return _checked(call, DEFAULTS | body) | {"state": "ACTIVE"}


def _changed_subscription(call: Call, _: Resource, after: Body) -> Body:
    deliver_soon(call.service)
    return _checked(call, DEFAULTS | after)


def _checked(call: Call, body: Body) -> Body:
    least, most = _DEADLINE_SECONDS
    if not least <= body["ackDeadlineSeconds"] <= most:
        raise invalid("Invalid ack deadline given: it has to be between 10 and 600 seconds.")
    if topic := body.get("deadLetterPolicy", {}).get("deadLetterTopic"):
        needed_topic(call.store, topic)
    _check_push(body["pushConfig"])
    ways = [name for name in ("pushConfig", *exports.FIELDS) if body.get(name)]
    if len(ways) > 1:
        raise invalid(f"At most one of these can be set: {', '.join(ways)}.")
    return body


def _check_push(config: Body) -> None:
    endpoint = config.get("pushEndpoint", "")
    if endpoint and not re.fullmatch(r"https?://[^/]+.*", endpoint):
        raise invalid(f"Invalid push endpoint given (endpoint={endpoint}).")


def _topic_gone(call: Call, topic: Resource) -> None:
    for subscription in of_topic(call.store, topic.name):
        subscription.body["topic"] = DELETED_TOPIC
        call.store.put(subscription)


def of_topic(store: Store, topic: str) -> list[Resource]:
    """Return the subscriptions of a topic."""
    everything = store.below(SUBSCRIPTIONS.id, "projects/")
    return [item for item in everything if item.body["topic"] == topic]


def _schema(call: Call, _: str, body: Body) -> Body:
    if body.get("type") not in _SCHEMA_TYPES:
        raise invalid("The type of a schema has to be AVRO or PROTOCOL_BUFFER.")
    return body | _revision(call)


def _revision(call: Call) -> Body:
    return {"revisionId": uuid.uuid4().hex[:8], "revisionCreateTime": call.service.now_text}


def _listed_schema(call: Call, body: Body) -> Body:
    if call.query.get("view") == "FULL":
        return body
    return {key: item for key, item in body.items() if key != "definition"}


def commit(call: Call) -> Body:
    """Give a schema a new revision."""
    schema = found(call, SCHEMAS)
    schema.inner.setdefault("revisions", []).append(schema.body)
    schema.body = _schema(call, schema.name, dict(call.body.get("schema", {})))
    schema.body.pop("name", None)
    call.store.put(schema)
    return shown(call, SCHEMAS, schema)


def list_revisions(call: Call) -> Body:
    """Answer every revision of a schema, the newest first."""
    schema = found(call, SCHEMAS)
    revisions = [schema.body, *reversed(schema.inner.get("revisions", []))]
    named = [item | {"name": f"{schema.name}@{item['revisionId']}"} for item in revisions]
    return {"schemas": [_listed_schema(call, item) for item in named]}


def modify_push(call: Call) -> Body:
    """Let a subscription be pushed elsewhere, or pulled."""
    subscription = found(call, SUBSCRIPTIONS)
    if "pushConfig" not in call.body:
        raise invalid("The pushConfig in the request is missing.")
    _check_push(call.body["pushConfig"])
    if call.body["pushConfig"] and exports.is_export(subscription):
        raise invalid(f"'{subscription.name}' exports what it is given.")
    subscription.body["pushConfig"] = call.body["pushConfig"]
    call.store.put(subscription)
    deliver_soon(call.service)
    return {}


def detach(call: Call) -> Body:
    """Let a subscription have no topic any more."""
    subscription = found(call, SUBSCRIPTIONS)
    subscription.body["detached"] = True
    call.store.put(subscription)
    return {}


def publish(call: Call) -> Body:
    """Give messages to the subscriptions of a topic; those that are pushed are sent at once."""
    topic = needed_topic(call.store, call.target)
    messages = call.body.get("messages", [])
    if not messages or not all(it.get("data") or it.get("attributes") for it in messages):
        raise invalid("A message has to have data or an attribute.")
    ids = [backlog.publish(call.service, topic.name, message) for message in messages]
    deliver_soon(call.service)
    return {"messageIds": ids}


def pull(call: Call) -> Body:
    """Answer messages that are due."""
    subscription = found(call, SUBSCRIPTIONS)
    if subscription.body["pushConfig"].get("pushEndpoint") or exports.is_export(subscription):
        raise failed_precondition(f"'{subscription.name}' is not pulled.")
    most = int(call.body.get("maxMessages", 0))
    if most < 1:
        raise invalid("maxMessages has to be positive.")
    deadline = subscription.body["ackDeadlineSeconds"]
    taken = backlog.take(call.service, subscription.name, most, deadline)
    if "deadLetterPolicy" not in subscription.body:
        taken = [{key: item[key] for key in ("ackId", "message")} for item in taken]
    return {"receivedMessages": taken} if taken else {}


def acknowledge(call: Call) -> Body:
    """Let messages be delivered no more."""
    found(call, SUBSCRIPTIONS)
    backlog.acknowledge(call.service, call.target, call.body.get("ackIds", []))
    return {}


def modify_deadline(call: Call) -> Body:
    """Let messages be due again later, or at once."""
    found(call, SUBSCRIPTIONS)
    seconds = int(call.body.get("ackDeadlineSeconds", 0))
    backlog.extend(call.service, call.body.get("ackIds", []), seconds)
    return {}


def seek(call: Call) -> Body:
    """Go to an instant: what was published before it is delivered no more, some time from now.

    Replay and purge messages with seek, Seek eventual consistency.
    """
    subscription = found(call, SUBSCRIPTIONS)
    if "time" not in call.body:
        raise PlatformError("UNIMPLEMENTED", "The stand-in seeks to instants alone.")
    try:
        instant = datetime.fromisoformat(call.body["time"])
    except ValueError as error:
        raise invalid(f"Invalid time: {call.body['time']}") from error
    is_retained = bool(subscription.body.get("retainAckedMessages"))
    micros = int(instant.timestamp() * SECOND)
    sought = partial(backlog.seek, call.service, subscription.name, micros, is_retained=is_retained)
    if seconds := call.store.setting("seeks", 0):
        call.service.begin(_later(seconds, sought))
    else:
        sought()
    return {}


async def _later(seconds: float, do: Callable[[], None]) -> None:
    await asyncio.sleep(seconds)
    do()


def list_of_topic(call: Call) -> Body:
    """Answer the names of a topic's subscriptions."""
    needed_topic(call.store, call.target)
    names = [item.name for item in of_topic(call.store, call.target)]
    return {"subscriptions": names} if names else {}


def _snapshot(call: Call, _: str, body: Body) -> Body:
    name = call.body.get("subscription", "")
    subscription = found(call, SUBSCRIPTIONS, name)
    if subscription.body["topic"] == DELETED_TOPIC:
        raise failed_precondition(f"The topic of {name} is deleted.")
    expires = to_text(call.service.clock.now_micros() + _SNAPSHOT_DAYS * 24 * 3600 * SECOND)
    return body | {"topic": subscription.body["topic"], "expireTime": expires}


TOPICS = Collection(
    id="pubsub.projects.topics",
    ids=_IDS,
    mask="needed",
    born=_topic,
    gone=_topic_gone,
    asset_type="pubsub.googleapis.com/Topic",
)
SUBSCRIPTIONS = Collection(
    id=backlog.SUBSCRIPTIONS,
    ids=_IDS,
    required=("topic",),
    fixed=("topic", "filter", "enableMessageOrdering", "detached"),
    mask="needed",
    asset_type="pubsub.googleapis.com/Subscription",
    born=_subscription,
    changed=_changed_subscription,
)
SCHEMAS = Collection(
    id="pubsub.projects.schemas", ids=_IDS, required=("definition",), born=_schema,
    listed=_listed_schema, asset_type="pubsub.googleapis.com/Schema",
)  # fmt: skip
SNAPSHOTS = Collection(
    id="pubsub.projects.snapshots",
    ids=_IDS,
    mask="needed",
    born=_snapshot,
    asset_type="pubsub.googleapis.com/Snapshot",
)
COLLECTIONS = (TOPICS, SUBSCRIPTIONS, SCHEMAS, SNAPSHOTS)
HANDLERS: dict[str, Handler] = {
    f"{SCHEMAS.id}.commit": commit,
    f"{SCHEMAS.id}.listRevisions": list_revisions,
    f"{SUBSCRIPTIONS.id}.pull": pull,
    f"{SUBSCRIPTIONS.id}.acknowledge": acknowledge,
    f"{SUBSCRIPTIONS.id}.modifyAckDeadline": modify_deadline,
    f"{SUBSCRIPTIONS.id}.seek": seek,
    f"{TOPICS.id}.publish": publish,
    f"{SUBSCRIPTIONS.id}.modifyPushConfig": modify_push,
    f"{SUBSCRIPTIONS.id}.detach": detach,
    f"{TOPICS.id}.subscriptions.list": list_of_topic,
}
