"""Faults of the sweep at each of its works, the same in every run: none ends wrongly, and most fire."""

import random
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.standin.cloud import Cloud, Service
from tests.sweep.trials import KINDS, Trial, attempt
from tests.sweep.works import BACKUP, CONFIGURATION, DATES, FENCE, OUTAGE, REPAIR, UNDO, WORKS
from tests.sweep.world import making

SEED = 9
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


@pytest.mark.parametrize("works", [WORKS[:10], WORKS[10:]], ids=["data", "others"])
def test_some_faults(cloud: Cloud, tmp_path: Path, works: tuple[str, ...]):
    """What fails is told and comes right when it is called again; what ends well is right."""
    drawing = random.Random(f"{SEED} {works[0]}")  # noqa: S311 - no secret
    wanted = [drawn(drawing, work) for work in works]
    with making(cloud, tmp_path, f"sample-{len(works)}") as worlds:
        results = [attempt(worlds, trial) for trial in wanted]
    assert [result for result in results if result.verdict == "wrong"] == []
    verdicts = Counter(result.verdict for result in results)
    assert verdicts["not fired"] <= len(results) // 2, verdicts
