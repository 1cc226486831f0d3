"""Reads of a bucket only what was written while a recovery ran, by the bucket's own clock.

Nobody can write an object and have Cloud Storage say that it was there before (Cloud Storage, Object
metadata: `timeCreated` is set by the service).
"""

from collections.abc import Iterator
from datetime import datetime

import structlog

from manifests.cloud.objects import Bucket
from manifests.errors import StrangeObjectError
from manifests.store.decoded import STRANGE_HINT
from manifests.values import Listed

log = structlog.get_logger()


class Within:
    """A bucket of which only objects are read that were written in a span of time.

    Args:
        bucket: The bucket.
        since: When it began.
        until: When it ended; None for not yet.
    """

    def __init__(self, bucket: Bucket, since: datetime, until: datetime | None) -> None:
        self._bucket = bucket
        self._since = since
        self._until = until

    def read(self, name: str, *, most_bytes: int) -> bytes | None:
        """Return the live object's content, cut behind one byte too many, or None.

        Raises:
            StrangeObjectError: It was written before, or since.
        """
        found = self._bucket.read_dated(name, most_bytes=most_bytes)
        if found is None:
            return None
        if why := untimely(found.written_at, self._since, self._until):
            raise StrangeObjectError(why, subject=name, hint=STRANGE_HINT)
        return found.content

    def list_dated(self, prefix: str, *, marked: bool = False) -> Iterator[Listed]:
        """Yield the live objects below a prefix that were written while it ran, in name order.

        `marked`: with what each says of itself. The others are left out, and their number is logged.
        """
        others = 0
        for item in self._bucket.list_dated(prefix, marked=marked):
            if untimely(item.written_at, self._since, self._until):
                others += 1
            else:
                yield item
        if others:
            log.warning(
                "objects are left out that were written when the recovery did not run",
                folder=prefix,
                objects=others,
            )


def untimely(written_at: datetime, since: datetime, until: datetime | None) -> str:
    """Return why something was not written while a recovery ran; empty where it was."""
    if since <= written_at and (until is None or written_at <= until):
        return ""
    return f"it was written at {written_at:%Y-%m-%d %H:%M:%S} UTC, when the recovery did not run"
