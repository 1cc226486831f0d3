import pytest

from recovery.health import Health, health_error, worst


def test_what_was_not_looked_at_is_unknown():
    """Nothing was looked at: nothing is known."""
    assert worst(()) is Health.UNKNOWN


def test_the_worst_of_several_counts():
    """What could not be looked at is worse than a warning."""
    assert worst((Health.HEALTHY, Health.WARNING)) is Health.WARNING
    assert worst((Health.UNKNOWN, Health.WARNING)) is Health.UNKNOWN
    assert worst((Health.CRITICAL, Health.UNKNOWN, Health.HEALTHY)) is Health.CRITICAL


@pytest.mark.parametrize(
    ("health", "exit_code"), [(Health.WARNING, 11), (Health.UNKNOWN, 10), (Health.CRITICAL, 10)]
)
def test_what_is_not_healthy_ends_a_command(health: Health, exit_code: int):
    """The exit code follows, and the hint is the next command."""
    error = health_error(health, hint="rebound doctor")

    assert error is not None
    assert (error.exit_code, error.hint) == (exit_code, "rebound doctor")


def test_what_is_healthy_ends_none():
    """A healthy platform ends no command."""
    assert health_error(Health.HEALTHY) is None
