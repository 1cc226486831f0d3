"""When partitions expire by their table's own rule."""

from datetime import UTC, datetime

import pytest

from manifests.expiration import expired, expires_at

SIX_HOURS_MS = str(6 * 3600 * 1000)


def rule(unit: str, kept_ms: str = SIX_HOURS_MS) -> dict[str, object]:
    """Return the resource of a table whose partitions expire."""
    return {"timePartitioning": {"type": unit, "field": "at", "expirationMs": kept_ms}}


@pytest.mark.parametrize(
    ("unit", "partition_id", "when"),
    [
        ("DAY", "20241231", datetime(2025, 1, 1, 6, tzinfo=UTC)),
        ("DAY", "20240228", datetime(2024, 2, 29, 6, tzinfo=UTC)),
        ("HOUR", "2024123123", datetime(2025, 1, 1, 6, tzinfo=UTC)),
        ("MONTH", "202402", datetime(2024, 3, 1, 6, tzinfo=UTC)),
        ("MONTH", "202412", datetime(2025, 1, 1, 6, tzinfo=UTC)),
        ("YEAR", "2024", datetime(2025, 1, 1, 6, tzinfo=UTC)),
        ("YEAR", "2023", datetime(2024, 1, 1, 6, tzinfo=UTC)),
    ],
)
def test_a_partition_expires_its_rule_after_its_end(unit: str, partition_id: str, when: datetime):
    """With six hours a daily partition goes at 06:00 the next day, as the documentation says."""
    assert expires_at(rule(unit), partition_id) == when
    assert expired(rule(unit), [partition_id], when) == (partition_id,)
    assert expired(rule(unit), [partition_id], when.replace(hour=5)) == ()


@pytest.mark.parametrize("partition_id", ["__NULL__", "__UNPARTITIONED__", "99991231", "10101"])
def test_rows_without_a_partition_of_their_own_never_expire(partition_id: str):
    """Nor what lies beyond the last year that can be."""
    assert expires_at(rule("DAY"), partition_id) is None
    assert expired(rule("DAY"), [partition_id], datetime(9999, 1, 1, tzinfo=UTC)) == ()


@pytest.mark.parametrize(
    "resource",
    [
        {},
        {"timePartitioning": {"type": "DAY", "field": "at"}},
        {"rangePartitioning": {"field": "n", "range": {"start": "0", "end": "9", "interval": "1"}}},
        rule("DAY", "9223372036828800000"),
    ],
)
def test_without_a_rule_nothing_expires(resource: dict[str, object]):
    """A table without expiration, without time, or with the longest rule there is."""
    assert expired(resource, ["20240101", "1"], datetime(2900, 1, 1, tzinfo=UTC)) == ()


def test_without_a_time_nothing_is_known_to_be_expired():
    """What was never looked at cannot have expired."""
    assert expired(rule("DAY"), ["19700101"], None) == ()
