"""Processes that encode and decode files, so that requests are answered meanwhile."""

import atexit
import multiprocessing
import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.standin.parent import await_orphaned

_PROCESSES = 2


def _begin(parent: int) -> None:
    """Prepare a worker: it ignores the terminal's interrupt and ends with its parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # What the interpreter takes down at its end, DuckDB reports as leaks on the terminal.
    atexit.register(os._exit, 0)

    def watch() -> None:
        await_orphaned(parent)
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()


class Workers:
    """A pool of worker processes, started when first needed, and a folder for their files.

    Args:
        folder: For files in passing; emptied at the start.
    """

    def __init__(self, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self._folder = folder
        self._pool = ProcessPoolExecutor(
            _PROCESSES,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_begin,
            initargs=(os.getpid(),),
        )

    def run[Answer](self, work: Callable[..., Answer], *values: Any, **named: Any) -> Answer:  # noqa: ANN401 - passed on
        """Run a function in a worker and return its answer, or raise what it raised."""
        return self._pool.submit(work, *values, **named).result()

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """Yield a folder that is removed afterwards."""
        folder = Path(tempfile.mkdtemp(dir=self._folder))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def close(self) -> None:
        """End the workers."""
        self._pool.shutdown(wait=False, cancel_futures=True)
