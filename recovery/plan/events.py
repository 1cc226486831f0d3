"""What a recovery starts besides: whatever listens to what it writes."""

from collections.abc import Iterator, Mapping

from manifests.errors import RefusedError
from recovery.plan.request import Request


def event_refusals(documents: Mapping[str, int], request: Request) -> Iterator[RefusedError]:
    """Refuse to start what the events of documents start without the word for it.

    Each document that is written or removed is an event (Firestore, Extend with Cloud Run functions).

    Args:
        documents: How many are written or removed in each database.
        request: What the operator asked for.
    """
    for database, count in documents.items():
        started = request.triggers.get(database, ())
        if not count or request.notify or started == ():
            continue
        if started is None:
            yield RefusedError(
                f"nobody says what the events of {count} documents start",
                subject=database,
                hint="name it as `triggers` in the catalog, [] for nothing; or `--notify` allows it",
            )
        else:
            yield RefusedError(
                f"each of {count} documents starts {', '.join(started)}",
                subject=database,
                hint="`--notify` allows it; or stop what listens",
            )
