"""Names of what is in the journal of a recovery: built, and told apart from what lies beside it."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import cast

import pytest

from manifests.cloud.objects import Bucket
from manifests.cloud.recoveries import attempts_ended
from manifests.journal_layout import JournalNames, planned_recovery, recovery_of, undo_objects
from manifests.values import Listed

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


def test_names_of_what_a_recovery_keeps_and_asks():
    """What was removed is below what was replaced; a request is told apart from what is none."""
    names = JournalNames(RECOVERY)
    folder = f"recoveries/{RECOVERY}/undo/databases/(default)/"
    assert names.undo_documents("(default)") == folder
    removed = names.undo_file("(default)", b"a", are_removed=True)
    assert removed.startswith(names.removed_documents("(default)"))
    assert names.undo_file("(default)", b"a", are_removed=False).startswith(f"{folder}ca978112")
    assert names.undo_file("(default)", b"b", are_removed=True) != removed
    assert undo_objects(RECOVERY, "raw") == f"undo/{RECOVERY}/raw/"
    sent = names.request("phase3", date(2026, 11, 24), 2)
    assert sent == f"recoveries/{RECOVERY}/requests/phase3/2026-11-24/002.json"
    assert names.requested(sent) == ("phase3", "2026-11-24")
    assert names.requested(names.answer("phase3", date(2026, 11, 24), 2)) is None
    assert names.requested(names.plan) is None


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


def test_planted_ends_of_attempts_do_not_hide_one_that_ended_in_their_hour():
    """First are those whose names fit the bucket's clock; what is no end of an attempt comes behind."""
    names, at = (
        JournalNames("complete-outage-20261130T080000Z-abcd"),
        datetime(2026, 11, 30, 9, 40, tzinfo=UTC),
    )
    assert names.attempt_ended_at(names.attempt(at)) == at
    planted = [f"{names.attempts}{number}.json" for number in range(2_000)]
    planted += [names.attempt(at + timedelta(days=number)) for number in range(1, 2_000)]
    listed = [Listed(name, 1, at - timedelta(minutes=20)) for name in planted]
    listed.append(Listed(names.attempt(at), 1, at + timedelta(seconds=3)))
    bucket = cast("Bucket", SimpleNamespace(list_dated=lambda _: iter(listed)))
    found = attempts_ended(bucket, "complete-outage-20261130T080000Z-abcd")
    assert names.attempt(at) in found
    assert len(found) < len(listed)
