"""Fire every kind of fault at every call of each work: `make sweep`.

    python -m tests.sweep [--work NAME] [--kind NAME] [--sample N] [--seed N] [--record FILE]
                          [--tell-all] [--parallel N]

One fault a trial, hours for all of them. Each wrong outcome is printed when it is found, the counts
at the end and when it is interrupted; the exit code is 1 when one was wrong.

The works are a backup of data and one of a configuration, each scenario, data and configuration lost
together, the undo of those that bring data back, a repair, and a fence with its thaw. Left out are a drill and
its clean-up, which are a recovery through the same code into another project; erasure, which removes what it
is told to, so that there is nothing to come right; `expire`, `prune` and `verify`, of which tests fire each
false answer that could delete something (`test_operator_expiry`, `test_maintenance`); faults that last, which
have tests of their own for each service; two faults at once; and a stall of Firestore, whose protocol has no
body that stops.
"""

import argparse
import random
import signal
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from itertools import batched, zip_longest
from pathlib import Path

import pytest

from tests.standin.cloud import running
from tests.sweep.records import Records
from tests.sweep.sharing import make_shared, read_trials
from tests.sweep.trials import KINDS, Result, Trial, attempt, trials
from tests.sweep.works import EVERY_WORK
from tests.sweep.world import Worlds, making

_A_ROUND = 30
"""So many trials of each work are made on one platform: an hour later Firestore forgets."""


@contextmanager
def _worlds() -> Generator[Worlds]:
    with (
        tempfile.TemporaryDirectory(prefix="rebound-sweep-") as folder,
        running(Path(folder) / "cloud") as cloud,
        pytest.MonkeyPatch.context() as environment,
    ):
        for name, value in cloud.env.items():
            environment.setenv(name, value)
        with making(cloud, Path(folder), "sweep") as worlds:
            yield worlds


def _options() -> argparse.Namespace:
    options = argparse.ArgumentParser(description="Sweep faults over every call.")
    options.add_argument("--work", action="append", choices=EVERY_WORK, help="only these works")
    options.add_argument("--kind", action="append", choices=KINDS, help="only these kinds")
    options.add_argument("--sample", type=int, help="so many trials of each work, drawn at random")
    options.add_argument("--tell-all", action="store_true", help="print every outcome")
    options.add_argument("--seed", type=int, default=0, help="draws the sample, and the order")
    options.add_argument(
        "--record", type=Path, help="a file of the trials that ended, which are not made again"
    )
    options.add_argument(
        "--parallel", type=int, default=1, help="so many processes, each with a cloud of its own"
    )
    options.add_argument("--trials", type=Path, help="exactly those of a file, uncounted")
    return options.parse_args()


def _wanted(options: argparse.Namespace) -> list[Trial]:
    """Return the trials that are asked for, in rounds of some of each work, drawn at random.

    In a round the backups come first: a run waits for a minute in which tables that were lost were
    there again.
    """
    drawing = random.Random(options.seed)  # noqa: S311 - no secret
    with _worlds() as worlds:
        found = [trials(worlds, work, options.kind or KINDS) for work in options.work or EVERY_WORK]
    drawn = [drawing.sample(some, min(len(some), options.sample or len(some))) for some in found]
    rounds = zip_longest(*(batched(some, _A_ROUND, strict=False) for some in drawn), fillvalue=())
    return [trial for some in rounds for part in some for trial in part]


def main() -> None:
    """Make the trials that were asked for, print what was wrong, and count."""
    # In the background it is ended so; then what it counted is told, too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    options = _options()
    if options.trials is not None:
        records = Records(options.record)
        _make(read_trials(options.trials), records, tell_all=options.tell_all)
        sys.exit(records.is_wrong)
    with tempfile.TemporaryDirectory(prefix="rebound-sweep-") as folder:
        file = options.record or Path(folder) / "record"
        is_whole = False
        try:
            done = Records(file).done
            wanted = [trial for trial in _wanted(options) if trial not in done]
            print(f"{len(wanted):,} trials", flush=True)
            is_whole = make_shared(wanted, options.parallel, file, tell_all=options.tell_all)
        except KeyboardInterrupt:
            print("interrupted")
        records = Records(file)
        print(records.text())
    sys.exit(records.is_wrong or not is_whole)


def _make(wanted: list[Trial], records: Records, *, tell_all: bool) -> None:
    """Make trials, on a new platform after each round and where one is spoilt."""
    with suppress(KeyboardInterrupt):
        while wanted:
            with _worlds() as worlds:
                _make_some(worlds, wanted, records, tell_all=tell_all)


def _make_some(worlds: Worlds, wanted: list[Trial], records: Records, *, tell_all: bool) -> None:
    """Make trials, and take them off the list, until there is none left or the world is spoilt."""
    for _ in range(min(len(EVERY_WORK) * _A_ROUND, len(wanted))):
        trial, began = wanted.pop(0), time.monotonic()
        is_spoilt = False
        try:
            result = attempt(worlds, trial)
        except (AssertionError, TimeoutError) as error:
            result, is_spoilt = Result(trial, "wrong", f"{type(error).__name__}: {error}"), True
        records.add(result, time.monotonic() - began)
        if result.verdict == "wrong" or tell_all:
            _tell(result)
        if is_spoilt:
            return


def _tell(result: Result) -> None:
    trial = result.trial
    where = f"{trial.kind} at {trial.service} call {trial.position}: {result.call}"
    print(
        f"{result.verdict}: {trial.work}: {where}\n    {' '.join(result.why.split())}", flush=True
    )


if __name__ == "__main__":
    main()
