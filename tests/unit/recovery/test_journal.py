"""The journal of a recovery, with a bucket in memory."""

from typing import cast

import pytest

from manifests.cloud.objects import Bucket
from manifests.errors import RefusedError
from manifests.layout import recovery_begun_at
from recovery.journal import Journal
from recovery.outcome import PlannedRecovery
from tests.unit.samples import MemoryBucket
from tests.unit.worlds import GONE, plan, world

RECOVERY = "bigquery-dataset-loss-20261124T080000Z-abcd"


def test_a_plan_that_is_there_already_is_not_begun():
    """What is carried out is what was agreed to; writing the same again is no other plan."""
    journal = Journal(cast("Bucket", MemoryBucket()), RECOVERY)
    planned = PlannedRecovery(
        recovery_id=RECOVERY, started_at=recovery_begun_at(RECOVERY), plan=plan(world())
    )
    journal.begin(planned)
    journal.begin(planned)
    another = planned.model_copy(update={"plan": plan(world(games=GONE))})
    with pytest.raises(RefusedError, match="another plan is there already"):
        journal.begin(another)
    assert journal.planned() == planned
