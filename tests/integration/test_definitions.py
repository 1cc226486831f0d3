"""Views, materialized views and routines come back with all they had, and with what they may read."""

import json
from typing import Any

import pytest
import requests

from tests.harness import LOCATION, RUN_SECONDS, Rebound, of_kind
from tests.integration import lake
from tests.served import serving

SCENARIO = "bigquery-dataset-loss"
GOLD = "gold.secret"
SUMS = """
CREATE MATERIALIZED VIEW `{lake}.sums` OPTIONS(enable_refresh=true) AS
SELECT home, SUM(pace) AS pace FROM `{lake}.games` GROUP BY home
"""
DESCRIBED = """
CREATE VIEW `{lake}.described` OPTIONS(description='what it says') AS
SELECT id, note FROM `{lake}.empty`
"""
CALLING = "CREATE VIEW `{lake}.calling` AS SELECT games FROM `{lake}.above`(3, ['Denver', ''])"
CALLED = "SELECT games FROM `{lake}.calling` ORDER BY games"
ABOVE = {
    "routineType": "TABLE_VALUED_FUNCTION",
    "language": "SQL",
    "arguments": [
        {"name": "least", "dataType": {"typeKind": "INT64"}},
        {
            "name": "names",
            "dataType": {"typeKind": "ARRAY", "arrayElementType": {"typeKind": "STRING"}},
        },
    ],
    "returnTableType": {"columns": [{"name": "games", "type": {"typeKind": "FLOAT64"}}]},
    "description": "those who play more",
}
OF_THE_MOMENT = {"etag", "creationTime", "lastModifiedTime"}
TAGS = {"names": ["projects/p/locations/us/taxonomies/1/policyTags/2"]}


def api(rebound: Rebound, method: str, path: str, **how: Any) -> Any:  # noqa: ANN401 - JSON
    """Call the API as it is: the client drops fields."""
    connection = rebound.bigquery_client._connection  # noqa: SLF001 - see above
    return connection.api_request(method, f"/projects/{rebound.project}/{path}", **how)


def holding(rebound: Rebound) -> dict[str, bool]:
    """Return what the gold dataset authorizes, and whether that still holds."""
    url = f"{rebound.cloud.admins['bigquery']}/standin/grants"
    grants = requests.get(url, timeout=30).json()
    mine = [item for item in grants if item["dataset"] == f"{rebound.project}:gold"]
    return {next(iter(item["entry"])): item["holds"] for item in mine}


def access_of_gold(rebound: Rebound) -> list[str]:
    """Return who may see the gold dataset, in one order."""
    found = api(rebound, "GET", "datasets/gold", query_params={"accessPolicyVersion": "3"})
    return sorted(json.dumps(entry, sort_keys=True) for entry in found["access"])


@pytest.fixture
def gilded(rebound: Rebound) -> Rebound:
    """Return a platform, backed up, with a second dataset that authorizes what is in the first."""
    lake.write_catalog(rebound.folder, (*lake.TABLES, GOLD))
    here = {"projectId": rebound.project, "datasetId": lake.DATASET}
    with rebound.cloud.minutes_ago(5):
        rebound.query(f"CREATE SCHEMA `{rebound.project}.gold` OPTIONS(location='{LOCATION}')")
        rebound.query(f"CREATE TABLE `{rebound.project}.{GOLD}` AS SELECT 1 AS id")
        for definition in (SUMS, DESCRIBED):
            rebound.query(definition.format(lake=f"{rebound.project}.lake"))
        # A table function that reads a view, and a view that calls it.
        above = {
            "routineReference": {**here, "routineId": "above"},
            "definitionBody": f"SELECT games FROM `{rebound.project}.lake.busy` "
            "WHERE games > least AND home IN UNNEST(names)",
            **ABOVE,
        }
        api(rebound, "POST", "datasets/lake/routines", data=above)
        rebound.query(CALLING.format(lake=f"{rebound.project}.lake"))
        columns = [
            {"name": "id", "type": "INTEGER", "description": "clé"},
            {"name": "note", "type": "STRING", "policyTags": TAGS},
        ]
        api(
            rebound, "PATCH", "datasets/lake/tables/described", data={"schema": {"fields": columns}}
        )
        access = api(rebound, "GET", "datasets/gold")["access"]
        entries = [
            {"view": {**here, "tableId": "busy"}},
            {"routine": {**here, "routineId": "double"}},
            {"dataset": {"dataset": here, "targetTypes": ["VIEWS"]}},
            {
                "role": "READER",
                "userByEmail": "guest@example.com",
                "condition": {"title": "once", "expression": "request.time.getHours() > 8"},
            },
        ]
        version = {"accessPolicyVersion": "3"}
        api(
            rebound,
            "PATCH",
            "datasets/gold",
            data={"access": [*access, *entries]},
            query_params=version,
        )
    with serving(rebound) as function:
        function.complete("night")
    return rebound


