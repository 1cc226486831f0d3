"""Decoded Avro values as Arrow arrays of BigQuery's types."""

from collections.abc import Callable, Sequence
from decimal import Context, Decimal
from functools import cache
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tests.standin.bigquery.avro.errors import AvroRefusedError
from tests.standin.bigquery.avro.fields import Field, arrow_type, mode_of, standard_type
from tests.standin.bigquery.avro.rules import (
    AvroType,
    LoadRules,
    has_decimal_size,
    kind_of,
    record_type,
    value_type,
)

type Values = Sequence[Any]

_WIDE = Context(prec=80)
_DAY_MICROS = 24 * 60 * 60 * 1_000_000
_FIRST_DAY, _LAST_DAY = -719_162, 2_932_896
_BOUNDS = {
    "DATE": (_FIRST_DAY, _LAST_DAY),
    "TIME": (0, _DAY_MICROS - 1),
    "DATETIME": (_FIRST_DAY * _DAY_MICROS, (_LAST_DAY + 1) * _DAY_MICROS - 1),
    "TIMESTAMP": (_FIRST_DAY * _DAY_MICROS, (_LAST_DAY + 1) * _DAY_MICROS - 1),
}
_BIGNUMERIC_LIMIT = 2**255


def record_arrays(
    records: Sequence[dict[str, Any] | None],
    schema: AvroType,
    fields: Sequence[Field],
    rules: LoadRules,
) -> list[pa.Array]:
    """Return one array for each destination field, from records of a file.

    Args:
        records: Decoded records, logical types not applied; None where a record is null.
        schema: Their Avro schema, with every named type written out.
        fields: The columns to make. A column that the schema lacks is all NULL.
        rules: The load job's options.

    Raises:
        AvroRefusedError: A value does not fit its column.
    """
    present = [record or {} for record in records]
    sources = {field["name"].lower(): field for field in schema["fields"]}
    arrays: list[pa.Array] = []
    for field in fields:
        source = sources.get(field["name"].lower())
        if source is None:
            arrays.append(_absent(field, len(records)))
            continue
        values = [record.get(source["name"]) for record in present]
        if mode_of(field) == "REQUIRED" and None in values:
            _check_required(field, records, values)
        arrays.append(_array(values, source["type"], field, rules))
    return arrays


def _absent(field: Field, count: int) -> pa.Array:
    if mode_of(field) == "REPEATED":
        return pa.array([[]] * count, arrow_type(field))
    return pa.nulls(count, arrow_type(field))


def _check_required(field: Field, records: Sequence[Any], values: Values) -> None:
    if any(value is None for record, value in zip(records, values, strict=True) if record):
        raise AvroRefusedError("invalid", f"Required field {field['name']} cannot be null.")


def _array(values: Values, avro_type: AvroType, field: Field, rules: LoadRules) -> pa.Array:
    if mode_of(field) != "REPEATED":
        return _scalars(values, value_type(avro_type), field, rules)
    value = value_type(avro_type)
    lists: list[Any]
    if kind_of(value) == "map":
        lists = [
            [{"key": key, "value": item} for key, item in (entries or {}).items()]
            for entries in values
        ]
        inner = record_type(avro_type)
    else:
        lists = [items or [] for items in values]
        inner = value_type(value["items"])
    flat = [item for items in lists for item in items]
    if None in flat:
        raise AvroRefusedError("invalid", f"Array field {field['name']} cannot contain null.")
    offsets = [0]
    for items in lists:
        offsets.append(offsets[-1] + len(items))
    scalars = _scalars(flat, inner, {**field, "mode": "NULLABLE"}, rules)
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), scalars)


def _scalars(values: Values, value: AvroType, field: Field, rules: LoadRules) -> pa.Array:
    kind = standard_type(field)
    target = arrow_type({**field, "mode": "NULLABLE"})
    if kind == "RECORD":
        children = record_arrays(values, value, field["fields"], rules)
        mask = pa.array([item is None for item in values], pa.bool_())
        return pa.StructArray.from_arrays(children, fields=list(target), mask=mask)
    if isinstance(value, dict) and value.get("logicalType") == "decimal":
        return _decimals(values, value, field)
    if kind in _BOUNDS:
        return _instants(values, value, field).view(target)
    return pa.array(values, target)


def _instants(values: Values, value: AvroType, field: Field) -> pa.Array:
    kind = standard_type(field)
    numbers = pa.array(values, pa.int32() if kind == "DATE" else pa.int64())
    if str(value["logicalType"]).endswith("-millis"):
        try:
            numbers = pc.multiply_checked(numbers, 1000)
        except pa.ArrowInvalid:
            _refuse_value(field)
    lowest, highest = pc.min_max(numbers).as_py().values()
    first, last = _BOUNDS[kind]
    if lowest is not None and not first <= lowest <= highest <= last:
        _refuse_value(field)
    return numbers


def _decimals(values: Values, value: AvroType, field: Field) -> pa.Array:
    kind = standard_type(field)
    scale = int(value.get("scale", 0))
    size = has_decimal_size(field) or ((38, 9) if kind == "NUMERIC" else None)
    convert = cache(_decimal_reader(scale, size, field, as_text=kind != "NUMERIC"))
    target = arrow_type({**field, "mode": "NULLABLE"})
    return pa.array([None if item is None else convert(item) for item in values], target)


def _decimal_reader(
    scale: int, size: tuple[int, int] | None, field: Field, *, as_text: bool
) -> Callable[[bytes], Decimal | str]:
    def read(stored: bytes) -> Decimal | str:
        unscaled = int.from_bytes(stored, "big", signed=True)
        number = Decimal(unscaled).scaleb(-scale, _WIDE)
        if size is not None and not _fits(number, *size):
            _refuse_value(field)
        if abs(number.scaleb(38, _WIDE)) > _BIGNUMERIC_LIMIT:
            _refuse_value(field)
        return _canonical(number) if as_text else number

    return read


def _fits(number: Decimal, precision: int, scale: int) -> bool:
    scaled = number.scaleb(scale, _WIDE)
    return scaled == scaled.to_integral_value(context=_WIDE) and abs(scaled) < 10**precision


def _canonical(number: Decimal) -> str:
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def _refuse_value(field: Field) -> None:
    raise AvroRefusedError(
        "invalid",
        f"Error while reading data, error message: A value of field {field['name']} is outside "
        f"the range of {standard_type(field)}.",
    )
