"""What a view reads is found in its text, and what it lacks is told of all that read it."""

from typing import Any

import pytest

from manifests.references import references, unmakeable


def view(query: str) -> dict[str, Any]:
    """Return a view of the project `p`."""
    named = {"projectId": "p", "datasetId": "lake", "tableId": "v"}
    return {"tableReference": named, "view": {"query": query}}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("SELECT 1", set()),
        ("SELECT * FROM `p.d.t`", {("p", "d", "t")}),
        ("select * from `p`.`d`.`t-1` join d2.u using (id)", {("p", "d", "t-1"), ("p", "d2", "u")}),
        ("SELECT * FROM my-project.d.t", {("my-project", "d", "t")}),
        ("WITH c AS (SELECT 1 AS x) SELECT * FROM c", set()),
        ("SELECT * FROM d.t AS g, UNNEST(g.tags) JOIN g.tags", {("p", "d", "t")}),
        ("SELECT * FROM d.t g LEFT JOIN g.tags", {("p", "d", "t")}),
        ("SELECT 'FROM a.b', \"FROM a.b\" /* FROM a.b */ -- FROM a.b\n# FROM a.b", set()),
        ("SELECT * FROM d.INFORMATION_SCHEMA.TABLES JOIN `p.d.t_*`", set()),
        ("SELECT * FROM [q:d.t]", {("q", "d", "t")}),
        ("SELECT * FROM d.f(1) JOIN `p.d.g`('x', 2)", {("p", "d", "f"), ("p", "d", "g")}),
        ("SELECT * FROM ML.PREDICT(MODEL d.m, TABLE d.t) JOIN ai.forecast (TABLE d.t)", set()),
    ],
)
def test_references(query: str, expected: set[tuple[str, str, str]]):
    """Names behind FROM and JOIN, whole or without project, and nothing in comments and strings."""
    assert references(view(query)) == expected


def test_what_reads_what_cannot_be_made_cannot_be_made():
    """Through any number of views; the others can."""
    definitions = {
        "lake.last": view("SELECT 1 FROM lake.middle"),
        "lake.middle": view("SELECT 1 FROM `p.lake.first` JOIN d.there"),
        "lake.first": view("SELECT 1 FROM d.gone"),
        "lake.other": view("SELECT 1 FROM d.there"),
    }
    assert unmakeable(definitions, {("p", "d", "gone")}) == {
        "lake.first": "p.d.gone",
        "lake.middle": "lake.first",
        "lake.last": "lake.middle",
    }
    assert unmakeable(definitions, set()) == {}
