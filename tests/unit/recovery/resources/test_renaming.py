"""What is called otherwise in another project, in another region, and beside data of other names."""

from typing import Any

import pytest

from manifests.errors import RefusedError
from manifests.kinds.resources.table import resource_type
from manifests.model.run import Manifest
from recovery.kinds.resources.rules.called import lost_references
from recovery.kinds.resources.rules.planning import check_apart
from recovery.kinds.resources.rules.renaming import Names, new_names
from recovery.kinds.resources.rules.rewriting import Rewriting
from recovery.request import Target
from tests.unit.platforms import whole_manifest

NUMBER = "76"


def run() -> Manifest:
    """Return a run of the project 75, whose configuration is in two regions."""
    whole = whole_manifest()
    (topics,) = whole.resources
    told = {"project_number": "75", "locations": ("us-west2", "us-east1")}
    return whole.model_copy(update={"resources": (topics.model_copy(update=told),)})


def rewritten(value: Any, kind: str = "scheduler/job", **target: Any) -> Any:  # noqa: ANN401 - JSON
    """Return what becomes of a field's value."""
    into = Target.model_validate({"project": "rescue", **target})
    names = new_names(run(), into, NUMBER)
    return Rewriting(names).of(kind, value).resource(value)[0]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("projects/platform/datasets/nba", "projects/rescue/datasets/dr_nba"),
        ("platform.nba.games", "rescue.dr_nba.games"),
        ("platform:nba.games", "rescue:dr_nba.games"),
        (
            "SELECT * FROM nba.games JOIN nba.season",
            "SELECT * FROM dr_nba.games JOIN dr_nba.season",
        ),
        ("gs://raw/in/", "gs://dr-raw/in/"),
        ("storage.googleapis.com/raw", "storage.googleapis.com/dr-raw"),
        ("projects/platform/databases/(default)", "projects/rescue/databases/copy"),
        # What only looks like it.
        ("the raw nba games", "the raw nba games"),
        ("gs://raw-2/in", "gs://raw-2/in"),
        ("nba.coaches", "nba.coaches"),
    ],
)
def test_what_names_data_names_it_as_it_is_there(before: str, after: str):
    """Datasets with a prefix, buckets with another, a database of another name."""
    where = {"prefix": "dr_", "bucket_prefix": "dr-", "database": "copy"}
    assert rewritten({"text": before}, **where) == {"text": after}


