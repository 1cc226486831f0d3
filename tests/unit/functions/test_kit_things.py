"""What a kit makes of views, routines and resources, and what it says of those that no command makes."""

from typing import Any

import pytest

from functions.kit.definitions import definition_steps
from functions.kit.resources import resource_steps
from manifests.kinds.resources.lines import StoredResource, entry_of
from manifests.kinds.resources.model import ResourceBackup
from manifests.kinds.resources.table import TYPES
from manifests.kinds.tables.model import DatasetBackup
from manifests.values import Resource, StoredObject
from tests.unit.samples import POINT


def test_a_view_comes_behind_what_it_reads():
    """Whatever the names are, each finds the views and routines that it reads."""

    def view(name: str, query: str) -> Resource:
        reference = {"projectId": "p", "datasetId": "nba", "tableId": name}
        return {"tableReference": reference, "view": {"query": query, "useLegacySql": False}}

    dataset = DatasetBackup(
        dataset_id="nba",
        resource={},
        views=(
            view("a", "SELECT * FROM nba.b"),
            view("b", "SELECT * FROM nba.c"),
            view("c", "SELECT 1"),
        ),
        routines=({**_routine("z", "1")},),
    )
    names = [item.name for item in definition_steps([dataset])]
    assert names == ["nba.z", "nba.c", "nba.b", "nba.a"]
    circle = dataset.model_copy(
        update={"views": (view("a", "SELECT * FROM nba.a1"), view("a1", "SELECT * FROM nba.a"))}
    )
    assert len(list(definition_steps([circle]))) == 3


def _routine(name: str, body: str, **more: object) -> Resource:
    reference = {"projectId": "p", "datasetId": "nba", "routineId": name}
    return {
        "routineReference": reference,
        "routineType": "SCALAR_FUNCTION",
        "definitionBody": body,
        **more,
    }


@pytest.mark.parametrize(
    ("body", "is_made"),
    [
        ("x * 2", True),
        ("CONCAT(')', \"';\", x) -- ;)", True),
        ("(SELECT 1 /* ) ; */)", True),
        ("1); DROP TABLE nba.games; SELECT (1", False),
        ("1) AS x, (2", False),
        ("(1", False),
        ("1; SELECT 2", False),
    ],
)
def test_the_text_of_a_function_is_one_expression(body: str, is_made: bool):  # noqa: FBT001 - a case
    """A text that ends its expression could begin a statement of its own: it is left, and told."""
    dataset = DatasetBackup(dataset_id="nba", resource={}, routines=(_routine("f", body),))
    (made,) = definition_steps([dataset])
    assert bool(made.commands) is is_made
    assert bool(made.left) is not is_made


def test_types_of_arguments_are_written_as_sql():
    """Arrays, structs, ranges and types that are not told have their own words."""
    struct = {"fields": [{"name": "a", "type": {"typeKind": "INT64"}}]}
    element = {"typeKind": "STRUCT", "structType": struct}
    arguments = [
        {"name": "x", "dataType": {"typeKind": "ARRAY", "arrayElementType": element}},
        {"name": "y", "argumentKind": "ANY_TYPE"},
    ]
    returned = {"typeKind": "RANGE", "rangeElementType": {"typeKind": "DATE"}}
    routine = _routine("f", "NULL", arguments=arguments, returnType=returned)
    dataset = DatasetBackup(dataset_id="nba", resource={}, routines=(routine,))
    (made,) = definition_steps([dataset])
    (sql,) = made.files.values()
    assert sql.decode() == (
        "CREATE FUNCTION `nba.f`(`x` ARRAY<STRUCT<`a` INT64>>, `y` ANY TYPE) "
        "RETURNS RANGE<DATE> AS (\nNULL\n);"
    )


