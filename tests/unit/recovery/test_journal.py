"""The journal of a recovery, with a bucket in memory."""

from typing import Any, cast

import pytest
from pydantic import ValidationError

from manifests.cloud.objects import Bucket
from manifests.errors import RefusedError
from manifests.layout import recovery_begun_at
from recovery.journal import Journal
from recovery.outcome import PlannedRecovery
from recovery.plan import DatasetStep
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


VIEW = {"view": {"projectId": "p", "datasetId": "d", "tableId": "v"}}


@pytest.mark.parametrize(
    "entry",
    [
        {"role": "OWNER", "userByEmail": "eve@x.com"},
        {"view": "v"},
        {"view": {**VIEW["view"], "tableId": ["v"]}},
        {"dataset": {"projectId": "p", "datasetId": "d"}},
        {**VIEW, "role": 7},
        {**VIEW, "routine": None},
    ],
)
def test_what_a_journal_authorizes_has_its_type(entry: dict[str, Any]):
    """An entry is a view, routine or dataset that could be named; a person is none."""
    assert DatasetStep(dataset_id="d", create=False, authorizes=(VIEW,)).authorizes == (VIEW,)
    with pytest.raises(ValidationError):
        DatasetStep(dataset_id="d", create=False, authorizes=(entry,))
