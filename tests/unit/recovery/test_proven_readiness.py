"""Readiness counts what was restored and proven: what is believed or decided gives no points."""

from typing import Any

import pytest

from recovery.health import Health
from recovery.ops.readiness.model import Readiness, shipped_criteria
from recovery.ops.readiness.proven import proof_findings
from recovery.ops.readiness.scoring import readiness
from recovery.status.model import PartStatus, Proven
from tests.unit.looks import NOW, status


def scored(*parts: PartStatus) -> Readiness:
    """Return the readiness of a platform of which nothing is known but how its parts stand."""
    told = status(Health.HEALTHY).model_copy(update={"parts": parts})
    looks = {"status": tuple(proof_findings(told))}
    return readiness(shipped_criteria(), looks, {}, (), project="p", now=NOW)


def part(label: str, proven: Proven, health: Health, **more: Any) -> PartStatus:  # noqa: ANN401 - fields
    """Return how a part stands, of which so much was shown to restore."""
    whole = status(health).parts[0]
    proven_at = NOW if proven in ("all", "some") else None
    return whole.model_copy(
        update={"label": label, "proven": proven, "proven_at": proven_at, **more}
    )


@pytest.mark.parametrize(
    ("parts", "points"),
    [
        ([part("b", "all", Health.HEALTHY)], 20),
        ([part("b", "none", Health.HEALTHY, not_shown="images; the decision of ada")], 10),
        ([part("b", "none", Health.WARNING, what="no drill can show it")], 10),
        ([part("b", "all", Health.HEALTHY, not_shown="too old; the decision of ada")], 15),
        ([part("b", "some", Health.WARNING, what="only 2 of 6")], 15),
        ([part("b", "nothing held", Health.HEALTHY)], 20),
        ([part("b", "nothing held", Health.HEALTHY), part("c", "none", Health.UNKNOWN)], 10),
        ([part("b", "nothing held", Health.CRITICAL, what="no run holds it")], 10),
    ],
    ids=[
        "proven",
        "decided",
        "believed",
        "old",
        "some",
        "nothing",
        "no points for nothing",
        "lost",
    ],
)
def test_only_what_was_restored_and_proven_counts(parts: list[PartStatus], points: float):
    """A decision is named and gives nothing; what holds nothing gives nothing, and costs nothing."""
    made = scored(part("a", "all", Health.HEALTHY), *parts)
    (found,) = (item for item in made.criteria if item.name == "disaster recovery")
    assert found.scored == points
    is_so = dict(made.checklist)["everything that is protected was shown to restore"]
    assert is_so == (points == 20)
    for item in parts:
        if item.not_shown:
            assert item.not_shown in found.evidence


def test_of_what_holds_nothing_nothing_is_shown():
    """A platform of which nothing can be restored has no points for that."""
    assert scored(part("a", "nothing held", Health.HEALTHY)).score == 0
