"""Shows progress: on a terminal as a bar, elsewhere as lines, and not at all with `--json`."""

import os
import signal
import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from types import FrameType
from typing import TextIO

import typer
from rich.console import Console as RichConsole
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    ProgressColumn,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.progress import Progress as Bar

from recovery.progress import ENDED, Progress, Shares
from recovery.report.text import folded
from recovery.report.tones import STATES, Tone, tone_of
from recovery.units import printable
from recovery.waiting import WAITING

_INTERRUPTED = 130
_QUIET: ContextVar[bool] = ContextVar("quiet", default=False)
_UNKNOWN_COLUMNS = 80
_COLOURS: dict[Tone, str] = {"good": "green", "warning": "yellow", "bad": "red"}
_STYLES = {"proven": "green", "not equal": "red", "failed": "red"}


def be_quiet() -> None:
    """Show no progress and no notes from now on: data and errors alone."""
    _QUIET.set(True)


def terminal_columns(stream: TextIO | None = None) -> int | None:
    """Return the width of the terminal behind a stream, stdout when None; None where there is none."""
    stream = stream or sys.stdout
    if not stream.isatty():
        return None
    return os.get_terminal_size(stream.fileno()).columns or _UNKNOWN_COLUMNS


def fitted(text: str) -> str:
    """Fit a text to the terminal behind stdout: fold it between words, and colour states."""
    return text if terminal_columns() is None else coloured(_within(text, sys.stdout))


def say_on_stderr(text: str, *, label: str = "", colour: str = "") -> None:
    """Print what is no data to stderr, folded to the terminal that it is; not where it is to be quiet.

    Args:
        text: Lines, made printable.
        label: What the text is, put before it; what has one is printed in any case.
        colour: That of the label.
    """
    if _QUIET.get() and not label:
        return
    whole = _within(f"{label}: {text}" if label else text, sys.stderr)
    WAITING.interrupted()
    typer.echo(styled(label, colour) + whole.removeprefix(label) if label else whole, err=True)


def _within(text: str, stream: TextIO) -> str:
    columns = terminal_columns(stream)
    return "\n".join(part for line in text.split("\n") for part in folded(line, columns=columns))


def coloured(text: str) -> str:
    """Give states their colours."""
    return STATES.sub(lambda found: styled(found[0], _COLOURS[tone_of(found[0])]), text)


def styled(word: str, colour: str) -> str:
    """Give a word a colour, unless the operator wants none (no-color.org)."""
    return word if os.environ.get("NO_COLOR") else typer.style(word, fg=colour)


class Console:
    """Shows on stderr how far a command is.

    Args:
        quiet: Show nothing.
    """

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet or _QUIET.get()
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
        with self._bar(*columns, shown=shown) as bar:
            task = bar.add_task("read", total=total_bytes)
            yield lambda read_bytes: bar.advance(task, read_bytes)

    @contextmanager
    def looking(self, number: int) -> Generator[Callable[[], None]]:
        """Show how many of so many looks were answered; gives the function to tell of each."""
        shown = self._console.is_terminal and not self._quiet
        columns = (TextColumn("looking"), BarColumn(), MofNCompleteColumn())
        with self._bar(*columns, shown=shown) as bar:
            task = bar.add_task("look", total=number)
            yield lambda: bar.advance(task)

    @contextmanager
    def _bar(self, *columns: ProgressColumn, shown: bool = True) -> Generator[Bar]:
        """Show a bar, where it is shown, in place of what else tells that something is done."""
        with ExitStack() as stack:
            if shown:
                stack.enter_context(WAITING.bar())
            bar = Bar(*columns, console=self._console, disable=not shown, transient=True)
            yield stack.enter_context(bar)

    @contextmanager
    def ending_at_once(self, text: str) -> Generator[None]:
        """Say this and end the process when it is interrupted in the block.

        What is under way in other threads is not waited for: ending anywhere is safe.
        """

        def end(_number: int, _frame: FrameType | None) -> None:
            WAITING.interrupted()
            self._console.show_cursor()
            # Not the stream that a bar stands before: that breaks lines, and a command in two.
            stream = self._console.file
            stream.write(f"\n{printable(text)}\n")
            stream.flush()
            os._exit(_INTERRUPTED)

        earlier = signal.signal(signal.SIGINT, end)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, earlier)

    @contextmanager
    def recovering(self, names: Sequence[str]) -> Generator[Progress]:
        """Show how far a recovery is; gives the function to tell about it.

        On a terminal that is one line with the time that is left, and a line for each part that
        ended; elsewhere a line for each stage.
        """
        if self._quiet:
            yield lambda _name, _stage, _share=0.0: None
            return
        if not self._console.is_terminal:
            yield lambda name, stage, _share=0.0: self._tell(name, stage)
            return
        shares = Shares(names)
        columns = (
            BarColumn(bar_width=20),
            TaskProgressColumn(),
            TextColumn("{task.fields[ended]}", markup=False),
            TimeRemainingColumn(),
            TextColumn("left", markup=False),
        )
        with self._bar(*columns) as bar:
            task = bar.add_task("recover", total=1.0, ended=f"0 of {shares.things}")

            def tell(name: str, stage: str, share: float = 0.0) -> None:
                shares.note(name, stage, share)
                ended = f"{shares.ended} of {shares.things}"
                bar.update(task, completed=shares.done, ended=ended)
                if stage in ENDED:
                    self._tell(name, stage)

            yield tell

    def _tell(self, name: str, stage: str) -> None:
        self._console.print(
            f"  {stage:<10} {printable(name)}",
            style=_STYLES.get(stage),
            highlight=False,
            markup=False,
            soft_wrap=True,
        )
