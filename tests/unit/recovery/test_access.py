"""Who may see what is changed only with a word, and is in the plan."""

from typing import Any

import pytest

from manifests.errors import ManifestAlteredError, RefusedError
from manifests.model import BucketBackup, Manifest
from recovery.plan import Plan, PresentAccess, Target, approved, check_plan, make_plan, with_access
from recovery.report import plan_text
from tests.unit.samples import GAMES, POINT, POLICY, games, manifest
from tests.unit.worlds import EQUAL, GONE, bucket_plan, now, plan, request, world

EVE = {"role": "OWNER", "userByEmail": "eve@x.com"}
EVERYBODY = {**POLICY, "grantees": ["allUsers", *POLICY["grantees"]]}
OPEN = {**POLICY, "filterPredicate": "TRUE"}
ANOTHER = {**POLICY, "rowAccessPolicyReference": {"policyId": "added_later"}}
KEY = {"kmsKeyName": "projects/p/locations/l/keyRings/r/cryptoKeys/k"}
NBA_GONE = world().model_copy(update={"datasets": {**world().datasets, "nba": None}})
PRESENT = PresentAccess(datasets=world().datasets, tables=world().tables, buckets={})


def told(made: Plan) -> list[tuple[str, str, str]]:
    """Return what changes about access."""
    return [(item.change, item.subject, item.what) for item in made.access]


def check(made: Plan, *, access: bool) -> None:
    """Refuse a plan that lacks a word; nothing but the one about access is lacking."""
    words = made.request.model_copy(update={"overwrite": ("*",)})
    spoken = made.model_copy(update={"request": words})
    check_plan(spoken, protected=(), confirmed_project=None, access=access)


def refused(made: Plan) -> str:
    """Return why a plan needs the word, insisting that it is told and that the word is enough."""
    text = plan_text(made, now=POINT)
    assert all(item.what in text for item in made.access)
    with pytest.raises(RefusedError) as caught:
        check(made, access=False)
    assert "`--access`" in caught.value.hint
    check(made, access=True)
    return str(caught.value)


def with_dataset(**changes: Any) -> Manifest:  # noqa: ANN401 - fields of a resource
    """Return a manifest whose first dataset has these properties."""
    first, *others = manifest().datasets
    changed = first.model_copy(update={"resource": {**first.resource, **changes}})
    return manifest(datasets=(changed, *others))


def with_games(**changes: Any) -> Manifest:  # noqa: ANN401 - fields of a backup
    """Return a manifest whose games table is another."""
    table = games().model_copy(update=changes)
    others = [item for item in manifest().tables if item.name != table.name]
    return manifest(tables=(table, *others))


def test_an_equal_world_changes_nothing():
    """What is there now needs no word."""
    made = plan(world())
    assert not made.access
    check(made, access=False)


@pytest.mark.parametrize(
    ("entry", "change", "what"),
    [
        (EVE, "gives access", "OWNER to userByEmail eve@x.com"),
        (
            {"role": "READER", "specialGroup": "allAuthenticatedUsers"},
            "makes public",
            "READER to specialGroup allAuthenticatedUsers",
        ),
        (
            {"role": "READER", "iamMember": "allUsers"},
            "makes public",
            "READER to iamMember allUsers",
        ),
        (
            {"role": "OWNER", "specialGroup": "projectReaders"},
            "gives access",
            "OWNER to specialGroup projectReaders",
        ),
        ({"role": "roles/bigquery.dataOwner", "specialGroup": "projectOwners"}, "", ""),
    ],
)
def test_a_dataset_that_is_made_gives_access(entry: dict[str, str], change: str, what: str):
    """The access in a manifest is given only with the word; what every dataset gives is no news."""
    origin = with_dataset(access=[entry])
    made = make_plan(origin, NBA_GONE, request(create_datasets=True))
    assert told(made) == ([(change, "dataset nba", what)] if change else [])
    if change:
        assert what in refused(made)
    assert not make_plan(origin, world(), request()).access
    assert told(make_plan(origin, world(), request(settings=True))) == told(made)


def test_what_is_undeleted_has_its_own_access():
    """Nothing of the manifest is given by it, to the dataset or to the tables in it."""
    origin = with_dataset(access=[EVE])
    gone = NBA_GONE.model_copy(update={"tables": world(games=GONE).tables})
    made = make_plan(origin, gone, request())
    assert made.undeletes == ("nba",)
    assert not made.access


def test_what_a_plan_authorizes_is_told():
    """A view that is made anew shows all rows to its readers, wherever it is listed already."""
    view = {"projectId": "platform", "datasetId": "nba", "tableId": "latest games"}
    origin = with_dataset(access=[{"view": view}])
    there = world().model_copy(
        update={
            "datasets": {**world().datasets, "nba": origin.datasets[0].resource},
            "definitions": {**world().definitions, "nba.latest games": None},
        }
    )
    made = make_plan(origin, there, request())
    shown = "all rows to view platform.nba.latest games"
    assert told(made) == [("gives access", "dataset nba", shown)]
    refused(made)


