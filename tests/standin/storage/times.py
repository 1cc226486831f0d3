"""Instants: milliseconds since 1970 inside, RFC 3339 in UTC outside."""

import sqlite3
import time
from datetime import UTC, datetime
from functools import lru_cache

from tests.standin.storage.errors import invalid

SECOND = 1000


def to_text(instant: int) -> str:
    """Return an instant as the API prints it.

    Args:
        instant: milliseconds since 1970.
    """
    return f"{_whole_text(instant // SECOND)}.{instant % SECOND:03d}Z"


@lru_cache(maxsize=4096)
def _whole_text(second: int) -> str:
    # Neighbours in a listing were mostly written in the same few seconds.
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))


def from_text(text: str) -> int:
    """Return an instant in milliseconds since 1970.

    Raises:
        StorageError: the text is no RFC 3339 instant.
    """
    try:
        instant = datetime.fromisoformat(text)
    except (TypeError, ValueError) as error:
        raise invalid(f"Invalid time: {text}") from error
    return int(instant.replace(tzinfo=instant.tzinfo or UTC).timestamp() * SECOND)


def in_utc(text: str) -> str:
    """Return an instant as the API prints it that was written in whatever zone: in UTC, as precisely.

    Raises:
        StorageError: the text is no RFC 3339 instant.
    """
    from_text(text)
    if text.endswith("Z"):
        return text
    return datetime.fromisoformat(text).astimezone(UTC).isoformat().replace("+00:00", "Z")


class Clock:
    """Now, and the unique numbers that are made of it.

    An offset moves it, so that a test can write what has been there for minutes.
    """

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._last_generation = 0
        row = database.execute("SELECT offset FROM clock").fetchone()
        self._offset = row["offset"] if row else 0

    def now(self) -> int:
        """Return the present, which dates what is written and ends what has a term."""
        return time.time_ns() // 1_000_000 + self._offset

    def set_offset(self, seconds: float) -> None:
        """Set how far the present lies behind (negative) or ahead of the machine's."""
        self._offset = int(seconds * SECOND)
        self._last_generation = 0
        self._database.execute("DELETE FROM clock")
        self._database.execute("INSERT INTO clock VALUES (?)", (self._offset,))

    def generation(self) -> int:
        """Return a number that no version has; later ones are not always larger."""
        present = time.time_ns() // 1000 + self._offset * 1000
        self._last_generation = max(self._last_generation + 1, present)
        return self._last_generation
