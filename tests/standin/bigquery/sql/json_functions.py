"""Functions that take JSON apart."""

from sqlglot import exp

from tests.standin.bigquery.errors import invalid_query
from tests.standin.bigquery.sql.nodes import Rewrite, Rewrites, function, text, typed


def _path(node: exp.Expression) -> exp.Expression:
    path = node.args.get("expression")
    if path is None:
        return text("$")
    if not isinstance(path, exp.JSONPath):
        raise invalid_query("A JSON path that is not a literal is not supported by the stand-in")
    return text(path.sql("duckdb").removeprefix("'").removesuffix("'").replace("''", "'"))


def _at_path(name: str) -> Rewrite:
    def rewrite(node: exp.Expression) -> exp.Expression:
        return typed(name, node.this.copy(), _path(node))

    return rewrite


JSON_REWRITES: Rewrites = {
    exp.JSONType: function("bq_json_type", "this"),
    exp.JSONExtract: _at_path("bq_json_query"),
    exp.JSONExtractScalar: _at_path("bq_json_value"),
    exp.JSONExtractArray: _at_path("bq_json_query_array"),
    exp.JSONValueArray: _at_path("bq_json_value_array"),
    exp.Int64: function("bq_json_int64", "this"),
    exp.Float64: function("bq_json_float64", "this"),
    exp.JSONBool: function("bq_json_bool", "this"),
}
