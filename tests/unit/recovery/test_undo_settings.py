"""Which settings and resources go back after a recovery, and which were changed since."""

from datetime import timedelta
from typing import Any

import pytest

from manifests.kinds.resources.table import resource_type
from manifests.values import Resource
from recovery.compare.tables import dataset_findings
from recovery.kinds.databases.rules.outcomes import DatabaseOutcome
from recovery.kinds.former import Former
from recovery.kinds.resources.rules.policies import Grant, taken
from recovery.kinds.resources.rules.steps import FoundationOutcome, ResourceOutcome
from recovery.kinds.tables.rules.datasets import DatasetStep
from recovery.undo.model import UndoStep
from recovery.undo.resource_rules import SeenAgain, fields_to_set, undo_resource
from recovery.undo.settings_rules import dataset_left, undo_settings
from recovery.undo.shared import without_former
from tests.unit.samples import POINT

BEGAN = POINT + timedelta(hours=7)
STEP = UndoStep(kind="dataset", name="nba", into="nba", action="leave", why="")
REFERENCE = {"datasetReference": {"projectId": "platform", "datasetId": "nba"}}


def dataset(**more: Any) -> Resource:  # noqa: ANN401 - fields of a resource
    """Return a dataset."""
    return {**REFERENCE, "location": "us-west2", **more}


@pytest.mark.parametrize(
    ("live", "action", "told"),
    [
        (dataset(labels={"a": "backup"}), "put back", 'labels: {"a": "before"}, now'),
        (dataset(labels={"a": "before"}), "leave", ""),
        (dataset(labels={"a": "newest"}), "cannot", "labels is"),
        (dataset(labels={"a": "backup"}, description="new"), "cannot", "description is"),
        (None, "cannot", ""),
    ],
)
def test_settings_go_back_that_are_what_the_recovery_set(
    live: Resource | None, action: str, told: str
):
    """Each setting by itself; one that somebody changed since keeps all of them."""
    former, ours = dataset(labels={"a": "before"}), dataset(labels={"a": "backup"})
    step = undo_settings(STEP, former, ours, live, dataset_findings)
    assert step.action == action
    assert any(line.startswith(told) for line in (*step.told, ""))


def test_what_was_set_and_is_not_written_down_any_more_is_told():
    """A recovery that sets a database and writes no document has left all documents."""
    left = DatabaseOutcome(name="(default)", into="(default)", action="leave")
    assert without_former(left)[0] == "leave"
    assert without_former(left, was_to_change=True)[0] == "cannot"


def test_a_dataset_of_which_only_access_was_given_again_is_known():
    """What the recovery left is what was there, with the entries that it gave again."""
    view = {"view": {"projectId": "platform", "datasetId": "nba", "tableId": "v"}}
    person = {"role": "READER", "userByEmail": "a@example.com"}
    planned = DatasetStep(name="nba", into="nba", authorizes=(view,))
    left = dataset_left(planned, dataset(access=[person]), dataset(access=[]))
    assert left["access"] == [person, view]
    planned = DatasetStep(name="nba", into="nba", action="set")
    assert dataset_left(planned, dataset(access=[person]), dataset()) == dataset()


TOPIC = "projects/platform/topics/raw"
MADE = {"name": TOPIC, "labels": {"team": "data"}}


def resource(
    action: str,
    live: Resource | None,
    former: Former | None = None,
    *,
    kind: str = "pubsub/topic",
    granted: tuple[Grant, ...] = (),
    **seen: Any,  # noqa: ANN401 - what is seen
) -> UndoStep:
    """Decide about a resource."""
    of = FoundationOutcome if resource_type(kind).before_data else ResourceOutcome
    outcome = of.model_validate(
        {"name": TOPIC, "into": TOPIC, "action": action, "type": kind, "granted": granted}
    )
    known = {"wanted": MADE, "policy": None, "holds": "", "began_at": BEGAN}
    return undo_resource(outcome, SeenAgain(live=live, former=former, **{**known, **seen}))


def test_a_resource_that_was_made_goes():
    """Unless it was changed since, is older, or holds what nothing brings back."""
    found = resource("create", MADE)
    assert (found.kind, found.action) == ("resource", "remove")
    assert found.why.endswith("with it go its tags")
    assert resource("create", None).action == "leave"
    assert "was changed since" in resource("create", {**MADE, "labels": {}}).why
    older = {**MADE, "createTime": POINT.isoformat()}
    assert "before the recovery began" in resource("create", older).why
    assert resource("undelete", older, wanted=older).action == "remove"
    secret = resource("create", MADE, kind="secretmanager/secret", holds="its 1 versions")
    assert (secret.kind, secret.why) == ("foundation", "its 1 versions would be lost with it")
    enabled = resource("create", MADE, kind="serviceusage/service")
    assert (enabled.action, "stays so" in enabled.why) == ("cannot", True)


def test_a_resource_that_ran_again_meanwhile_goes_all_the_same():
    """A thaw is no change of what it is."""
    job = {"name": "projects/p/locations/l/jobs/j", "schedule": "* * * * *", "state": "ENABLED"}
    paused = {**job, "state": "PAUSED"}
    assert resource("create", job, kind="scheduler/job", wanted=paused).action == "remove"


def test_a_resource_that_was_changed_is_set_back():
    """To what was written down before; a field that was not set is taken away."""
    former = Former(resource={"name": TOPIC, "messageRetentionDuration": "600s"})
    found = resource("update", MADE, former)
    assert found.action == "put back"
    assert "labels: not set, now" in found.told[0]
    kind = resource_type("pubsub/topic")
    fields = {"labels", "messageRetentionDuration"}
    assert fields_to_set(kind, former.resource or {}, MADE) == fields
    assert resource("update", former.resource, former).action == "leave"
    assert "changed since" in resource("update", {**MADE, "labels": {"x": "y"}}, former).why
    assert "was not kept" in resource("update", MADE).why
    assert resource("update", None, former).why == "it is gone"
    built = resource("update", former.resource, former, archive="ab12")
    assert built.told == ("built again from what has the SHA-256 ab12",)
    other = resource("update", former.resource, former, archive="ab12", is_archive_ours=False)
    assert other.told == ("what it is built from",)
    gone = resource("update", former.resource, former, archive="ab12", archive_problem="is gone")
    assert (gone.action, gone.why) == ("cannot", "what it was built from is gone")


def test_what_was_granted_is_taken_and_nothing_else():
    """Others have what they had; what is taken already is as before."""
    mine = Grant(role="roles/a", member="user:me@example.com")
    policy = {
        "etag": "e",
        "bindings": [
            {"role": "roles/a", "members": ["user:me@example.com", "user:you@example.com"]},
            {"role": "roles/b", "members": ["user:me@example.com"]},
        ],
    }
    left = taken(policy, [mine])
    assert left is not None
    assert [item["members"] for item in left["bindings"]] == [
        ["user:you@example.com"],
        ["user:me@example.com"],
    ]
    assert taken(left, [mine]) is None
    found = resource("leave", MADE, policy=policy, granted=(mine,))
    assert (found.action, found.told) == ("put back", ("takes roles/a from user:me@example.com",))
    assert resource("leave", MADE, policy=left, granted=(mine,)).action == "leave"
    assert resource("leave", MADE).action == "leave"
