"""Tells what an undo starts: triggers and notifications fire for what it writes, as for what a recovery does."""

from manifests.cloud.clients import storage_api
from manifests.cloud.versions import VersionedBucket
from manifests.errors import CloudError
from recovery.kinds.buckets.cloud.settings import notified_topics
from recovery.kinds.events import started_text
from recovery.session import Session
from recovery.undo.model import UndoStep


def with_starts(session: Session, step: UndoStep, project: str) -> UndoStep:
    """Return a step of an undo that says what is told of each thing that it writes.

    Args:
        session: The clients.
        step: The step.
        project: Where it writes.
    """
    if not step.changes:
        return step
    listeners = session.tools.listeners
    starts: tuple[str, ...] = ()
    if step.kind == "bucket":
        listening = listeners.triggers(project).of("storage", "bucket", step.into)
        starts = (*_notified(step.into, project), f"by each object's event: {listening.text}")
    elif step.kind == "database":
        listening = listeners.triggers(project).of("firestore", "database", step.into)
        known = {item.database: item.triggers for item in session.catalog.databases}
        by_catalog = known.get(step.name) if step.into == step.name else ()
        starts = (f"by each document's event: {started_text(by_catalog, listening)}",)
    elif step.kind == "table" and (listening := listeners.of_tables(project)).is_told:
        starts = (f"by each table's event: {listening.text}",)
    return step.model_copy(update={"starts": starts})


def _notified(bucket: str, project: str) -> tuple[str, ...]:
    try:
        topics = notified_topics(VersionedBucket(storage_api(project), bucket))
    except CloudError as error:
        return (f"UNKNOWN which notifications of the bucket: {error.message}",)
    return (f"TELLS {', '.join(topics)} OF EVERY OBJECT THAT IS WRITTEN",) if topics else ()
