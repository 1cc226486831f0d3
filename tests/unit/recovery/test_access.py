"""Who may see what is changed only with a word, and is in the plan."""

from typing import Any

import pytest

from manifests.errors import ManifestAlteredError, RefusedError
from manifests.model.run import Manifest
from recovery.compare.observed import ObservedTable
from recovery.kinds.decision import Origin
from recovery.kinds.tables.rules.seen import TablesSeen
from recovery.kinds.tables.rules.tables import TableStep
from recovery.plan.approval import approved, decided_of_recovery
from recovery.plan.whole import with_access
from recovery.request import Target
from tests.unit.access import check, refused, told, told_without_a_word
from tests.unit.samples import GAMES, POLICY, games, manifest
from tests.unit.worlds import EQUAL, GONE, now, plan, planned, request, world

EVE = {"role": "OWNER", "userByEmail": "eve@x.com"}
EVERYBODY = {**POLICY, "grantees": ["allUsers", *POLICY["grantees"]]}
OPEN = {**POLICY, "filterPredicate": "TRUE"}
ANOTHER = {**POLICY, "rowAccessPolicyReference": {"policyId": "added_later"}}
KEY = {"kmsKeyName": "projects/platform/locations/l/keyRings/r/cryptoKeys/k"}
NBA_GONE = world().model_copy(update={"datasets": {**world().datasets, "nba": None}})
ORIGIN = Origin(manifest())
SCOUT = {"role": "READER", "userByEmail": "scout@x.com"}


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
    made = planned(origin, NBA_GONE, request(create_datasets=True))
    assert told(made) == ([(change, "dataset nba", what)] if change else [])
    if change:
        assert what in refused(made)
    assert not planned(origin, world(), request()).access
    assert told(planned(origin, world(), request(settings=True))) == told(made)


def knowing(**datasets: list[dict[str, str]]) -> TablesSeen:
    """Return a world whose dataset `nba` is gone, and in which others have this access."""
    there = {
        name: {**manifest().datasets[1].resource, "access": it} for name, it in datasets.items()
    }
    return NBA_GONE.model_copy(update={"datasets": {**NBA_GONE.datasets, **there}})


def test_a_lost_dataset_comes_back_to_who_is_known_without_a_word():
    """Another dataset gives him the same role; nobody gets more than that, and no public is known."""
    wanted = request(create_datasets=True)
    made = planned(with_dataset(access=[SCOUT]), knowing(ref=[SCOUT]), wanted)
    known = "READER to userByEmail scout@x.com, as dataset ref"
    assert told_without_a_word(made) == [("gives as now", "dataset nba", known)]
    more = planned(with_dataset(access=[{**SCOUT, "role": "OWNER"}]), knowing(ref=[SCOUT]), wanted)
    assert told(more) == [("gives access", "dataset nba", "OWNER to userByEmail scout@x.com")]
    refused(more)
    public = {"role": "READER", "iamMember": "allUsers"}
    made = planned(with_dataset(access=[public]), knowing(ref=[public]), wanted)
    assert "makes public" in refused(made)
    view = {"view": {"projectId": "platform", "datasetId": "nba", "tableId": "latest games"}}
    made = planned(with_dataset(access=[view]), knowing(ref=[view]), wanted)
    assert "gives access: all rows to view" in refused(made)


def test_who_was_taken_out_of_a_dataset_is_not_let_in_because_another_knows_him():
    """That dataset is there: somebody decided who is in its access."""
    there = {**world().datasets, "ref": {**manifest().datasets[1].resource, "access": [SCOUT]}}
    observed = world().model_copy(update={"datasets": there})
    made = planned(with_dataset(access=[SCOUT]), observed, request(settings=True))
    assert told(made) == [("gives access", "dataset nba", "READER to userByEmail scout@x.com")]
    refused(made)


def test_whoever_makes_a_dataset_owns_it_anyway():
    """The entry of the account that makes it gives nothing new; the same of another does."""
    observed = NBA_GONE.model_copy(update={"account": EVE["userByEmail"]})
    wanted = request(create_datasets=True)
    assert not planned(with_dataset(access=[EVE]), observed, wanted).access
    made = planned(with_dataset(access=[{**EVE, "userByEmail": "adam@x.com"}]), observed, wanted)
    assert "OWNER to userByEmail adam@x.com" in refused(made)
    there = world().model_copy(update={"account": EVE["userByEmail"]})
    refused(planned(with_dataset(access=[EVE]), there, request(settings=True)))


