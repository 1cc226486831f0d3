"""What of a project no run holds, and what no recovery brings back, as a plan says it."""

import pytest

from manifests.model.run import DROPPED, Unprotected
from recovery.kinds.buckets.rules.lost import objects_lost
from recovery.plan.lost import unprotected_text
from tests.unit.platforms import whole_manifest
from tests.unit.worlds import bucket_step


@pytest.mark.parametrize(
    ("item", "told"),
    [
        (Unprotected(kind="bucket"), ""),
        (Unprotected(kind="bucket", count=2, names=("a", "b")), "not in the catalog: a, b"),
        (Unprotected(kind=DROPPED, count=1, names=("d.t",)), "no run holds any: d.t"),
        (Unprotected(kind=DROPPED, count=0), ""),
        (
            Unprotected(kind=DROPPED, unknown="403: no right"),
            "no run holds any: UNKNOWN, they could not be listed: 403: no right",
        ),
    ],
)
def test_what_no_run_holds_is_told_or_unknown(item: Unprotected, told: str):
    """What could not be listed is not told as nothing."""
    found = unprotected_text(item)
    assert told in found
    assert bool(found) == bool(told)


def test_versions_that_do_not_come_back_are_named():
    """Of a bucket that keeps versions one of each name comes back, and the plan says so."""
    run = whole_manifest()
    (backup,) = run.buckets
    plans = [bucket_step(name=backup.bucket)]
    for enabled in (True, False):
        resource = {**backup.resource, "versioning": {"enabled": enabled}}
        bucket = backup.model_copy(update={"resource": resource})
        notes = objects_lost(run.model_copy(update={"buckets": (bucket,)}), plans)
        told = [note for note in notes if note.startswith("noncurrent versions of objects")]
        assert bool(told) is enabled
        assert all(f"bucket {backup.bucket}: of each name the one comes back" in it for it in told)
