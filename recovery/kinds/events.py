"""What a recovery triggers: functions that listen to the documents it writes."""

from collections.abc import Iterator

from recovery.kinds.step import MissingWord
from recovery.request import Request


def event_words(database: str, documents: int, request: Request) -> Iterator[MissingWord]:
    """Yield the word that is needed where writing documents triggers functions.

    Each document that is written or removed is an event (Firestore, Extend with Cloud Run functions).

    Args:
        database: The database that is written.
        documents: How many are written or removed in it.
        request: What the operator asked for.
    """
    started = request.triggers.get(database, ())
    if not documents or request.notify or started == ():
        return
    if started is None:
        yield MissingWord(
            f"nobody says what the events of {documents} documents start",
            subject=database,
            hint="name it as `triggers` in the catalog, [] for nothing; or `--notify` allows it",
        )
    else:
        yield MissingWord(
            f"each of {documents} documents starts {', '.join(started)}",
            subject=database,
            hint="`--notify` allows it; or stop what listens",
        )
