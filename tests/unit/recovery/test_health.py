import pytest

from recovery.health import Health, health_error, worst


def test_what_was_not_looked_at_is_unknown():
    assert worst(()) is Health.UNKNOWN


def test_the_worst_of_several_counts():
    assert worst((Health.HEALTHY, Health.WARNING)) is Health.WARNING
    assert worst((Health.UNKNOWN, Health.WARNING)) is Health.UNKNOWN
    assert worst((Health.CRITICAL, Health.UNKNOWN, Health.HEALTHY)) is Health.CRITICAL


@pytest.mark.parametrize(
    ("health", "exit_code"), [(Health.WARNING, 11), (Health.UNKNOWN, 10), (Health.CRITICAL, 10)]
)
def test_what_is_not_healthy_ends_a_command(health, exit_code):
    error = health_error(health, hint="rebound doctor")

    assert error is not None
    assert (error.exit_code, error.hint) == (exit_code, "rebound doctor")


def test_what_is_healthy_ends_none():
    assert health_error(Health.HEALTHY) is None
