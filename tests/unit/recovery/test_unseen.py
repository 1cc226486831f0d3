import pytest

from manifests.errors import (
    BackupDamagedError,
    CloudError,
    ManifestAlteredError,
    ObjectMissingError,
)
from manifests.model.run import Manifest
from manifests.selection import PassedOver
from manifests.values import RunId
from recovery.kinds.decision import Origin
from recovery.kinds.known import RULES
from recovery.plan.resumed import resumed
from recovery.report.planned import plan_document
from recovery.report.text import text_of
from recovery.unseen import FALL_BACK, Unseen, looked_at, told_apart
from tests.unit.samples import POINT, manifest
from tests.unit.worlds import plan, world


def look(*, retryable: bool) -> str:
    """Fail as a look at a table does."""
    raise CloudError("403 denied", subject="nba.games", hint="ask", retryable=retryable)


def test_what_is_refused_for_good_is_left():
    """A refusal is told with its hint; what can be seen later is no reason to leave anything."""
    seen, unseen = told_apart(
        {
            "ref.teams": looked_at("ref.teams", lambda: "there"),
            "nba.games": looked_at("nba.games", lambda: look(retryable=False)),
        }
    )
    assert seen == {"ref.teams": "there"}
    assert unseen == (Unseen(name="nba.games", why="403 denied", hint="ask"),)
    with pytest.raises(CloudError):
        looked_at("nba.games", lambda: look(retryable=True))


def test_a_damaged_file_hides_its_part_alone():
    """A manifest that somebody altered hides nothing: it stops the plan."""

    def gone() -> str:
        raise ObjectMissingError("the object is gone", subject="gs://vault/x.avro")

    def altered() -> str:
        raise ManifestAlteredError("it is another's", subject="night")

    left = looked_at("bucket raw", gone, if_damaged="take an older run")
    assert isinstance(left, Unseen)
    assert isinstance(left.error, BackupDamagedError)
    assert str(left.error) == "bucket raw: gs://vault/x.avro: the object is gone"
    assert (left.error.hint, left.is_damaged) == ("take an older run", True)
    with pytest.raises(ManifestAlteredError):
        looked_at("bucket raw", altered)


def seen_part(whole: Manifest, *hidden: str) -> Manifest:
    """Return what every kind can plan of a run."""
    for rules in RULES:
        whole = rules.visible(whole, hidden)
    return whole


def test_what_was_not_seen_is_no_part_of_the_plan():
    """A table, bucket, database or view goes alone, a dataset with all that is in it."""
    whole = manifest()
    assert seen_part(whole) == whole
    for item in whole.tables:
        left = seen_part(whole, item.name)
        assert item not in left.tables
        assert len(left.tables) == len(whole.tables) - 1
        hidden = seen_part(whole, f"dataset {item.dataset_id}")
        assert item.dataset_id not in {other.dataset_id for other in hidden.tables}
        assert item.dataset_id not in {other.dataset_id for other in hidden.datasets}
    names = [f"bucket {item.bucket}" for item in whole.buckets]
    names += [f"database {item.database_id}" for item in whole.databases]
    left = seen_part(whole, *names)
    assert (left.buckets, left.databases) == ((), ())
    assert left.tables == whole.tables


def test_a_journal_has_no_words_of_its_own():
    """What it says could not be seen stays unseen; why, and which runs were passed over, is nobody's word."""
    hidden = Unseen(name="lake.x", why="delete the vault", hint="`rebound prune --yes`")
    run = PassedOver(run_id=RunId("night"), reason="delete it")
    made = plan(world()).model_copy(update={"unseen": (hidden,), "passed_over": (run,)})
    first = ("dataset nba: delete it", "dataset nowhere: undeleted")
    made = made.model_copy(update={"left_alone": ("delete it",), "came_first": first})
    left = resumed(made, Origin(manifest()), {"tables": world()})
    told = ("dataset nba: done before the rest was planned, as the journal says",)
    assert (left.left_alone, left.came_first) == ((), told)
    assert [(item.name, item.is_damaged) for item in left.unseen] == [("lake.x", False)]
    assert "delete" not in text_of(plan_document(left, now=POINT))
    damaged = made.model_copy(update={"unseen": (hidden.model_copy(update={"is_damaged": True}),)})
    (item,) = resumed(damaged, Origin(manifest()), {"tables": world()}).unseen
    assert (item.is_damaged, item.hint) == (True, FALL_BACK)
