"""Faults of the sweep at each of its works, the same in every run: none ends wrongly, and one at each work fires."""

import random
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.standin.cloud import Cloud, Service
from tests.sweep.trials import KINDS, Result, Trial, attempt
from tests.sweep.works import BACKUP, CONFIGURATION, DATES, FENCE, OUTAGE, REPAIR, UNDO, WORKS
from tests.sweep.world import Worlds, making

SEED = 9
DRAWS = 4
CALLS: Mapping[str, Mapping[Service, int]] = {
    BACKUP: {"storage": 80, "bigquery": 55, "firestore": 12, "platform": 6},
    "rows changed": {"storage": 28, "bigquery": 90, "platform": 2},
    "tables gone": {"storage": 39, "bigquery": 100, "platform": 2},
    "objects damaged": {"storage": 48, "platform": 1},
    "documents changed": {"storage": 31, "firestore": 17, "platform": 12},
    f"{UNDO}rows changed": {"storage": 19, "bigquery": 52},
    f"{UNDO}tables gone": {"storage": 19, "bigquery": 80},
    f"{UNDO}objects damaged": {"storage": 26},
    f"{UNDO}documents changed": {"storage": 19, "firestore": 5},
    REPAIR: {"storage": 16, "bigquery": 105},
    CONFIGURATION: {"storage": 90, "platform": 46},
    OUTAGE: {"storage": 250, "platform": 95},
    FENCE: {"storage": 40, "platform": 42},
    DATES: {"storage": 25, "bigquery": 100},
}
"""About as many calls as each work makes; to count them would take one more of each."""


def drawn(drawing: random.Random, work: str) -> Trial:
    """Draw one fault of a work, each of its calls as likely."""
    counts = CALLS[work]
    (service,) = drawing.choices(list(counts), list(counts.values()))
    kinds = [name for name, kind in KINDS.items() if service in kind.services]
    return Trial(work, service, drawing.randrange(counts[service]), drawing.choice(kinds))


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
