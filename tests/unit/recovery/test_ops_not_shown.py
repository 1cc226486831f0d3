"""What no drill restores, as the look at operations tells it."""

from recovery.health import Health
from recovery.ops.checks import findings_of
from tests.unit.looks import frame, status


def test_what_was_not_shown_to_restore_is_not_called_healthy():
    """By somebody's decision no drill restores it: that is said, as `rebound status` says it."""
    told = status(Health.HEALTHY)
    (part,) = told.parts
    hidden = part.model_copy(update={"not_shown": "it needs an image"})
    fact = told.model_copy(update={"parts": (part, hidden)})
    (proof, *_) = findings_of({"proof": fact}, frame())
    assert proof.what == "of 2 parts: 1 healthy, 1 not shown"
