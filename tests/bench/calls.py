"""A small object is read with a part of the processor time that Google's client takes for it."""

import time
from collections.abc import Callable
from pathlib import Path

from manifests.cloud.clients import storage_api
from manifests.cloud.objects import Bucket
from tests.bench.platform import rebound_on_cloud
from tests.bench.ratio import Ratio

CALLS, ROUNDS = 300, 3
NAME, CONTENT = "bench/document.json", b'{"game": 1}' * 20


def measure(folder: Path) -> list[Ratio]:
    """Measure reading with Google's client and with our calls in turn; the best round of each counts."""
    with rebound_on_cloud(folder) as rebound:
        own = Bucket(storage_api(rebound.project), rebound.landing.name)
        own.put_once(NAME, CONTENT)
        theirs = rebound.landing.blob(NAME)
        seconds: dict[str, list[float]] = {"own": [], "theirs": []}
        for _ in range(ROUNDS):
            seconds["own"].append(_processor_seconds(lambda: own.read(NAME)))
            seconds["theirs"].append(
                _processor_seconds(lambda: theirs.download_as_bytes(retry=None))
            )
    best, compared = min(seconds["own"]), min(seconds["theirs"])
    return [
        Ratio(
            "processor time of a read by Google's client / by our calls",
            compared / best,
            "at least",
            2,
            f"{compared / CALLS * 1000:.2f} ms / {best / CALLS * 1000:.2f} ms",
        )
    ]


def _processor_seconds(read: Callable[[], bytes | None]) -> float:
    assert read() == CONTENT
    began = time.process_time()
    for _ in range(CALLS):
        read()
    return time.process_time() - began