def written(rebound: Rebound, name: str) -> dict[str, Any]:
    """Return what of a view is written, not what BigQuery adds."""
    found = api(rebound, "GET", f"datasets/lake/tables/{name}")
    keys = ("view", "materializedView", "schema", "description", "type")
    kept = {key: found[key] for key in keys if key in found}
    if "materializedView" in kept:
        kept["materializedView"].pop("lastRefreshTime")
    return kept


def routine(rebound: Rebound, name: str) -> dict[str, Any]:
    """Return what of a routine is written, not what BigQuery adds."""
    found = api(rebound, "GET", f"datasets/lake/routines/{name}")
    return {key: found[key] for key in found if key not in OF_THE_MOMENT}


def test_what_is_authorized_elsewhere_is_authorized_again(gilded: Rebound):
    """A dataset comes back with its views as they were, and the one that survived lets them read.

    Whatever its views and table functions read of each other.
    """
    before = {name: written(gilded, name) for name in ("sums", "described", "busy", "calling")}
    above, answer = routine(gilded, "above"), CALLED.format(lake=f"{gilded.project}.lake")
    assert ABOVE.items() <= above.items()
    played = gilded.query(answer)
    access = access_of_gold(gilded)
    assert holding(gilded) == {"view": True, "routine": True, "dataset": True}
    gilded.bigquery_client.delete_dataset("lake", delete_contents=True)
    assert holding(gilded) == {"view": False, "routine": False, "dataset": False}
    planned = gilded.run("plan", SCENARIO).stdout
    for line in ("view lake.busy", "routine lake.double", "dataset lake"):
        assert f"authorize            {line} again, in dataset gold" in planned
    assert "which is not there" not in planned
    gilded.run("recover", SCENARIO, "--access", "--yes")
    assert {name: written(gilded, name) for name in before} == before
    assert holding(gilded) == {"view": True, "routine": True, "dataset": True}
    assert access_of_gold(gilded) == access
    assert gilded.query(f"SELECT pace FROM `{gilded.project}.lake.sums` LIMIT 1")
    assert routine(gilded, "above") == above
    assert len(played) > 1
    assert gilded.query(answer) == played


def test_a_refresh_is_no_difference_and_a_query_is(gilded: Rebound):
    """A materialized view is made again for another query, with a word, and for its table, without."""
    sums = f"`{gilded.project}.lake.sums`"
    gilded.query(f"INSERT INTO `{gilded.project}.{lake.EMPTY}` (id) VALUES (1)")
    gilded.query(f"DELETE FROM `{gilded.project}.{lake.EMPTY}` WHERE TRUE")
    steps = of_kind(gilded.json("plan", SCENARIO), "view", "routine")
    assert {step["action"] for step in steps} == {"leave"}

    before = written(gilded, "sums")
    access = "datasets/lake/tables/sums:{}IamPolicy"
    bindings = [{"role": "roles/bigquery.dataViewer", "members": ["user:a@example.com"]}]
    gilded.query(f"DROP MATERIALIZED VIEW {sums}")
    other = f"SELECT home, COUNT(*) AS pace FROM `{gilded.project}.lake.games` GROUP BY home"
    gilded.query(f"CREATE MATERIALIZED VIEW {sums} AS {other}")
    assert "`--overwrite lake.sums`" in gilded.run("recover", SCENARIO, "--yes", code=5).stderr
    agreed = ("--yes", "--overwrite", "lake.sums")
    recovery = in_pieces(gilded, "recover", SCENARIO, *agreed)
    assert written(gilded, "sums") == before
    in_pieces(gilded, "undo", recovery, "lake.sums", "--yes")
    assert written(gilded, "sums")["materializedView"]["query"] == other
    gilded.run("recover", SCENARIO, *agreed)

    gilded.query(f"DROP TABLE `{gilded.project}.{lake.GAMES}`")
    api(gilded, "POST", access.format("set"), data={"policy": {"bindings": bindings}})
    planned = gilded.run("plan", SCENARIO).stdout
    assert "make again           view lake.sums: it ends with lake.games" in planned
    gilded.run("recover", SCENARIO, "--yes")
    assert written(gilded, "sums") == before
    assert gilded.query(f"SELECT SUM(pace) AS n FROM {sums}")
    assert api(gilded, "POST", access.format("get"), data={})["bindings"] == bindings