def test_a_name_alone_is_one_only_where_data_is_named():
    """A topic can be called as a dataset is."""
    before = {
        "destinationDatasetId": "nba",
        "cloudStorageConfig": {"bucket": "raw"},
        "eventFilters": [{"attribute": "bucket", "value": "raw"}],
        "serviceConfig": {"environmentVariables": {"DATASET": "nba"}},
        "labels": {"team": "nba"},
        "description": "raw",
    }
    after = rewritten(before, prefix="dr_", bucket="other-raw")
    assert after["destinationDatasetId"] == "dr_nba"
    assert after["cloudStorageConfig"] == {"bucket": "other-raw"}
    assert after["eventFilters"] == [{"attribute": "bucket", "value": "other-raw"}]
    assert after["serviceConfig"]["environmentVariables"] == {"DATASET": "dr_nba"}
    assert (after["labels"], after["description"]) == ({"team": "nba"}, "raw")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("projects/platform/locations/us-west2/jobs/a", "projects/rescue/locations/us-east4/jobs/a"),
        ("us-west2", "us-east4"),
        ("https://us-west2-platform.cloudfunctions.net/a", "https://us-east4-rescue.cloudfunctions.net/a"),
        ("us-west2-docker.pkg.dev/platform/apps/a:1", "us-east4-docker.pkg.dev/rescue/apps/a:1"),
        # Another region stays; so does what may be somebody else's.
        ("projects/platform/locations/us-east1/jobs/a", "projects/rescue/locations/us-east1/jobs/a"),
        ("https://us-east1-platform.cloudfunctions.net/", "https://us-east1-rescue.cloudfunctions.net/"),
        ("us-west2-docker.pkg.dev/others/apps/a:1", "us-west2-docker.pkg.dev/others/apps/a:1"),
        ("https://a-99.us-west2.run.app/", "https://a-99.us-west2.run.app/"),
        ("us-west2-a", "us-west2-a"),
        # Where Google's services answer in a region, and where ours do.
        (
            "https://us-west2-run.googleapis.com/apis/run.googleapis.com/v1/namespaces/platform/jobs/a:run",
            "https://us-east4-run.googleapis.com/apis/run.googleapis.com/v1/namespaces/rescue/jobs/a:run",
        ),
        ("https://us-west2-aiplatform.googleapis.com/v1", "https://us-east4-aiplatform.googleapis.com/v1"),
        ("https://run.us-west2.rep.googleapis.com/v2", "https://run.us-east4.rep.googleapis.com/v2"),
        ("https://a-75.us-west2.run.app/", "https://a-76.us-east4.run.app/"),
        # Data stays, and keys do.
        ("https://bigquery.us-west2.rep.googleapis.com/", "https://bigquery.us-west2.rep.googleapis.com/"),
        ("https://us-west2-firestore.googleapis.com/", "https://us-west2-firestore.googleapis.com/"),
        ("platform:us-west2:games", "rescue:us-west2:games"),
        ("projects/platform/locations/us-west2/keyRings/k", "projects/rescue/locations/us-west2/keyRings/k"),
        ("projects/x/locations/us-west2/transferConfigs/7:run", "projects/x/locations/us-west2/transferConfigs/7:run"),
        # One that a longer name begins with, and one whose mark is another's.
        ("https://us-west23-run.googleapis.com/", "https://us-west23-run.googleapis.com/"),
        ("region:us-west2", "region:us-east4"),
    ],
)  # fmt: skip
def test_a_region_goes_where_it_was_said_to(before: str, after: str):
    """Names, fields and addresses of it; what is beside data stays with data."""
    moved = {"regions": ("us-west2=us-east4",)}
    assert rewritten({"text": before}, **moved) == {"text": after}
    query = {"name": "projects/platform/locations/us-west2/transferConfigs/a"}
    assert rewritten(query, "bigquery/transfer", **moved)["name"] == (
        "projects/rescue/locations/us-west2/transferConfigs/a"
    )


def test_in_its_own_project_only_regions_are_others():
    """Data that is restored beside itself renames nothing: what runs reads the original."""
    own = Target(project="platform", prefix="dr_", regions=("us-west2=us-east4",))
    names = new_names(run(), own, "75")
    text = "https://us-west2-platform.cloudfunctions.net/ platform.nba.games us-west2"
    moved = "https://us-east4-platform.cloudfunctions.net/ platform.nba.games us-east4"
    service = "https://loader-75.{}.run.app/load"
    assert Rewriting(names).text(service.format("us-west2")) == service.format("us-east4")
    assert Rewriting(names).text(text) == moved
    assert names.lost == frozenset()
    assert new_names(run(), Target(project="platform", prefix="dr_"), "75") == Names()


EVENTS = {
    "bucket": ("google.cloud.storage.object.v1.finalized", "bucket", "raw"),
    "database": ("google.cloud.firestore.document.v1.written", "database", "(default)"),
    "topic": ("google.cloud.pubsub.topic.v1.messagePublished", "", ""),
    "logs": ("google.cloud.audit.log.v1.written", "serviceName", "bigquery.googleapis.com"),
}
MOVED = {"regions": ("us-west2=us-east4",)}


