"""How often one object may be written: about once a second, after a burst.

"There is a limit of once per second on writes to the same object name" (Cloud Storage, Quotas and
limits); short bursts pass there, too.
"""

import time

from tests.standin.storage.errors import StorageError

BURST = 150
_MOST_NAMES = 10_000


class Rates:
    """Tells when the next regular write of each name would be due."""

    def __init__(self) -> None:
        self._due: dict[tuple[int, str], float] = {}

    def count(self, bucket: int, name: str) -> None:
        """Count a write.

        Raises:
            StorageError: there were too many of this name.
        """
        now = time.monotonic()
        if len(self._due) > _MOST_NAMES:
            self._due = {key: due for key, due in self._due.items() if due > now}
        due = max(self._due.get((bucket, name), now), now) + 1
        if due - now > BURST:
            message = (
                f"The object {name} exceeded the rate limit for object mutation operations "
                "(create, update, and delete). Please reduce your request rate."
            )
            raise StorageError(429, "rateLimitExceeded", message)
        self._due[bucket, name] = due
