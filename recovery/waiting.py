"""Says on a terminal what a command does, where it has said nothing for two seconds.

One line on stderr, which goes before anything else is printed. Elsewhere nothing: what a file or another
program reads is data, notes and errors alone.
"""

import os
import sys
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager

SILENT_SECONDS = 2.0
"""So long nobody wonders whether it works."""
_TICK_SECONDS = 0.25
# ECMA-48: what is right of the cursor is erased.
_ERASED = "\r\x1b[K"


class Waiting:
    """The line of one process: what it does, and for how long."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._what = ""
        self._since = 0.0
        self._others = self._bars = 0
        self._stands = self._begun = False

    def begin(self, what: str) -> None:
        """Tell from now on that this is done; not where stderr is no terminal."""
        self._what = what
        is_dumb = os.environ.get("TERM", "dumb") == "dumb"
        if self._begun or is_dumb or not sys.stderr.isatty():
            return
        self._begun, self._since = True, time.monotonic()
        threading.Thread(target=self._tell_on, name="waiting", daemon=True).start()

    def doing(self, what: str) -> None:
        """Say what is done from now on, as "reading the runs"."""
        with self._lock:
            self._what = what

    def interrupted(self) -> None:
        """Take the line away, or that of a bar: something else is printed now."""
        with self._lock:
            if self._stands or self._bars:
                sys.stderr.write(_ERASED)
                sys.stderr.flush()
            self._stands, self._since = False, time.monotonic()

    @contextmanager
    def others(self) -> Generator[None]:
        """Say nothing in the block: a bar or a question stands there."""
        with self._lock:
            self._others += 1
            self.interrupted()
        try:
            yield
        finally:
            with self._lock:
                self._others -= 1
                self.interrupted()

    @contextmanager
    def bar(self) -> Generator[None]:
        """Say nothing in the block, where a bar stands on the last line of the terminal."""
        with self.others():
            self._bars += 1
            try:
                yield
            finally:
                self._bars -= 1

    def _tell_on(self) -> None:
        while True:
            time.sleep(_TICK_SECONDS)
            with self._lock:
                seconds = time.monotonic() - self._since
                if not self._others and seconds >= SILENT_SECONDS:
                    self._tell(f"{self._what} ... {seconds:.0f} s")

    def _tell(self, text: str) -> None:
        columns = os.get_terminal_size(sys.stderr.fileno()).columns or 80
        sys.stderr.write(f"{_ERASED}{text[: columns - 1]}")
        sys.stderr.flush()
        self._stands = True


WAITING = Waiting()
"""That of this process."""
