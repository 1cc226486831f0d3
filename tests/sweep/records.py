"""What became of the trials so far, kept in a file so that a sweep goes on where it was stopped."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.sweep.trials import Result, Trial

_HEADER = ("work", "fired", "loud", "converged", "wrong", "not fired", "s a trial")


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
        """Count them by work: which fired, how the work ended then, and how long a trial took."""
        rows = [_HEADER, *(self._row(work) for work in self._works())]
        return "\n".join(
            f"{work:<20}" + "".join(f"{cell:>11}" for cell in cells) for work, *cells in rows
        )

    def _works(self) -> list[str]:
        return list(dict.fromkeys(record.result.trial.work for record in self._records))

    def _row(self, work: str) -> tuple[str, ...]:
        ours = [record for record in self._records if record.result.trial.work == work]
        counts = Counter(record.result.verdict for record in ours)
        fired = len(ours) - counts["not fired"]
        numbers = (
            fired,
            counts["loud"],
            counts["loud"] + counts["right at once"],
            counts["wrong"],
            counts["not fired"],
        )
        seconds = sum(record.seconds for record in ours) / len(ours)
        return (work, *map(str, numbers), f"{seconds:.1f}")


def _read(file: Path) -> Iterator[Record]:
    if not file.exists():
        return
    for line in file.read_text(encoding="utf-8").splitlines():
        work, service, position, kind, verdict, why, call, seconds = json.loads(line)
        trial = Trial(work, service, position, kind)
        yield Record(Result(trial, verdict, why, call), seconds)
