"""Trials that several processes share, each with a local cloud of its own: a trial waits longer than it computes."""

import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.sweep.trials import Trial


def make_shared(trials: Sequence[Trial], number: int, record: Path, *, tell_all: bool) -> bool:
    """Make trials in several processes; return whether each made all of its own.

    Args:
        trials: The trials.
        number: How many processes.
        record: The file to which each process appends what ended.
        tell_all: Whether every outcome is printed.

    Raises:
        KeyboardInterrupt: It was interrupted; the processes have ended.
    """
    with tempfile.TemporaryDirectory(prefix="rebound-shares-") as folder:
        begun = [
            _begin(
                write_trials(Path(folder) / f"{part}.json", trials[part::number]), record, tell_all
            )
            for part in range(number)
        ]
        try:
            return {process.wait() for process in begun} <= {0, 1}
        except KeyboardInterrupt:
            for process in begun:
                process.send_signal(signal.SIGTERM)
            for process in begun:
                process.wait()
            raise


def _begin(file: Path, record: Path, tell_all: bool) -> subprocess.Popen[bytes]:  # noqa: FBT001 - of one caller
    words = ["--trials", str(file), "--record", str(record), *["--tell-all"] * tell_all]
    return subprocess.Popen([sys.executable, "-m", "tests.sweep", *words], start_new_session=True)


def write_trials(file: Path, trials: Iterable[Trial]) -> Path:
    """Write trials to a file, and return it."""
    file.write_text(json.dumps([list(trial) for trial in trials]), encoding="utf-8")
    return file


def read_trials(file: Path) -> list[Trial]:
    """Return the trials of a file."""
    return [Trial(*item) for item in json.loads(file.read_text(encoding="utf-8"))]
