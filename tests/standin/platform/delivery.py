"""Push delivery: messages of push subscriptions are sent to their endpoints, again until taken."""

import asyncio
import json

from tests.standin.database import transaction
from tests.standin.platform import backlog, exports
from tests.standin.platform.bodies import Body
from tests.standin.platform.invocation import identity_token, invoke
from tests.standin.platform.service import Service
from tests.standin.platform.store import Resource

# Push subscriptions, Receive push messages: what acknowledges a message.
_TAKEN = frozenset({102, 200, 201, 202, 204})
_LEASE_SECONDS = 600
_MOST_RETRY_SECONDS = 60
_DEFAULT_ATTEMPTS = 5
_AT_ONCE = 100


def deliver_soon(service: Service) -> None:
    """Deliver what is due as soon as the request at hand is answered."""
    service.begin(deliver(service))


async def deliver(service: Service) -> list[Body]:
    """Send every message that is due to its endpoint once, and return what came of it."""
    outcomes: list[Body] = []
    for subscription in list(service.store.below(backlog.SUBSCRIPTIONS, "projects/")):
        is_pushed = subscription.body["pushConfig"].get("pushEndpoint")
        if not (is_pushed or exports.is_export(subscription)):
            continue
        with transaction(service.store.database):
            taken = backlog.take(service, subscription.name, _AT_ONCE, _LEASE_SECONDS)
        sent = [_send(service, subscription, received) for received in taken]
        outcomes += await asyncio.gather(*sent)
    if delays := [it["retry_seconds"] for it in outcomes if "retry_seconds" in it]:
        service.begin(_again(service, min(delays)))
    return outcomes


async def _again(service: Service, seconds: float) -> None:
    await asyncio.sleep(seconds)
    await deliver(service)


async def _send(service: Service, subscription: Resource, received: Body) -> Body:
    if exports.is_export(subscription):
        if is_written := await exports.export(service, subscription, received):
            backlog.acknowledge(service, subscription.name, [received["ackId"]])
        return {"subscription": subscription.name, "is_written": is_written}
    config = subscription.body["pushConfig"]
    endpoint = config["pushEndpoint"]
    headers = {"Content-Type": "application/json", "User-Agent": "CloudPubSub-Google"}
    if token := config.get("oidcToken"):
        audience = token.get("audience", endpoint)
        value = identity_token(token["serviceAccountEmail"], audience)
        headers["Authorization"] = f"Bearer {value}"
    body = {"message": received["message"], "subscription": subscription.name}
    policy = subscription.body.get("deadLetterPolicy")
    if policy:
        body["deliveryAttempt"] = received["deliveryAttempt"]
    answer = await invoke(service, "POST", endpoint, headers, json.dumps(body).encode())
    is_taken = answer.status in _TAKEN
    outcome = {"subscription": subscription.name, "endpoint": endpoint, "status": answer.status}
    with transaction(service.store.database):
        most = (policy or {}).get("maxDeliveryAttempts", _DEFAULT_ATTEMPTS)
        is_given_up = policy is not None and received["deliveryAttempt"] >= most
        if policy is not None and not is_taken and is_given_up:
            backlog.publish(service, policy["deadLetterTopic"], received["message"])
        if is_taken or is_given_up:
            backlog.acknowledge(service, subscription.name, [received["ackId"]])
        else:
            # Push subscriptions, Push backoff: ever slower.
            delay = min(_MOST_RETRY_SECONDS, 2 ** received["deliveryAttempt"])
            backlog.extend(service, [received["ackId"]], delay)
            outcome["retry_seconds"] = delay
    return outcome
