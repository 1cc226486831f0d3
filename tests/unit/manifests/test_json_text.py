"""What JSON that somebody else wrote takes of memory."""

import subprocess
import sys

import pytest

from manifests.json_text import parsed

WRONG_ITEMS = """
import resource, sys
from manifests.errors import BackupDamagedError
from manifests.model.run import Manifest
from manifests.store.envelope import decode
from recovery.plan.model import Plan
from tests.unit.manifests.test_envelope import sealed
from tests.unit.samples import manifest

body = manifest().model_dump(mode="json")
names = {f"k{number}": number for number in range(490_000)}
spoilt = {
    "objects": (Manifest, body | {"tables": [{}] * 480_000}),
    "numbers": (Manifest, body | {"tables": list(range(990_000))}),
    "skews": (Manifest, body | {"skews": [{"kind": 1}] * 300_000}),
    "unknown": (Manifest, body | names),
    "forbidden": (Plan, names),
}
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for name, (kind, document) in spoilt.items():
    try:
        decode(sealed(document), kind, subject=name)
    except BackupDamagedError as error:
        print(name, "refused", error)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def test_half_a_million_wrong_items_are_one_error():
    """A document of two megabytes takes gigabytes where each of its errors is told."""
    told = subprocess.run(
        [sys.executable, "-c", WRONG_ITEMS], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert [line.split()[:2] for line in told[:-1]] == [
        [name, "refused"] for name in ("objects", "numbers", "skews", "unknown", "forbidden")
    ]
    assert int(told[-1]) < 512, "MiB"


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"])
def test_what_no_text_of_ours_can_hold_is_refused(text: str):
    """Python's reader takes it for a number, and nothing that is written again can hold it."""
    with pytest.raises(ValueError, match="is no number of JSON"):
        parsed(f'{{"a":[{text}]}}'.encode())
    assert parsed(b'[1.5,-0.0,1e-999,"NaN"]') == [1.5, -0.0, 0.0, "NaN"]
