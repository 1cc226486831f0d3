"""What is called otherwise in another project, in another region, and beside data of other names."""

from typing import Any

import pytest

from manifests.errors import RefusedError
from manifests.model.run import Manifest
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
    return Rewriting(names).of(kind).resource(value)[0]


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
    assert Rewriting(names).text(text) == moved
    assert names.lost == frozenset()
    assert new_names(run(), Target(project="platform", prefix="dr_"), "75") == Names()


def test_the_lost_project_is_known_by_its_id_and_its_number():
    """What refers to it by either is not resumed; a dataset's old name is no reason."""
    names = new_names(run(), Target(project="rescue", prefix="dr_"), NUMBER)
    assert names.lost == {"platform", "75"}


def test_two_regions_do_not_become_one():
    """Two schedules of one name in two regions are two."""
    check_apart(["a", "b"])
    with pytest.raises(RefusedError, match="would have this name"):
        check_apart(["a", "b", "a"])