@pytest.mark.parametrize(
    ("events", "region"),
    [("bucket", "us-west2"), ("database", "us-west2"), ("topic", "us-east4"), ("logs", "us-east4")],
)
def test_a_trigger_on_data_stays_where_the_data_is(events: str, region: str):
    """What it starts goes with the rest, and so does a function that one is a part of."""
    kind, attribute, value = EVENTS[events]
    told = [{"attribute": "type", "value": kind}, {"attribute": attribute, "value": value}]
    trigger = {
        "name": "projects/platform/locations/us-west2/triggers/t",
        "eventFilters": told,
        "destination": {"cloudRun": {"service": "loader", "region": "us-west2"}},
    }
    after = rewritten(trigger, "eventarc/trigger", **MOVED)
    assert after["name"] == f"projects/rescue/locations/{region}/triggers/t"
    assert after["destination"]["cloudRun"]["region"] == "us-east4"
    function = {
        "name": "projects/platform/locations/us-west2/functions/f",
        "eventTrigger": {"eventType": kind, "triggerRegion": "us-west2", "eventFilters": told[1:]},
    }
    after = rewritten(function, "functions/function", **MOVED)
    assert after["name"] == "projects/rescue/locations/us-east4/functions/f"
    assert after["eventTrigger"]["triggerRegion"] == region


def test_what_says_where_data_is_stays_and_is_told():
    """A dataset stays; a variable that says where it is has to say so, and somebody has to know."""
    job = {
        "name": "projects/platform/locations/us-west2/jobs/load",
        "template": {
            "env": [
                {"name": "BIGQUERY_LOCATION", "value": "us-west2"},
                {"name": "REGION", "value": "us-west2"},
                {"name": "SQL", "value": "platform:us-west2:games"},
                {"name": "ZONE", "value": "us-west23"},
            ]
        },
    }
    rewriting = names_into().of("run/job", job)
    after, _ = rewriting.resource(job)
    values = [item["value"] for item in after["template"]["env"]]
    assert values == ["us-west2", "us-east4", "rescue:us-west2:games", "us-west23"]
    assert [place.told for place in rewriting.left(resource_type("run/job"), after)] == [
        "template.env[0].value: us-west2",
        "template.env[2].value: rescue:us-west2:games",
    ]
    function = {
        "serviceConfig": {"environmentVariables": {"BQ_REGION": "us-west2", "R": "us-west2"}}
    }
    after = rewritten(function, "functions/function", **MOVED)
    assert after["serviceConfig"]["environmentVariables"] == {
        "BQ_REGION": "us-west2",
        "R": "us-east4",
    }


def test_a_secret_stays_where_its_values_are_unless_it_is_made_anew():
    """Nothing changes where they are kept."""
    secret = {"replication": {"userManaged": {"replicas": [{"location": "us-west2"}]}}}
    assert rewritten(secret, "secretmanager/secret", project="platform", **MOVED) == secret
    assert rewritten(secret, "secretmanager/secret", **MOVED) != secret


def test_nothing_is_resumed_that_calls_a_region_that_is_lost():
    """An address of somebody else's stays as it is; a bucket can be called as a region."""
    regions = {"us-west2": "us-east4"}
    kind = resource_type("scheduler/job")
    job = {"httpTarget": {"uri": "https://a-99.us-west2.run.app/"}}
    (found,) = lost_references(kind, job, (), (), regions)
    assert (found.aspect, found.actual) == (
        "httpTarget.uri",
        "it still points at the lost region, and stays stopped",
    )
    now = ["https://us-west2-twin.example"]
    job["httpTarget"]["uri"] = f"{now[0]}/a"
    assert lost_references(kind, job, (), now, regions) == ()
    assert lost_references(kind, job, (), (), {**regions, "us-east1": "us-west2"}) == ()
    into = {"cloudStorageConfig": {"bucket": "raw-us-west2"}}
    assert lost_references(resource_type("pubsub/subscription"), into, (), (), regions) == ()


def names_into() -> Rewriting:
    """Return what rewrites into another project and region."""
    into = Target.model_validate({"project": "rescue", **MOVED})
    return Rewriting(new_names(run(), into, NUMBER))


def test_the_lost_project_is_known_by_its_id_and_its_number():
    """What refers to it by either is not resumed; a dataset's old name is no reason."""
    names = new_names(run(), Target(project="rescue", prefix="dr_"), NUMBER)
    assert names.lost == {"platform", "75"}


def test_two_regions_do_not_become_one():
    """Two schedules of one name in two regions are two."""
    check_apart(["a", "b"])
    with pytest.raises(RefusedError, match="would have this name"):
        check_apart(["a", "b", "a"])
