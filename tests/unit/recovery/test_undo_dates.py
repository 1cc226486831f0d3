"""Which partitions a recovery of dates may have written."""

from datetime import date

import pytest

from recovery.undo.dates import may_hold

DAYS = (date(2026, 1, 31), date(2026, 2, 1))


@pytest.mark.parametrize(
    ("partition", "holds"),
    [
        ("20260131", True),
        ("20260130", False),
        ("2026020103", True),
        ("2026020203", False),
        ("202601", True),
        ("202603", False),
        ("2026", True),
        ("2025", False),
        ("__NULL__", True),
        ("7", True),
    ],
)
def test_what_others_wrote_elsewhere_is_no_part_of_it(partition: str, *, holds: bool):
    """A day, an hour, a month, a year is told by its id; of any other nobody knows."""
    assert may_hold(partition, DAYS) is holds
