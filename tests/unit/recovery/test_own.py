"""What is Rebound's own is written by no recovery, whatever a plan says of its targets."""

import pytest

from manifests.errors import RefusedError
from recovery.kinds.decision import Own
from recovery.kinds.step import Step
from recovery.kinds.tables.rules.definitions import DefinitionStep
from recovery.kinds.tables.rules.tables import TableStep
from recovery.plan.model import Plan
from recovery.plan.own import check_own
from tests.unit.worlds import GONE, bucket_step, plan, world


def check(made: Plan) -> None:
    """Check a plan with a landing bucket and a dataset of undo points."""
    check_own(made, Own(buckets=("landing",), datasets=("rebound_undo",)))


@pytest.mark.parametrize("named", [{"into": "landing"}, {"name": "landing"}])
def test_buckets_with_backups_and_journals(named: dict[str, str]):
    """The bucket that is written counts, and not only the one that a plan calls its target."""
    made = plan(world())
    check(made.model_copy(update={"steps": (bucket_step(),)}))
    forged = bucket_step(**named)
    with pytest.raises(RefusedError, match="backups and journals are kept there"):
        check(made.model_copy(update={"steps": (forged,)}))


def test_a_bucket_that_the_request_names():
    """Where everything goes into one bucket, that is the one."""
    made = plan(world(), target={"project": "platform", "bucket": "landing"})
    with pytest.raises(RefusedError, match="backups and journals are kept there"):
        check(made.model_copy(update={"steps": (bucket_step(),)}))


@pytest.mark.parametrize("kind", [TableStep, DefinitionStep])
def test_datasets_with_undo_points(kind: type[Step]):
    """Tables, views and routines count without a step for their dataset."""
    made = plan(world(games=GONE))
    check(made)
    steps = made.of(kind)
    forged = steps[0].model_copy(update={"name": "rebound_undo.games"})
    with pytest.raises(RefusedError, match="staging and undo points are kept there"):
        check(made.model_copy(update={"steps": (forged,)}))
