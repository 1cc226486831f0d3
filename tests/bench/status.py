"""One screen tells how 400 runs stand within five seconds, and reads few of them for that."""

import time
from datetime import timedelta
from pathlib import Path

from manifests.store.envelope import encode
from manifests.values import RunId
from tests.bench.platform import rebound_on_cloud
from tests.bench.ratio import Ratio
from tests.harness import Rebound, whole_minute
from tests.unit.samples import manifest

RUNS = 400
WITHIN_SECONDS = 5.0
ROUNDS = 3


def measure(folder: Path) -> list[Ratio]:
    """Measure the command with 400 nights in the vault, and with four of them."""
    with rebound_on_cloud(folder) as rebound:
        _put(rebound, range(4))
        few = min(_seconds(rebound) for _ in range(ROUNDS))
        _put(rebound, range(4, RUNS))
        many = min(_seconds(rebound) for _ in range(ROUNDS))
    return [
        Ratio(
            f"status of {RUNS} runs / five seconds",
            many / WITHIN_SECONDS,
            "at most",
            1.0,
            f"{many:.2f} s; of 4 runs {few:.2f} s",
        )
    ]


def _put(rebound: Rebound, nights: range) -> None:
    """Store the manifest of some nights, the newest first."""
    for night in nights:
        point = whole_minute(timedelta(hours=2, days=night))
        made = manifest(
            run_id=RunId(f"nightly-{point:%Y%m%dT%H%M%S}Z"),
            recovery_point=point,
            started_at=point,
            finished_at=point + timedelta(minutes=9),
            abandoned=(),
        )
        blob = rebound.vault.blob(f"runs/{made.run_id}/manifest.json")
        with rebound.cloud.minutes_ago(100 + night * 24 * 60, ("storage",)):
            blob.upload_from_string(encode(made))


def _seconds(rebound: Rebound) -> float:
    began = time.monotonic()
    ended = rebound.ended("status", "--json")
    assert ended.returncode == 10, ended.stderr  # nothing was ever shown to restore
    return time.monotonic() - began
