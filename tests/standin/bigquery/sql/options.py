"""OPTIONS(...) and PARTITION BY of a statement as parts of a resource."""

import datetime as dt
from typing import Any

from sqlglot import exp

from tests.standin.bigquery.engine.entries import Resource
from tests.standin.bigquery.errors import invalid_query
from tests.standin.bigquery.session import Session
from tests.standin.bigquery.sql.parser import parse
from tests.standin.bigquery.sql.translate import to_duckdb

_DAY_MS = 24 * 3600 * 1000
_NAMES = {
    "description": "description",
    "friendly_name": "friendlyName",
    "default_rounding_mode": "defaultRoundingMode",
    "require_partition_filter": "requirePartitionFilter",
    "location": "location",
    "storage_billing_model": "storageBillingModel",
    "is_case_insensitive": "isCaseInsensitive",
}
_DAYS = {
    "default_table_expiration_days": "defaultTableExpirationMs",
    "default_partition_expiration_days": "defaultPartitionExpirationMs",
}


def options_of(text: str | None, session: Session) -> dict[str, Any]:
    """Read the text between the parentheses of OPTIONS."""
    if not text or not text.strip():
        return {}
    tree = parse(f"CREATE TABLE a.b OPTIONS({text}) AS SELECT 1")
    return options_in(tree.args.get("properties"), session)


def options_in(properties: exp.Expression | None, session: Session) -> dict[str, Any]:
    """Read the options among the properties of a statement."""
    found: dict[str, Any] = {}
    for item in properties.expressions if properties is not None else []:
        if isinstance(item, exp.Property) and type(item) is exp.Property:
            found[item.name.lower()] = _evaluated(item.args["value"], session)
        elif isinstance(item, exp.LocationProperty):
            found["location"] = item.name
    return found


def _evaluated(value: exp.Expression, session: Session) -> Any:  # noqa: ANN401 - JSON values
    if isinstance(value, exp.Array):
        return [_evaluated(item, session) for item in value.expressions]
    if isinstance(value, exp.Tuple):
        return tuple(_evaluated(item, session) for item in value.expressions)
    if value.is_string:
        return value.name
    text = to_duckdb(value.copy(), session)
    return session.connection.execute(f"SELECT {text}").fetchall()[0][0]


def table_options(options: dict[str, Any], base: Resource) -> Resource:
    """Return the parts of a table's resource that options set.

    Args:
        options: By name.
        base: The resource they are set on.

    Raises:
        BigQueryError: An option is unknown.
    """
    found: Resource = {}
    for name, value in options.items():
        found |= _table_option(name, value, {**base, **found})
    return found


def _table_option(name: str, value: Any, base: Resource) -> Resource:  # noqa: ANN401 - JSON values
    if name in _NAMES:
        return {_NAMES[name]: value}
    special = _SPECIAL.get(name)
    if special is None:
        raise invalid_query(f"Unknown option: {name}")
    return special(value, base)


def _expiration(value: dt.datetime | None, _: Resource) -> Resource:
    milliseconds = None if value is None else str(round(value.timestamp() * 1000))
    return {"expirationTime": milliseconds}


def _labels(value: list[tuple[str, str]] | None, _: Resource) -> Resource:
    return {"labels": dict(value or []) or None}


def _partition_days(value: float | None, base: Resource) -> Resource:
    if not base.get("timePartitioning"):
        raise invalid_query("partition_expiration_days needs a table partitioned by time")
    by_time = dict(base["timePartitioning"])
    by_time.pop("expirationMs", None)
    if value is not None:
        by_time["expirationMs"] = str(round(float(value) * _DAY_MS))
    return {"timePartitioning": by_time}


def _kms_key(value: str | None, _: Resource) -> Resource:
    return {"encryptionConfiguration": None if value is None else {"kmsKeyName": value}}


def _tags(value: list[tuple[str, str]] | None, _: Resource) -> Resource:
    return {"resourceTags": dict(value or []) or None}


def _ignored(_: object, __: Resource) -> Resource:
    return {}


def _max_staleness(value: object, _: Resource) -> Resource:
    return {"maxStaleness": None if value is None else str(value)}


_SPECIAL = {
    "expiration_timestamp": _expiration,
    "labels": _labels,
    "partition_expiration_days": _partition_days,
    "kms_key_name": _kms_key,
    "tags": _tags,
    "max_staleness": _max_staleness,
    "enable_refresh": _ignored,
    "refresh_interval_minutes": _ignored,
    "enable_change_history": _ignored,
}


def dataset_options(options: dict[str, Any]) -> Resource:
    """Return the parts of a dataset's resource that options set."""
    found: Resource = {}
    for name, value in options.items():
        if name in _DAYS:
            found[_DAYS[name]] = None if value is None else str(round(float(value) * _DAY_MS))
        elif name == "max_time_travel_hours":
            found["maxTimeTravelHours"] = str(value)
        elif name == "default_kms_key_name":
            found["defaultEncryptionConfiguration"] = {"kmsKeyName": value}
        else:
            found |= _table_option(name, value, {})
    return found


def partitioning_of(properties: exp.Expression | None) -> Resource:
    """Return the partitioning and clustering among the properties of a CREATE TABLE.

    Raises:
        BigQueryError: The form of PARTITION BY is not known.
    """
    found: Resource = {}
    for item in properties.expressions if properties is not None else []:
        if isinstance(item, exp.PartitionedByProperty):
            found |= _partitioning(item.this)
        elif isinstance(item, exp.Cluster | exp.ClusterProperty):
            found["clustering"] = {"fields": [column.name for column in item.expressions]}
    return found


def _partitioning(node: exp.Expression) -> Resource:
    if isinstance(node, exp.RangeBucket):
        series = node.expression
        bounds = {name: series.args.get(name) for name in ("start", "end", "step")}
        numbers = {name: "1" if it is None else it.sql("bigquery") for name, it in bounds.items()}
        numbers["interval"] = numbers.pop("step")
        return {"rangePartitioning": {"field": node.this.name, "range": numbers}}
    unit = node.args.get("unit")
    column = node.find(exp.Column, exp.Identifier) if not isinstance(node, exp.Identifier) else node
    if column is None:
        raise invalid_query(f"PARTITION BY {node.sql('bigquery')} is not supported")
    by_time: Resource = {"type": unit.name.upper() if unit is not None else "DAY"}
    if column.name.upper() not in ("_PARTITIONDATE", "_PARTITIONTIME"):
        by_time["field"] = column.name
    return {"timePartitioning": by_time}
