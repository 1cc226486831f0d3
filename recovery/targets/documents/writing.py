"""Writing documents in batches, within the rates Firestore asks for.

Every write has a precondition, the version that was looked at, so that somebody else's write is
never undone and a repeated batch does nothing twice.
"""

import threading
import time
from collections.abc import Callable, Iterable

from google.protobuf.message import Message

from manifests.cloud.documents import Documents
from manifests.documents import collection_id
from manifests.errors import CloudError
from recovery.plan.documents import FIRST_RATE, RAMP_FACTOR, RAMP_SECONDS

BATCH_WRITES = 300
_BATCH_BYTES = 2 * 1024 * 1024
_DONE, _DEADLINE, _NOT_FOUND, _EXISTS, _EXHAUSTED, _PRECONDITION, _ABORTED = 0, 4, 5, 6, 8, 9, 10
_UNAVAILABLE = 14
_OVERTAKEN = frozenset({_NOT_FOUND, _EXISTS, _PRECONDITION})
_TRANSIENT = frozenset({_DEADLINE, _EXHAUSTED, _ABORTED, _UNAVAILABLE})
_MOST_ATTEMPTS = 6

type Pace = Callable[[str, int], None]
"""Waits until so many documents of a collection may be written."""


def unthrottled(_collection_id: str, _count: int) -> None:
    """Never wait: for a database nobody else uses, and one already warm."""


class Ramp:
    """The 500/50/5 rule: 500 writes a second to a collection, half as many more every 5 minutes.

    Args:
        clock: Gives seconds that only grow.
        sleep: Waits for some seconds.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._free_at: dict[str, float] = {}
        self._begun_at: dict[str, float] = {}

    def __call__(self, collection: str, count: int) -> None:
        """Wait until so many more documents of a collection may be written."""
        with self._lock:
            now = self._clock()
            begun = self._begun_at.setdefault(collection, now)
            rate = FIRST_RATE * RAMP_FACTOR ** int((now - begun) // RAMP_SECONDS)
            at = max(now, self._free_at.get(collection, now))
            self._free_at[collection] = at + count / rate
        if at > now:
            self._sleep(at - now)


class BatchWriter:
    """Collects writes and sends them in batches.

    Args:
        documents: The database that is written.
        pace: Says when a batch may go.
    """

    def __init__(self, documents: Documents, pace: Pace) -> None:
        self._documents = documents
        self._pace = pace
        self._batch: list[tuple[str, Message]] = []
        self._size_bytes = 0

    def add(self, path: str, write: Message) -> None:
        """Take one write; a full batch is sent first.

        Raises:
            CloudError: Firestore refused a write for another reason than its precondition.
        """
        size_bytes = write.ByteSize()
        full = len(self._batch) >= BATCH_WRITES or self._size_bytes + size_bytes > _BATCH_BYTES
        if self._batch and full:
            self.flush()
        self._batch.append((path, write))
        self._size_bytes += size_bytes

    def flush(self) -> None:
        """Send what was collected.

        Raises:
            CloudError: As `add`.
        """
        waiting, self._batch, self._size_bytes = self._batch, [], 0
        for _ in range(_MOST_ATTEMPTS):
            if not waiting:
                return
            waiting = self._send(waiting)
        if waiting:
            raise CloudError(
                f"{len(waiting)} writes were put off again and again",
                subject=waiting[0][0],
                hint="run the same command again",
                retryable=True,
            )

    def _send(self, batch: list[tuple[str, Message]]) -> list[tuple[str, Message]]:
        """Send one batch and return the writes that have to be sent again."""
        for collection, count in _collections(path for path, _ in batch).items():
            self._pace(collection, count)
        again = []
        statuses = self._documents.write([write for _, write in batch])
        for (path, write), status in zip(batch, statuses, strict=True):
            # A refused precondition is no failure: somebody else wrote the document, or this
            # very batch did and its answer was lost. The look that follows tells which.
            if status.code in _TRANSIENT:
                again.append((path, write))
            elif status.code not in (_DONE, *_OVERTAKEN):
                raise CloudError(f"Firestore refused it: {status.message}", subject=path)
        return again


def _collections(paths: Iterable[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for path in paths:
        name = collection_id(path)
        counts[name] = counts.get(name, 0) + 1
    return counts
