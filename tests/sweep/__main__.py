"""Fire every kind of fault at every call of a backup and of each recovery: `make sweep`.

    python -m tests.sweep [--work NAME] [--kind NAME] [--sample N] [--seed N] [--tell-all]

One fault a trial, hours for all of them. Each wrong outcome is printed when it is found, the counts
at the end; the exit code is 1 when there was one.
"""

import argparse
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.served import serving
from tests.standin.cloud import running
from tests.sweep.trials import KINDS, WORKS, Result, attempt, trials
from tests.sweep.world import World, make_platform, make_world

_FRESH_AFTER = 150
"""After so many trials the platform is made anew: an hour later Firestore forgets."""


@contextmanager
def _world() -> Iterator[World]:
    with (
        tempfile.TemporaryDirectory(prefix="rebound-sweep-") as folder,
        running(Path(folder) / "cloud") as cloud,
        pytest.MonkeyPatch.context() as environment,
    ):
        for name, value in cloud.env.items():
            environment.setenv(name, value)
        rebound = make_platform(cloud, Path(folder), "sweep-platform")
        with serving(rebound) as function:
            yield make_world(rebound, function)


def _options() -> argparse.Namespace:
    options = argparse.ArgumentParser(description="Sweep faults over every call.")
    options.add_argument("--work", action="append", choices=WORKS, help="only these works")
    options.add_argument("--kind", action="append", choices=KINDS, help="only these kinds")
    options.add_argument("--sample", type=int, help="so many trials, drawn at random")
    options.add_argument("--tell-all", action="store_true", help="print every outcome")
    options.add_argument("--seed", type=int, default=0, help="draws the sample")
    return options.parse_args()


def main() -> None:
    """Run the trials that were asked for, print what was wrong, and count."""
    options = _options()
    with _world() as world:
        wanted = [
            trial
            for work in options.work or WORKS
            for trial in trials(world, work, options.kind or KINDS)
        ]
    if options.sample:
        wanted = random.Random(options.seed).sample(wanted, options.sample)  # noqa: S311 - no secret
    counts: Counter[tuple[str, str]] = Counter()
    while wanted:
        some, wanted = wanted[:_FRESH_AFTER], wanted[_FRESH_AFTER:]
        with _world() as world:
            for trial in some:
                result = attempt(world, trial)
                if result.verdict == "wrong" or options.tell_all:
                    _tell(result)
                counts[trial.work, result.verdict] += 1
    for (work, verdict), count in sorted(counts.items()):
        print(f"{work:<20} {verdict:<14} {count:>6}")
    sys.exit(any(verdict == "wrong" for _, verdict in counts))


def _tell(result: Result) -> None:
    trial = result.trial
    where = f"{trial.kind} at {trial.service} call {trial.position}: {result.call}"
    print(
        f"{result.verdict}: {trial.work}: {where}\n    {' '.join(result.why.split())}", flush=True
    )


if __name__ == "__main__":
    main()
