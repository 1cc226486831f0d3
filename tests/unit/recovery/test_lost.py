"""What of a project no run holds, as a plan says it."""

import pytest

from manifests.model.run import DROPPED, Unprotected
from recovery.plan.lost import unprotected_text


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
