"""Names of what is in the journal of a recovery: built, and told apart from what lies beside it."""

from datetime import UTC, datetime

import pytest

from manifests.journal_layout import JournalNames, planned_recovery, recovery_of

RECOVERY = "bigquery-dataset-loss-20261124T080000Z-abcd"


def test_names_are_in_the_folder_of_the_recovery():
    """Each name is below the journal's own folder, and tells whose it is."""
    names = JournalNames(RECOVERY)
    assert names.plan == f"recoveries/{RECOVERY}/plan.json"
    at = datetime(2026, 11, 24, 8, 1, 2, 345, tzinfo=UTC)
    assert names.attempt(at) == f"recoveries/{RECOVERY}/attempts/20261124T080102.000345Z.json"
    for name in (names.plan, names.report, names.abandoned, names.folder("tables"), names.prefix):
        assert recovery_of(name) == RECOVERY
    assert planned_recovery(names.plan) == RECOVERY


@pytest.mark.parametrize(
    "name",
    [
        "recoveries/",
        "recoveries/notes/plan.json",
        "recoveries/bigquery-dataset-loss-20261399T999999Z-abcd/plan.json",
        f"runs/{RECOVERY}/plan.json",
        f"{RECOVERY}/plan.json",
        f"recoveries/{RECOVERY}/tables/plan.json",
        f"recoveries/{RECOVERY}/report.json",
    ],
)
def test_what_is_no_plan(name: str):
    """What lies beside plans, or is of no recovery, begins none."""
    assert planned_recovery(name) is None
