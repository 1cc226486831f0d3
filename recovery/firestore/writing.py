"""Writes documents in batches, and again those that Firestore could not take at the moment.

Every write has a precondition, the version that was looked at, so that somebody else's write is
never undone and a repeated batch does nothing twice.
"""

import random
import time
from collections import Counter
from collections.abc import Callable, Sequence

from google.api_core.exceptions import InvalidArgument
from google.protobuf.message import Message

from manifests.cloud.documents import Documents, WriteStatus
from manifests.documents import collection_id
from manifests.errors import CloudError
from recovery.firestore.throttle import Throttle

BATCH_WRITES = 300
_BATCH_BYTES = 2 * 1024 * 1024
_DONE, _DEADLINE, _NOT_FOUND, _EXISTS, _EXHAUSTED, _PRECONDITION, _ABORTED = 0, 4, 5, 6, 8, 9, 10
_UNAVAILABLE = 14
_INVALID = 3
_OF_WHO_ASKS = frozenset({7, 16})
"""Permission denied and unauthenticated: every other document would be refused too."""
_OVERTAKEN = frozenset({_NOT_FOUND, _EXISTS, _PRECONDITION})
_TRANSIENT = frozenset({_DEADLINE, _EXHAUSTED, _ABORTED, _UNAVAILABLE})
_PATIENCE_SECONDS = 600
_LONGEST_PAUSE_SECONDS = 30

type _Write = tuple[str, Message]


class BatchWriter:
    """Collects writes and sends them in batches.

    Args:
        documents: The database that is written.
        throttle: Says when a batch may go.
        overtaken: Takes the paths of documents that were not as their writes presume.
        refused: Takes the paths of documents that Firestore refused, and why; the others are
            written all the same.
        sleep: Waits for some seconds.
    """

    def __init__(
        self,
        documents: Documents,
        throttle: Throttle,
        overtaken: set[str] | None = None,
        refused: dict[str, str] | None = None,
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._documents = documents
        self._sleep = sleep
        self._throttle = throttle
        self._overtaken = set() if overtaken is None else overtaken
        self._refused = {} if refused is None else refused
        self._batch: list[_Write] = []
        self._size_bytes = 0

    def add(self, path: str, write: Message) -> None:
        """Take one write; a full batch is sent first.

        Raises:
            CloudError: Firestore refuses or puts off whatever is written.
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
        failures, last = 0, time.monotonic() + _PATIENCE_SECONDS
        while waiting:
            rest = self._send(waiting)
            if len(rest) < len(waiting):
                failures, last = 0, time.monotonic() + _PATIENCE_SECONDS
            if rest:
                self._pause(rest, failures, last)
            waiting, failures = rest, failures + 1

    def _pause(self, put_off: Sequence[_Write], failures: int, last: float) -> None:
        if time.monotonic() > last:
            raise CloudError(
                f"{len(put_off)} writes were put off again and again",
                subject=put_off[0][0],
                hint="run the same command again",
                retryable=True,
            )
        for name in _collections(put_off):
            self._throttle.slow_down(name)
        longest = min(0.5 * 2**failures, _LONGEST_PAUSE_SECONDS)
        self._sleep(random.uniform(0, longest))  # noqa: S311 - spreads retries

    def _send(self, batch: Sequence[_Write]) -> list[_Write]:
        """Send one batch and return the writes that have to be sent again."""
        for name, count in _collections(batch).items():
            self._throttle.wait(name, count)
        again = []
        for (path, write), status in zip(batch, self._statuses(batch), strict=True):
            # A refused precondition is no failure: somebody else wrote the document, or this
            # very batch did and its answer was lost. The look that follows tells which.
            if status.code in _OVERTAKEN:
                self._overtaken.add(path)
            elif status.code in _TRANSIENT:
                again.append((path, write))
            elif status.code in _OF_WHO_ASKS:
                raise CloudError(f"Firestore refused it: {status.message}", subject=path)
            elif status.code != _DONE:
                self._refused[path] = status.message
        return again

    def _statuses(self, batch: Sequence[_Write]) -> list[WriteStatus]:
        try:
            return self._documents.write([write for _, write in batch])
        except CloudError as error:
            if not error.retryable:
                return self._apart(batch, error)
            return [WriteStatus(_UNAVAILABLE, error.message)] * len(batch)

    def _apart(self, batch: Sequence[_Write], error: CloudError) -> list[WriteStatus]:
        """Find the writes for whose sake a whole batch was refused: halve it again and again."""
        if not isinstance(error.__cause__, InvalidArgument):
            raise error
        if len(batch) == 1:
            return [WriteStatus(_INVALID, error.message)]
        half = len(batch) // 2
        return [*self._statuses(batch[:half]), *self._statuses(batch[half:])]


def _collections(batch: Sequence[_Write]) -> Counter[str]:
    return Counter(collection_id(path) for path, _ in batch)
