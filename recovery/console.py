"""Progress on a terminal; one line a change where there is none; silence for `--json`."""

import os
import signal
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import FrameType

from rich.console import Console as RichConsole
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

_INTERRUPTED = 130


class Console:
    """Shows on stderr how far a command is.

    Args:
        quiet: Show nothing.
    """

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._console = RichConsole(stderr=True)

    @contextmanager
    def reading(self, total_bytes: int) -> Generator[Callable[[int], None]]:
        """Show bytes as they are read; gives the function to tell about them."""
        shown = self._console.is_terminal and not self._quiet and total_bytes > 0
        columns = (
            TextColumn("reading the backup"),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
        )
        with Progress(*columns, console=self._console, disable=not shown, transient=True) as bar:
            task = bar.add_task("read", total=total_bytes)
            yield lambda read_bytes: bar.advance(task, read_bytes)

    @contextmanager
    def ending_at_once(self, text: str) -> Generator[None]:
        """End the process when it is interrupted in the block, after saying this.

        What is under way in other threads is not waited for: ending anywhere is safe.
        """

        def end(_number: int, _frame: FrameType | None) -> None:
            self._console.show_cursor()
            sys.stderr.write(f"\n{text}\n")
            sys.stderr.flush()
            os._exit(_INTERRUPTED)

        earlier = signal.signal(signal.SIGINT, end)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, earlier)

    @contextmanager
    def recovering(self, tables: list[str]) -> Generator[Callable[[str, str], None]]:
        """Show the stage each table is in; gives the function to tell about it."""
        if self._quiet:
            yield lambda _table, _stage: None
            return
        if not self._console.is_terminal:
            yield lambda table, stage: self._console.print(
                f"  {stage:<10} {table}", highlight=False
            )
            return
        columns = (TextColumn("{task.fields[stage]:<10}"), TextColumn("{task.description}"))
        with Progress(*columns, console=self._console) as bar:
            tasks = {name: bar.add_task(name, stage="waiting", total=1) for name in tables}
            yield lambda table, stage: bar.update(tasks[table], stage=stage)
