"""Try every decoder for long: `python -m tests.fuzz [CASES] [FIRST SEED] [NAME...]`.

One process a processor tries one decoder after another. Prints for each how many inputs it accepted and refused,
the slowest, how long all took of a processor, and the most memory that any took. An input that does anything else
is kept in the corpus, and the command fails.
"""

import hashlib
import multiprocessing
import os
import sys
import time
from collections import Counter
from collections.abc import Sequence
from functools import partial
from random import Random

from tests.fuzz.memory import Peak
from tests.fuzz.targets import TARGETS
from tests.fuzz.test_decoders import CORPUS, MOST_MEBIBYTES, take

_BROKEN = "BROKEN"


def main(cases: int = 100_000, first: int = 0, names: Sequence[str] = ()) -> int:
    """Run so many cases for each decoder, or for those that are named; return how many broke one."""
    tried = partial(_tried, cases=cases, first=first)
    # A process of its own for each: what one decoder took of memory is not the next one's.
    with multiprocessing.Pool(len(os.sched_getaffinity(0)), maxtasksperchild=1) as processes:
        return sum(processes.imap_unordered(tried, names or TARGETS))


def _tried(name: str, cases: int, first: int) -> int:
    """Run cases for one decoder and print how they ended; Ctrl-C ends it with what it tried."""
    ended: Counter[str] = Counter()
    slowest, started, peak = 0.0, time.process_time(), Peak()
    try:
        for seed in range(first, first + cases):
            content = TARGETS[name].make(Random(seed))
            began = time.process_time()
            ended[_ending(name, content)] += 1
            slowest = max(slowest, time.process_time() - began)
    except KeyboardInterrupt:
        name += ", interrupted"
    seconds = time.process_time() - started
    counts = ", ".join(f"{count:,} {how}" for how, count in ended.most_common())
    told = f"slowest {slowest:.3f} s, all {seconds:.0f} s, {peak.more_mib} MiB"
    sys.stdout.write(f"{name}: {ended.total():,} cases: {counts}; {told}\n")
    sys.stdout.flush()
    broken = sum(count for how, count in ended.items() if how.startswith(_BROKEN))
    return broken + (peak.more_mib > MOST_MEBIBYTES)


def _ending(name: str, content: bytes) -> str:
    """Give a decoder an input, and say how that ended; one that breaks it is kept."""
    try:
        return take(name, content) or "accepted"
    except Exception as error:  # noqa: BLE001 - what it is looked for
        path = CORPUS / name / hashlib.sha256(content).hexdigest()[:16]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return f"{_BROKEN}: {type(error).__name__}"


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:3]]
    try:
        sys.exit(bool(main(*numbers, names=sys.argv[3:])))
    except KeyboardInterrupt:
        sys.exit(130)