def test_a_copy_gives_what_its_original_gives_now():
    """Who sees the original may see the copy; somebody else needs the word."""
    where = Target(project="platform", prefix="copy_")
    gone = dict.fromkeys(world().datasets)
    original = {**manifest().datasets[0].resource, "access": [SCOUT]}
    observed = NBA_GONE.model_copy(update={"datasets": gone, "originals": {"nba": original}})
    made = planned(with_dataset(access=[SCOUT]), observed, request(target=where))
    known = "READER to userByEmail scout@x.com, as dataset nba"
    assert ("gives as now", "dataset copy_nba", known) in told_without_a_word(made)
    made = planned(with_dataset(access=[EVE]), observed, request(target=where))
    assert "gives access: OWNER to userByEmail eve@x.com" in refused(made)


def test_what_is_undeleted_has_its_own_access():
    """Nothing of the manifest is given by it, to the dataset or to the tables in it."""
    origin = with_dataset(access=[EVE])
    gone = NBA_GONE.model_copy(update={"tables": world(games=GONE).tables})
    made = planned(origin, gone, request())
    assert [item.name for item in made.come_first] == ["nba"]
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
    made = planned(origin, there, request())
    shown = "all rows to view platform.nba.latest games"
    assert told(made) == [("gives access", "dataset nba", shown)]
    refused(made)


@pytest.mark.parametrize(
    ("present", "change", "what"),
    [
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


@pytest.mark.parametrize("found", [now(EQUAL, policies=()), GONE])
def test_the_first_policies_of_a_table_only_limit(found: ObservedTable):
    """Whom they name must be able to read the table anyway; they are told, and need no word."""
    rows = "rows where team = SESSION_USER() (policy own_team) to group:scouts@example.com"
    made = plan(world(games=found))
    assert ("limits access", "table nba.games", rows) in told_without_a_word(made)
    for_everybody = with_games(row_access_policies=(EVERYBODY,))
    told_without_a_word(planned(for_everybody, world(games=found), request()))


def test_a_policy_for_everybody_is_public():
    """Rows that everybody may read are told as that."""
    made = planned(with_games(row_access_policies=(EVERYBODY,)), world(), request())
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


def test_a_key_is_told_and_only_to_lose_or_change_it_needs_the_word():
    """Another key than now is in the plan: it protects, and gives nothing."""
    keyed = {**GAMES, "encryptionConfiguration": KEY}
    other = {**GAMES, "encryptionConfiguration": {"kmsKeyName": KEY["kmsKeyName"] + "2"}}
    origin = with_games(resource=keyed, row_access_policies=())
    made = planned(origin, world(games=GONE), request())
    assert [item.change for item in made.access] == ["encrypts"]
    check(made, access=False)
    for origin, changes in ((manifest(), []), (with_games(resource=other), ["encrypts"])):
        made = planned(origin, world(games=now(EQUAL, encryptionConfiguration=KEY)), request())
        assert [item.change for item in made.access] == ["removes protection", *changes]
        refused(made)


def test_a_key_of_another_project_needs_a_word():
    """Whoever has it could lock up what is brought back, and any document can name it."""
    foreign = {"kmsKeyName": "projects/eve/locations/l/keyRings/r/cryptoKeys/k"}
    origin = with_games(resource={**GAMES, "encryptionConfiguration": foreign})
    made = planned(origin, world(games=GONE), request())
    assert "uses a foreign key: with the key projects/eve/" in refused(made)
    there = world(games=now(EQUAL, encryptionConfiguration=foreign))
    assert not planned(origin, there, request()).access
    origin = with_dataset(defaultEncryptionConfiguration=foreign)
    assert "uses a foreign key" in refused(planned(origin, NBA_GONE, request(create_datasets=True)))


def test_what_a_journal_says_of_access_is_not_believed():
    """It is looked at again, also where the journal says that nothing happens to a table."""
    there = now(EQUAL, policies=(POLICY, ANOTHER))
    seen = with_access(plan(world()), ORIGIN, {"tables": world(games=there)})
    assert [item.change for item in seen.access] == ["removes protection"]
    forged = plan(world()).model_copy(update={"access": seen.access})
    assert not with_access(forged, ORIGIN, {"tables": world()}).access
    with pytest.raises(RefusedError, match="who may see what"):
        approved(plan(world()), seen, decided_of_recovery, subject="p")


def test_a_plan_about_something_else_is_altered():
    """What a journal names and its run does not hold is never taken from elsewhere."""
    made = plan(world())
    other = made.of(TableStep)[0].model_copy(update={"name": "nba.other"})
    with pytest.raises(ManifestAlteredError):
        with_access(made.model_copy(update={"steps": (other,)}), ORIGIN, {"tables": world()})


def test_a_copy_is_named_as_what_is_written():
    """Subjects are the datasets and tables of the copy."""
    where = Target(project="platform", prefix="copy_")
    origin = with_dataset(access=[EVE])
    made = planned(origin, NBA_GONE, request(target=where))
    assert [item.subject for item in made.access] == ["dataset copy_nba"]
