"""Each damage that a drill plants makes it void where the check that is meant to does not tell of it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from manifests.catalog_writers import FenceRule
from manifests.cloud.bigquery import bigquery_client
from manifests.cloud.clients import storage_api
from manifests.cloud.documents import Documents
from manifests.cloud.firestore import Connection
from manifests.cloud.jobs import Jobs
from manifests.cloud.objects import Bucket
from manifests.cloud.resources import Resources
from manifests.cloud.rest import Rest
from manifests.errors import RefusedError
from manifests.kinds.resources.table import resource_type
from manifests.model.drill import Control
from recovery.drill.controls.rows import PlantedTable, row_controls, tag_control
from recovery.drill.controls.stored import manifest_control, stored_controls
from recovery.drill.controls.things import (
    document_control,
    object_control,
    planted_schedule,
    schedule_control,
)
from recovery.drill.removing import SandboxRemoval
from recovery.drill.rules import verdict
from tests.harness import LOCATION, Rebound
from tests.integration import bucket_objects, lake
from tests.integration.configuration import (
    PUBSUB,
    call,
    enable,
    make_job,
    pause_job,
    states,
)
from tests.integration.orchestration import State
from tests.standin.projects import project_number
from tests.unit.drills import CRITERIA, NOW, PART, PHASES, PLACES
from tests.unit.samples import games, manifest

RULE = FenceRule.model_validate(
    {
        "locations": [LOCATION],
        "writers": [{"type": "scheduler/job", "names": ["load-*"], "writes": ["dataset *"]}],
    }
)
NAMES = {
    "a flipped byte",
    "a missing file",
    "a stale manifest",
    "a changed row",
    "a missing row",
    "a leftover row",
    "a missing policy tag",
    "a changed object",
    "a changed document",
}


def rows(rebound: Rebound) -> list[Control]:
    """Plant what is planted in rows, before a check that sees nothing."""
    client = bigquery_client(rebound.project, LOCATION)
    restored = Resources(client, rebound.project).table(lake.GAMES)
    assert restored is not None
    table = games().model_copy(update={"resource": restored.resource})
    planted = PlantedTable(
        table,
        "home",
        restored=f"{rebound.project}.{lake.GAMES}",
        copy=f"{rebound.project}.planted.games",
    )
    jobs, resources = Jobs(client, LOCATION), Resources(client, rebound.project)
    blind = row_controls(jobs, resources, planted, lambda: (), mark="ab12cd34")
    return [*blind, tag_control(resources, table, planted.restored, lambda _: ())]


def planted_unseen(rebound: Rebound) -> list[Control]:
    """Plant everything that a drill plants, before checks that see nothing."""
    api = storage_api(rebound.project)
    copies = Bucket(api, rebound.landing.name)
    raw = Bucket(api, bucket_objects.platform(rebound))
    documents = Documents(Connection(rebound.project, "(default)"))
    return [
        *stored_controls(copies, "copies/file.avro", b"Obj\x01 and more", lambda: ()),
        manifest_control(copies, manifest(), lambda: ()),
        *rows(rebound),
        object_control(raw, lambda: ()),
        document_control(documents, lambda: ()),
    ]


@pytest.fixture
def blind(new_rebound: Callable[..., Rebound], tmp_path: Path) -> list[Control]:
    """Return the controls of a drill whose checks see nothing."""
    rebound = new_rebound(REBOUND_CATALOG=lake.write_catalog(tmp_path))
    lake.fill(rebound)
    bucket_objects.fill(rebound, bucket_objects.make_bucket(rebound), ("a", "b"))
    State(rebound).write({"done/one": {"n": 1}})
    before = lake.rows(rebound, lake.GAMES)
    found = planted_unseen(rebound)
    assert lake.rows(rebound, lake.GAMES) == before
    assert lake.rows(rebound, "planted.games") != before
    assert b"rebound_drill" in State(rebound).content()["done/one"]
    return found


def test_a_check_that_sees_nothing_makes_a_drill_void(blind: list[Control]):
    """Each damage is really planted, and each alone is enough."""
    assert {item.name for item in blind} == NAMES
    assert all(item.is_planted and not item.is_caught for item in blind)
    for item in blind:
        word, why = verdict(CRITERIA, PHASES, (PART,), (item,), ())
        assert word == "void"
        assert item.name in why


def test_a_schedule_that_runs_is_caught_and_one_that_is_not_seen_is_not(
    new_rebound: Callable[..., Rebound], tmp_path: Path
):
    """It is made in the project, and goes; one that the rule says writes nothing is not seen."""
    rebound = new_rebound(REBOUND_CATALOG=lake.write_catalog(tmp_path))
    enable(rebound, "cloudscheduler.googleapis.com")
    rest = Rest(rebound.env["REBOUND_API_ENDPOINT"])
    planted = planted_schedule(RULE, rebound.project, PLACES, LOCATION)
    assert planted is not None
    assert planted_schedule(None, rebound.project, PLACES, LOCATION) is None
    caught = schedule_control(RULE, planted, ["dataset lake"], rest, NOW)
    assert (caught.is_planted, caught.is_caught) == (True, True), caught.what
    unseen = schedule_control(RULE, planted, ["bucket raw"], rest, NOW)
    assert (unseen.is_planted, unseen.is_caught) == (True, False)
    assert verdict(CRITERIA, PHASES, (PART,), (unseen,), ())[0] == "void"
    assert states(rebound) == {}
    with rebound.cloud.fault("platform", r"cloudscheduler\..*jobs\.create", "status", status=403):
        unplanted = schedule_control(RULE, planted, ["dataset lake"], rest, NOW)
    assert not unplanted.is_planted
    assert verdict(CRITERIA, PHASES, (PART,), (caught, unplanted), ())[0] == "void"


def test_the_schedule_of_somebody_else_is_never_planted_in(
    new_rebound: Callable[..., Rebound], tmp_path: Path
):
    """Neither one of the name that the catalog says, nor one that has the name of what is planted."""
    rebound = new_rebound(REBOUND_CATALOG=lake.write_catalog(tmp_path))
    enable(rebound, "cloudscheduler.googleapis.com")
    make_job(rebound, "load-own")
    pause_job(rebound, "load-own")
    rule = RULE.model_copy(
        update={"writers": (RULE.writers[0].model_copy(update={"names": ("load-own",)}),)}
    )
    rest = Rest(rebound.env["REBOUND_API_ENDPOINT"])
    planted = planted_schedule(rule, rebound.project, PLACES, LOCATION)
    assert planted is not None
    assert PLACES.mark in planted.name
    caught = schedule_control(rule, planted, ["dataset lake"], rest, NOW)
    assert (caught.is_planted, caught.is_caught) == (True, True), caught.what
    assert states(rebound) == {"load-own": "PAUSED"}
    named = planted.name.rpartition("/")[2]
    make_job(rebound, named)
    pause_job(rebound, named)
    unplanted = schedule_control(rule, planted, ["dataset lake"], rest, NOW)
    assert not unplanted.is_planted
    assert "somebody else's is there" in unplanted.what
    assert states(rebound) == {"load-own": "PAUSED", named: "PAUSED"}


def test_a_drill_removes_nothing_but_of_its_sandbox(new_rebound: Callable[..., Rebound]):
    """By id or number; a name of another project, type or place is refused, whoever gave it."""
    rebound = new_rebound()
    enable(rebound, "pubsub.googleapis.com", "cloudresourcemanager.googleapis.com")
    removal = SandboxRemoval(Rest(rebound.env["REBOUND_API_ENDPOINT"]), rebound.project)
    topic = resource_type("pubsub/topic")
    for name in (
        "projects/other/topics/topic",
        "projects/1/topics/topic",
        f"projects/{rebound.project}/subscriptions/topic",
        f"projects/{rebound.project}/topics/..",
        f"projects/{rebound.project}/topics/a/b",
        f"projects/{rebound.project}/topics/topic?x=y",
        "t",
    ):
        with pytest.raises(RefusedError, match="of the sandbox"):
            removal.remove(topic, name)
    for owner in (rebound.project, project_number(rebound.project)):
        path = f"projects/{rebound.project}/topics/topic"
        call(rebound, "PUT", f"{PUBSUB}/{path}", {})
        removal.remove(topic, f"projects/{owner}/topics/topic")
        assert not call(rebound, "GET", f"{PUBSUB}/projects/{rebound.project}/topics").get("topics")
