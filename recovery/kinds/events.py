"""What a recovery triggers: what listens to the documents, objects and tables it writes."""

from collections.abc import Iterator, Sequence

from recovery.kinds.step import MissingWord
from recovery.listening import UNASKED, Listening
from recovery.request import Request


def event_words(
    database: str, documents: int, request: Request, listening: Listening
) -> Iterator[MissingWord]:
    """Yield the word that is needed where writing documents triggers functions.

    Each document that is written or removed is an event (Firestore, Extend with Cloud Run functions).

    Args:
        database: The database that is written.
        documents: How many are written or removed in it.
        request: What the operator asked for.
        listening: What Eventarc tells of the database.
    """
    if not documents or request.notify:
        return
    by_catalog = request.triggers.get(database, ())
    started = dict.fromkeys((*(by_catalog or ()), *listening.names))
    if not started and by_catalog is None:
        yield MissingWord(
            f"nobody says what the events of {documents} documents start",
            subject=database,
            hint="name it as `triggers` in the catalog, [] for nothing; or `--notify` allows it",
        )
    elif started:
        yield MissingWord(
            f"each of {documents} documents starts {', '.join(started)}",
            subject=database,
            hint="`--notify` allows it; or stop what listens",
        )
    elif listening.unasked:
        yield MissingWord(
            f"it is unknown what of Eventarc {documents} documents start: {listening.unasked}",
            subject=database,
            hint="grant the identity eventarc.triggers.list; or `--notify` allows it",
        )


def object_words(
    bucket: str, notified: Sequence[str], listening: Listening
) -> Iterator[MissingWord]:
    """Yield the word that is needed where somebody is told of the objects that are written.

    That a trigger for a bucket's own events has a topic among those that the bucket tells is not
    documented, so that each trigger counts.

    Args:
        bucket: The bucket that is written, as a sentence names it.
        notified: The topics that it tells.
        listening: What Eventarc tells of the bucket.
    """
    if told := (*notified, *listening.names):
        yield MissingWord(
            f"{', '.join(told)} would be told of every object that is written",
            subject=bucket,
            hint="`--notify` allows it; or stop what listens, or remove the notification",
        )
    elif listening.unasked:
        yield MissingWord(
            "it is unknown what of Eventarc would be told of every object that is written: "
            f"{listening.unasked}",
            subject=bucket,
            hint="grant the identity eventarc.triggers.list; or `--notify` allows it",
        )


def table_words(table: str, listening: Listening) -> Iterator[MissingWord]:
    """Yield the word that is needed where somebody is told of the tables that are written.

    BigQuery sends no events of its own: a trigger reads its audit logs, and a log sink publishes them
    (Eventarc, Create triggers with Cloud Audit Logs; Cloud Logging, Route log entries).

    Args:
        table: A table that is written.
        listening: What listens to BigQuery.
    """
    if listening.names:
        yield MissingWord(
            f"{', '.join(listening.names)} would be told of each table that is written",
            subject="BigQuery",
            hint=f"`--notify` allows it; or stop what listens ({UNASKED})",
            name=table,
        )
    elif listening.unasked:
        yield MissingWord(
            "it is unknown what of Eventarc, or which log sink, would be told of each table that is "
            f"written: {listening.unasked}",
            subject="BigQuery",
            hint="grant the identity eventarc.triggers.list and logging.sinks.list; or `--notify` "
            "allows it",
            name=table,
        )


def started_text(by_catalog: tuple[str, ...] | None, listening: Listening) -> str:
    """Say what the events of documents start, by the catalog and by Eventarc."""
    if by_catalog is None:
        return f"unknown, the catalog does not say; {listening.text}"
    return f"{', '.join(by_catalog) or 'nothing'} by the catalog; {listening.text}"