def in_pieces(rebound: Rebound, command: str, name: str, *words: str) -> str:
    """Refuse, then kill, what makes a view anew when it has deleted it, and go on; return the recovery."""
    before = written(rebound, "sums")
    with rebound.cloud.fault("bigquery", "bigquery.tables.insert", "status", status=403):
        done = rebound.ended(command, name, *words)
    assert done.returncode, done.stdout
    assert "the view that was there is made again" in " ".join((done.stdout + done.stderr).split())
    assert written(rebound, "sums") == before
    recovery = max(rebound.recoveries)
    again = (command if command == "undo" else "resume", recovery, *words)
    with rebound.cloud.held("bigquery", "bigquery.tables.insert", is_done=False):
        killed = rebound.begin(*again)
        rebound.cloud.await_fault("bigquery", killed)
        killed.kill()
        killed.communicate(RUN_SECONDS)
    assert "sums" not in [it.table_id for it in rebound.bigquery_client.list_tables("lake")]
    rebound.run(*again)
    return recovery


def test_every_property_of_a_definition_counts(gilded: Rebound):
    """Descriptions of a view's columns, and options of a routine that no list names, are restored."""
    before = written(gilded, "described")
    double = "datasets/lake/routines/double"
    own, above = api(gilded, "GET", double), routine(gilded, "above")
    bare = [{"name": "id", "type": "INTEGER"}, {"name": "note", "type": "STRING"}]
    bare[1]["policyTags"] = {"names": []}  # type: ignore[assignment]  # JSON
    api(gilded, "PATCH", "datasets/lake/tables/described", data={"schema": {"fields": bare}})
    written_of_it = {key: own[key] for key in own if key not in OF_THE_MOMENT}
    changed = {**written_of_it, "securityMode": "DEFINER", "dataGovernanceType": "DATA_MASKING"}
    api(gilded, "PUT", double, data=changed)
    whole = {"columns": [{"name": "games", "type": {"typeKind": "INT64"}}]}
    other = {**above, "returnTableType": whole, "arguments": ABOVE["arguments"][::-1]}
    api(gilded, "PUT", "datasets/lake/routines/above", data=other)
    steps = {
        step["name"]: step for step in of_kind(gilded.json("plan", SCENARIO), "view", "routine")
    }
    aspects = {
        name: {item["aspect"] for item in steps[name]["findings"]}
        for name in ("lake.described", "lake.double", "lake.above")
    }
    assert aspects == {
        "lake.described": {"column properties"},
        "lake.double": {"securityMode", "dataGovernanceType"},
        "lake.above": {"arguments", "returnTableType"},
    }
    gilded.run("recover", SCENARIO, "--access", "--yes", "--overwrite", "*")
    assert written(gilded, "described") == before
    assert routine(gilded, "above") == above
    back = api(gilded, "GET", double)
    assert {key for key in back if back.get(key) != own.get(key)} <= OF_THE_MOMENT


def test_views_over_what_nobody_protects_are_told_beforehand(rebound: Rebound):
    """What cannot be made is in `show` and in the plan; the rest is proven all the same."""
    outside = f"`{rebound.project}.outside.scores`"
    with rebound.cloud.minutes_ago(5):
        rebound.query(f"CREATE SCHEMA `{rebound.project}.outside` OPTIONS(location='{LOCATION}')")
        rebound.query(f"CREATE TABLE {outside} AS SELECT 1 AS id")
        for name, text in (
            ("direct", f"SELECT id FROM {outside} -- FROM `{rebound.project}.no.comment`"),
            ("through", f"SELECT d.id FROM `{rebound.project}.lake.direct` AS d"),
        ):
            rebound.query(f"CREATE VIEW `{rebound.project}.lake.{name}` AS {text}")
    with serving(rebound) as function:
        function.complete("night")
    shown = rebound.run("show", "night").stdout
    assert "view lake.direct reads what the run does not hold: outside.scores" in shown
    for dataset_id in ("outside", lake.DATASET):
        rebound.bigquery_client.delete_dataset(dataset_id, delete_contents=True)
    done = rebound.run("recover", SCENARIO, "--yes", "--create-datasets").stdout
    assert (
        f"view lake.direct: it reads {rebound.project}.outside.scores, which is not there" in done
    )
    assert "view lake.through: it reads lake.direct, which is not there" in done
    assert done.count("NOT MADE") == 2
    assert "4 of 4 tables proven equal" in done
    assert "proven    view lake.busiest" in done
    rebound.query(f"CREATE SCHEMA `{rebound.project}.outside` OPTIONS(location='{LOCATION}')")
    rebound.query(f"CREATE TABLE {outside} AS SELECT 1 AS id")
    done = rebound.run("recover", SCENARIO, "--yes").stdout
    assert "proven    view lake.through" in done
    assert "NOT MADE" not in done
