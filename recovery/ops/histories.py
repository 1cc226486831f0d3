"""The history that the hourly `tick` writes, as BigQuery reads it: external tables of JSON lines. Pure.

A query job carries their definitions, so that no table has to be created (BigQuery, Query data in
external tables: temporary tables). A console takes no definitions: a script for it creates the tables in
the scratch dataset.
"""

import re
from collections.abc import Collection, Mapping
from typing import Any

from manifests.history import DrillLine, HistoryName, RunLine, history_name
from manifests.values import Resource, Value

_TABLE = re.compile(r"\bhistory_(runs|drills)\b")
_LINES: Mapping[HistoryName, type[Value]] = {"runs": RunLine, "drills": DrillLine}
_TYPES = {"string": "STRING", "integer": "INT64", "number": "FLOAT64", "boolean": "BOOL"}
_API_NAMES = {"INT64": "INTEGER", "FLOAT64": "FLOAT", "BOOL": "BOOLEAN"}


def histories_of(sql: str) -> tuple[HistoryName, ...]:
    """Return which histories a statement reads: `runs` where it names `history_runs`."""
    used = set(_TABLE.findall(sql))
    return tuple(name for name in _LINES if name in used)


def columns_of(name: HistoryName) -> dict[str, str]:
    """Return the columns of a history with their types."""
    fields = _LINES[name].model_json_schema()["properties"]
    return {field: _type(schema) for field, schema in fields.items()}


def _type(schema: Mapping[str, Any]) -> str:
    told: Mapping[str, Any] = schema.get("anyOf", (schema,))[0]
    return "TIMESTAMP" if told.get("format") == "date-time" else _TYPES[told["type"]]


def definitions(names: Collection[HistoryName], bucket: str) -> dict[str, Resource]:
    """Return the definitions that a query job carries, by the name of the table.

    Args:
        names: The histories.
        bucket: The landing bucket.
    """
    return {
        f"history_{name}": {
            "sourceFormat": "NEWLINE_DELIMITED_JSON",
            "sourceUris": [_uri(name, bucket)],
            "ignoreUnknownValues": True,
            "schema": {
                "fields": [
                    {"name": column, "type": _API_NAMES.get(kind, kind)}
                    for column, kind in columns_of(name).items()
                ]
            },
        }
        for name in names
    }


def standing_alone(sql: str, *, bucket: str, dataset: str) -> str:
    """Return a script that creates the history tables of a statement in a dataset, and then runs it.

    Args:
        sql: The statement.
        bucket: The landing bucket.
        dataset: The dataset they are created in; its tables expire, and it is in the bucket's location.
    """
    made = [
        f"CREATE OR REPLACE EXTERNAL TABLE {dataset}.history_{name} (\n  "
        + ",\n  ".join(f"{column} {kind}" for column, kind in columns_of(name).items())
        + "\n) OPTIONS (\n  format = 'NEWLINE_DELIMITED_JSON',\n"
        + f"  uris = ['{_uri(name, bucket)}'],\n  ignore_unknown_values = TRUE\n);\n"
        for name in histories_of(sql)
    ]
    return "".join(made) + _TABLE.sub(rf"{dataset}.\g<0>", sql)


def _uri(name: HistoryName, bucket: str) -> str:
    return f"gs://{bucket}/{history_name(name)}"