@pytest.mark.parametrize(
    ("present", "change", "what"),
    [
        ((), "gives access", "(policy own_team) to group:scouts@example.com"),
        ((POLICY, ANOTHER), "removes protection", "row access policy added_later"),
        ((OPEN,), "gives access", "rows where team = SESSION_USER()"),
    ],
)
def test_policies_change_with_a_word(present: tuple[dict[str, Any], ...], change: str, what: str):
    """A row policy that comes, goes or has other rows changes who sees what."""
    made = plan(world(games=now(EQUAL, policies=present)))
    assert {item.change for item in made.access} == {change}
    assert any(what in item.what for item in made.access)
    refused(made)


def test_a_policy_for_everybody_is_public():
    """Rows that everybody may read are told as that."""
    made = make_plan(with_games(row_access_policies=(EVERYBODY,)), world(), request())
    assert [item.change for item in made.access] == ["makes public"]
    assert "makes public: rows where" in refused(made)


def test_a_policy_tag_goes_with_a_word():
    """A column that is tagged now and was not then loses its protection."""
    schema = {"fields": [dict(field) for field in GAMES["schema"]["fields"]]}
    schema["fields"][0]["policyTags"] = {"names": ["taxonomies/1/tags/9"]}
    made = plan(world(games=now(EQUAL, schema=schema)))
    tag = "policy tag taxonomies/1/tags/9 of the column game_id"
    assert told(made) == [("removes protection", "table nba.games", tag)]
    refused(made)


def test_a_key_is_told_and_only_to_lose_it_needs_the_word():
    """Another key than now is in the plan: it protects, and gives nothing."""
    keyed = {**GAMES, "encryptionConfiguration": KEY}
    origin = with_games(resource=keyed, row_access_policies=())
    made = make_plan(origin, world(games=GONE), request())
    assert [item.change for item in made.access] == ["encrypts"]
    check(made, access=False)
    made = plan(world(games=now(EQUAL, encryptionConfiguration=KEY)))
    assert [item.change for item in made.access] == ["removes protection"]
    refused(made)


def with_bucket(*bindings: dict[str, Any]) -> Manifest:
    """Return a manifest with a bucket that has this IAM policy."""
    bucket = BucketBackup(
        bucket="raw-files",
        resource={"name": "raw-files"},
        access={"bindings": bindings},
        listed_at=POINT,
        finished_at=POINT,
        shards=(),
    )
    return manifest(buckets=(bucket,))


VIEWERS = {
    "role": "roles/storage.objectViewer",
    "members": ["allUsers", "user:eve@x.com", "user:scout@x.com"],
}
OWNERS = {
    "role": "roles/storage.legacyBucketOwner",
    "members": ["projectOwner:platform", "projectOwner:elsewhere", "projectViewer:platform"],
}


@pytest.mark.parametrize(
    ("changes", "count"), [({"create": True}, 5), ({"sets": True}, 4), ({}, 0)]
)
def test_a_bucket_that_is_made_or_set_gives_access(changes: dict[str, bool], count: int):
    """Its IAM policy is given back with the word, but for what is there and what every bucket gives."""
    made = plan(world()).model_copy(update={"buckets": (bucket_plan(**changes),)})
    policy = {"bindings": [{**VIEWERS, "members": ["user:scout@x.com"]}]}
    buckets = {} if changes.get("create") else {"raw-files": policy}
    present = PRESENT.model_copy(update={"buckets": buckets})
    seen = with_access(made, with_bucket(VIEWERS, OWNERS), present)
    viewer = "roles/storage.objectViewer to"
    assert [item.what for item in seen.access] == [
        f"{viewer} allUsers",
        f"{viewer} user:eve@x.com",
        *([f"{viewer} user:scout@x.com"] if count == 5 else []),
        "roles/storage.legacyBucketOwner to projectOwner:elsewhere",
        "roles/storage.legacyBucketOwner to projectViewer:platform",
    ][:count]
    if count:
        assert seen.access[0].change == "makes public"
        assert refused(seen).startswith("bucket raw-files: ")


def test_what_a_journal_says_of_access_is_not_believed():
    """It is looked at again, also where the journal says that nothing happens to a table."""
    there = now(EQUAL, policies=(POLICY, ANOTHER))
    present = PRESENT.model_copy(update={"tables": {**PRESENT.tables, "nba.games": there}})
    seen = with_access(plan(world()), manifest(), present)
    assert [item.change for item in seen.access] == ["removes protection"]
    forged = plan(world()).model_copy(update={"access": seen.access})
    assert not with_access(forged, manifest(), PRESENT).access
    with pytest.raises(RefusedError, match="who may see what"):
        approved(plan(world()), seen, subject="p")


def test_a_plan_about_something_else_is_altered():
    """What a journal names and its run does not hold is never taken from elsewhere."""
    made = plan(world()).model_copy(update={"buckets": (bucket_plan(create=True),)})
    with pytest.raises(ManifestAlteredError):
        with_access(made, manifest(), PRESENT)


def test_a_copy_is_named_as_what_is_written():
    """Subjects are the datasets and tables of the copy."""
    where = Target(project="platform", prefix="copy_")
    origin = with_dataset(access=[EVE])
    made = make_plan(origin, NBA_GONE, request(target=where))
    assert [item.subject for item in made.access] == ["dataset copy_nba"]
