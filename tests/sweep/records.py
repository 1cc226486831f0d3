"""What became of the trials so far, kept in a file so that a sweep goes on where it was stopped."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.sweep.trials import Result, Trial

_HEADER = ("fired", "loud", "converged", "wrong", "not fired", "s a trial")


class Record(NamedTuple):
    """One trial that ended.

    Attributes:
        seconds: How long it took.
    """

    result: Result
    seconds: float


class Records:
    """The trials that ended.

    Args:
        file: Where each is appended at once; None keeps nothing.
    """

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._records = [] if file is None else list(_read(file))

    @property
    def done(self) -> set[Trial]:
        """Return the trials that need not be made again."""
        return {record.result.trial for record in self._records}

    @property
    def is_wrong(self) -> bool:
        """Whether any ended wrongly."""
        return any(record.result.verdict == "wrong" for record in self._records)

    def add(self, result: Result, seconds: float) -> None:
        """Keep one."""
        self._records.append(Record(result, seconds))
        if self._file is not None:
            with self._file.open("a", encoding="utf-8") as lines:
                lines.write(json.dumps([*result.trial, *result[1:], round(seconds, 2)]) + "\n")

    def text(self) -> str:
        """Count them by work and by kind of fault: which fired, how the work ended, how long it took."""
        by_work = self._table("work", lambda trial: trial.work)
        return f"{by_work}\n\n{self._table('fault', lambda trial: trial.kind)}"

    def _table(self, title: str, named: Callable[[Trial], str]) -> str:
        of: dict[str, list[Record]] = {}
        for record in self._records:
            of.setdefault(named(record.result.trial), []).append(record)
        rows = [(title, *_HEADER), *((name, *_counts(some)) for name, some in of.items())]
        rows.append(("all", *_counts(self._records)))
        return "\n".join(
            f"{name:<26}" + "".join(f"{cell:>11}" for cell in cells) for name, *cells in rows
        )


def _counts(records: Sequence[Record]) -> tuple[str, ...]:
    counts = Counter(record.result.verdict for record in records)
    numbers = (
        len(records) - counts["not fired"],
        counts["loud"],
        counts["loud"] + counts["right at once"],
        counts["wrong"],
        counts["not fired"],
    )
    seconds = sum(record.seconds for record in records) / max(1, len(records))
    return (*map(str, numbers), f"{seconds:.1f}")


def _read(file: Path) -> Iterator[Record]:
    if not file.exists():
        return
    for line in file.read_text(encoding="utf-8").splitlines():
        work, service, position, kind, verdict, why, call, seconds = json.loads(line)
        trial = Trial(work, service, position, kind)
        yield Record(Result(trial, verdict, why, call), seconds)