def test_a_table_function_gives_the_columns_that_it_says():
    """Its query follows without parentheses; columns of which nothing is said are those of the query."""
    columns = [{"name": "a", "type": {"typeKind": "INT64"}}]
    table_type = {"returnTableType": {"columns": columns}}
    kind = {"routineType": "TABLE_VALUED_FUNCTION"}
    routines = (
        _routine("f", "SELECT 1 AS a", **kind),
        _routine("g", "SELECT 1", **table_type, **kind),
    )
    made = definition_steps([DatasetBackup(dataset_id="nba", resource={}, routines=routines)])
    assert [sql.decode() for step in made for sql in step.files.values()] == [
        "CREATE TABLE FUNCTION `nba.f`() AS \nSELECT 1 AS a\n;",
        "CREATE TABLE FUNCTION `nba.g`() RETURNS TABLE<`a` INT64> AS \nSELECT 1\n;",
    ]


def _resources(kind: str, resource: Resource, **more: Any) -> list[str]:  # noqa: ANN401 - fields of the model
    stored = StoredResource(name=resource["name"], resource=resource, **more)
    backup = ResourceBackup(
        type=kind,
        read_at=POINT,
        entries=(entry_of(stored),),
        stored=StoredObject(
            name="runs/r/resources/x.jsonl", size_bytes=1, crc32c="", generation=1, row_count=1
        ),
    )
    return [item.script() for item in resource_steps(backup, [stored])]


def test_a_schedule_is_made_so_that_it_is_never_due_before_it_is_paused():
    """It gets its own time once it is paused, and its body and headers as they were."""
    name = "projects/p/locations/us-west2/jobs/hourly"
    target = {"uri": "https://a.example/?x=1&y", "headers": {"X-A": "1,2"}, "body": "eyJhIjoxfQ=="}
    (script,) = _resources(
        "scheduler/job",
        {"name": name, "schedule": "0 6 * * *", "state": "ENABLED", "httpTarget": target},
    )
    made, paused, updated = (line for line in script.splitlines() if line.startswith("gcloud"))
    assert "--schedule=0 0 29 2 *" in made.replace("'", "")
    assert "jobs pause hourly" in paused
    assert "'--schedule=0 6 * * *'" in updated
    assert "^@0@^X-A=1,2" in made
    assert "that it runs: it is paused" in script


@pytest.mark.parametrize(
    ("destination", "is_made"),
    [
        ("storage.googleapis.com/logs-of-games", True),
        ("bigquery.googleapis.com/projects/p/datasets/logs", True),
        ("--log-filter=x", False),
        ("storage.googleapis.com/--odd", False),
        ("storage.googleapis.com//logs", False),
    ],
)
def test_a_sink_goes_where_it_went(destination: str, is_made: bool):  # noqa: FBT001 - a case
    """A destination is a path of names (Cloud Logging, sinks); what could be an option is left out."""
    sink = {"name": "errors", "destination": destination, "filter": "severity>=ERROR"}
    (script,) = _resources("logging/sink", sink)
    assert (f" logging sinks create errors {destination} " in script) == is_made
    assert is_made or "errors" in script.partition("not brought back")[2]


def test_access_to_a_project_is_only_added():
    """Each member is added to what is there; what is under a condition is told."""
    bindings = [
        {"role": "roles/viewer", "members": ["user:a@example.com"]},
        {"role": "roles/editor", "members": ["user:b@example.com"], "condition": {"title": "t"}},
    ]
    (script,) = _resources(
        "cloudresourcemanager/project", {"name": "projects/p"}, policy={"bindings": bindings}
    )
    assert 'add-iam-policy-binding "${PROJECT}" --member=user:a@example.com' in script
    assert "set-iam-policy" not in script
    assert "# not brought back: roles/editor of user:b@example.com, under a condition" in script


@pytest.mark.parametrize("kind", [item.name for item in TYPES])
def test_a_resource_of_every_type_is_made_or_told(kind: str):
    """What is odd about a resource, or no command makes, is named with where it can be had."""
    for resource in (
        {"name": "projects/p/locations/l/x/--odd"},
        {"name": "projects/p/locations/l/x/own"},
    ):
        script = "\n".join(_resources(kind, resource))
        assert "gcloud" in script or "not brought back" in script or "projects/p" in script
        assert " --odd" not in script.replace("# ", "")
