"""Asks what an undo starts: triggers and notifications fire for what it writes, as for what a recovery does."""

from collections.abc import Iterable, Iterator

from manifests.cloud.clients import storage_api
from manifests.cloud.versions import VersionedBucket
from manifests.errors import CloudError
from recovery.kinds.buckets.cloud.settings import notified_topics
from recovery.session import Session
from recovery.undo.model import Notified, Starts, UndoStep


def started(session: Session, steps: Iterable[UndoStep], project: str) -> Iterator[Starts]:
    """Yield what each step starts that writes objects, documents or rows.

    Args:
        session: The clients.
        steps: The steps of an undo.
        project: Where they write.
    """
    listeners = session.tools.listeners
    known = {item.database: item.triggers for item in session.catalog.databases}
    for step in steps:
        if not step.changes:
            continue
        match step.kind:
            case "bucket":
                listening = listeners.triggers(project).of("storage", "bucket", step.into)
                notified = _notified(step.into, project)
                yield Starts(kind=step.kind, name=step.name, listening=listening, notified=notified)
            case "database":
                listening = listeners.triggers(project).of("firestore", "database", step.into)
                by_catalog = known.get(step.name) if step.into == step.name else ()
                yield Starts(
                    kind="database", name=step.name, listening=listening, by_catalog=by_catalog
                )
            case "table" if (listening := listeners.of_tables(project)).is_told:
                yield Starts(kind="table", name=step.name, listening=listening)
            case _:
                pass


def _notified(bucket: str, project: str) -> Notified:
    try:
        return Notified(topics=notified_topics(VersionedBucket(storage_api(project), bucket)))
    except CloudError as error:
        return Notified(unasked=error.message)
