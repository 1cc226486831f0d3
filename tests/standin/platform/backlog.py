"""Messages of Pub/Sub: one copy for each subscription, until it is acknowledged."""

import json
import sqlite3
import uuid
from collections.abc import Iterable

from tests.standin.platform.bodies import Body
from tests.standin.platform.service import SECOND, Service, to_text

SUBSCRIPTIONS = "pubsub.projects.subscriptions"
_UNACKNOWLEDGED = "subscription = ? AND is_acknowledged = 0"


def publish(service: Service, topic: str, message: Body) -> str:
    """Give a message to every subscription of a topic, and return its id."""
    now = service.clock.now_micros()
    whole = message | {"messageId": str(uuid.uuid4().int % 10**16), "publishTime": to_text(now)}
    for subscription in service.store.below(SUBSCRIPTIONS, "projects/"):
        if subscription.body["topic"] == topic and not subscription.body.get("detached"):
            row = (subscription.name, json.dumps(whole), now, now)
            statement = "INSERT INTO backlog VALUES (NULL, ?, ?, ?, ?, 0, 0)"
            service.store.database.execute(statement, row)
    return str(whole["messageId"])


def take(service: Service, subscription: str, most: int, deadline_seconds: int) -> list[Body]:
    """Lease messages that are due, and return them as a pull answers them."""
    now = service.clock.now_micros()
    rows = service.store.database.execute(
        f"SELECT * FROM backlog WHERE {_UNACKNOWLEDGED} AND due <= ? ORDER BY id LIMIT ?",
        (subscription, now, most),
    ).fetchall()
    for row in rows:
        _lease(service, row["id"], now + deadline_seconds * SECOND, row["attempts"] + 1)
    return [_received(row) for row in rows]


def waiting(service: Service, project: str) -> dict[str, int]:
    """Return how many messages of each subscription of a project are not acknowledged yet."""
    rows = service.store.database.execute(
        "SELECT subscription, COUNT(*) AS messages FROM backlog WHERE is_acknowledged = 0 "
        "AND subscription LIKE ? GROUP BY subscription",
        (f"projects/{project}/%",),
    ).fetchall()
    counted = {row["subscription"]: int(row["messages"]) for row in rows}
    known = service.store.below(SUBSCRIPTIONS, f"projects/{project}/")
    return {item.name: counted.get(item.name, 0) for item in known}


def acknowledge(service: Service, subscription: str, ack_ids: Iterable[str]) -> None:
    """Let messages be delivered no more."""
    for ack_id in ack_ids:
        service.store.database.execute(
            "UPDATE backlog SET is_acknowledged = 1 WHERE subscription = ? AND id = ?",
            (subscription, ack_id.partition("-")[0]),
        )


def extend(service: Service, ack_ids: Iterable[str], seconds: int) -> None:
    """Let messages be due again some time from now; 0 is at once."""
    due = service.clock.now_micros() + seconds * SECOND
    for ack_id in ack_ids:
        row = (due, ack_id.partition("-")[0])
        service.store.database.execute("UPDATE backlog SET due = ? WHERE id = ?", row)


def seek(service: Service, subscription: str, micros: int, *, is_retained: bool) -> None:
    """Acknowledge what was published before an instant; bring back what was after, if it is kept."""
    database = service.store.database
    database.execute(
        "UPDATE backlog SET is_acknowledged = 1 WHERE subscription = ? AND published < ?",
        (subscription, micros),
    )
    if is_retained:
        database.execute(
            "UPDATE backlog SET is_acknowledged = 0, due = published"
            " WHERE subscription = ? AND published >= ?",
            (subscription, micros),
        )


def sizes(service: Service) -> dict[str, int]:
    """Return how many messages wait in each subscription that has some."""
    rows = service.store.database.execute(
        "SELECT subscription, COUNT(*) AS waiting FROM backlog WHERE is_acknowledged = 0"
        " GROUP BY subscription"
    )
    return {row["subscription"]: row["waiting"] for row in rows.fetchall()}


def _lease(service: Service, identifier: int, due: int, attempts: int) -> None:
    statement = "UPDATE backlog SET due = ?, attempts = ? WHERE id = ?"
    service.store.database.execute(statement, (due, attempts, identifier))


def _received(row: sqlite3.Row) -> Body:
    attempt = row["attempts"] + 1
    return {
        "ackId": f"{row['id']}-{attempt}",
        "message": json.loads(row["message"]),
        "deliveryAttempt": attempt,
    }
