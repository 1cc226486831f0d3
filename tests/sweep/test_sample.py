"""Faults of the sweep at each of its works, the same in every run: none ends wrongly, one at each work fires, and nearly all do."""

import random
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.standin.cloud import Cloud, Service
from tests.sweep.trials import KINDS, Result, Trial, attempt
from tests.sweep.works import BACKUP, CONFIGURATION, DATES, FENCE, OUTAGE, REPAIR, UNDO, WORKS
from tests.sweep.world import Worlds, making

SEED = 9
DRAWS = 3
CALLS: Mapping[str, Mapping[Service, int]] = {
    BACKUP: {"storage": 70, "bigquery": 48, "firestore": 10, "platform": 5},
    "rows changed": {"storage": 25, "bigquery": 80, "platform": 2},
    "tables gone": {"storage": 34, "bigquery": 85, "platform": 2},
    "objects damaged": {"storage": 42, "platform": 1},
    "documents changed": {"storage": 28, "firestore": 15, "platform": 10},
    f"{UNDO}rows changed": {"storage": 16, "bigquery": 46},
    f"{UNDO}tables gone": {"storage": 16, "bigquery": 66},
    f"{UNDO}objects damaged": {"storage": 22},
    f"{UNDO}documents changed": {"storage": 16, "firestore": 4},
    REPAIR: {"storage": 14, "bigquery": 90},
    CONFIGURATION: {"storage": 80, "platform": 36},
    OUTAGE: {"storage": 210, "platform": 105},
    FENCE: {"storage": 33, "platform": 35},
    DATES: {"storage": 21, "bigquery": 85},
}
"""About five sixths of the calls that each work made when they were counted (`calls`): a fault at one of
these fires, however the work waits. To count them here would take one more of each."""
READS = 3
"""So many contents at least each work reads, of which a byte can be flipped."""


def drawn(drawing: random.Random, work: str) -> Trial:
    """Draw one fault of a work, each of its calls as likely."""
    counts = CALLS[work]
    (service,) = drawing.choices(list(counts), list(counts.values()))
    kind = drawing.choice([name for name, kind in KINDS.items() if service in kind.services])
    count = min(counts[service], READS if "match" in KINDS[kind].how else counts[service])
    return Trial(work, service, drawing.randrange(count), kind)


def fired(worlds: Worlds, drawing: random.Random, work: str) -> Iterator[Result]:
    """Draw faults of a work until one fires; yield what became of each.

    Raises:
        AssertionError: None of so many fires.
    """
    for _ in range(DRAWS):
        result = attempt(worlds, drawn(drawing, work))
        yield result
        if result.verdict != "not fired":
            return
    raise AssertionError(f"of {DRAWS} faults at {work} none fired: are its CALLS right?")


@pytest.mark.parametrize("works", [WORKS[:10], WORKS[10:]], ids=["data", "others"])
def test_some_faults(cloud: Cloud, tmp_path: Path, works: tuple[str, ...]):
    """What fails is told and comes right when it is called again; what ends well is right."""
    drawing = random.Random(f"{SEED} {works[0]}")  # noqa: S311 - no secret
    with making(cloud, tmp_path, f"sample-{len(works)}") as worlds:
        results = [result for work in works for result in fired(worlds, drawing, work)]
    assert [result for result in results if result.verdict == "wrong"] == []
    idle = [result.trial for result in results if result.verdict == "not fired"]
    assert len(idle) <= len(works) // 5, f"of {len(results)} faults did not fire: {idle}"
