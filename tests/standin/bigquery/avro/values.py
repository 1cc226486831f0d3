"""Decoded Avro values as Arrow arrays of BigQuery's types."""

from collections.abc import Sequence
from decimal import Context, Decimal
from functools import cache, partial
from operator import itemgetter
from typing import Any, NoReturn

import pyarrow as pa
import pyarrow.compute as pc

from tests.standin.bigquery.avro.errors import AvroRefusedError
from tests.standin.bigquery.avro.fields import (
    Field,
    arrow_type,
    decimal_size,
    mode_of,
    standard_type,
)
from tests.standin.bigquery.avro.rules import (
    AvroType,
    LoadRules,
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
_DECIMAL_BYTES = 16
_LARGEST_BIGNUMERIC = Decimal(2**255).scaleb(-38, _WIDE)


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
    names = [field["name"] for field in schema["fields"]]
    columns = dict(zip(map(str.lower, names), _transposed(records, names), strict=True))
    types = {field["name"].lower(): field["type"] for field in schema["fields"]}
    arrays: list[pa.Array] = []
    for field in fields:
        name = field["name"].lower()
        if name not in columns:
            arrays.append(_absent(field, len(records)))
            continue
        array = _array(columns[name], types[name], field, rules)
        if mode_of(field) == "REQUIRED" and array.null_count:
            _check_required(field, records, columns[name])
        arrays.append(array)
    return arrays


def _transposed(records: Sequence[dict[str, Any] | None], names: list[str]) -> list[Values]:
    if not records or not names:
        return [()] * len(names)
    nulls = dict.fromkeys(names)
    present = [nulls if record is None else record for record in records]
    if len(names) == 1:
        return [[record[names[0]] for record in present]]
    return list(zip(*map(itemgetter(*names), present), strict=True))


def _absent(field: Field, count: int) -> pa.Array:
    if mode_of(field) == "REPEATED":
        return pa.array([[]] * count, arrow_type(field))
    return pa.nulls(count, arrow_type(field))


def _check_required(field: Field, records: Sequence[Any], values: Values) -> None:
    if any(
        value is None for record, value in zip(records, values, strict=True) if record is not None
    ):
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
    scale = int(value.get("scale", 0))
    longest_bytes = max(map(len, filter(None, values)), default=0)
    if standard_type(field) == "NUMERIC" and longest_bytes <= _DECIMAL_BYTES:
        return _short_decimals(values, scale, field)
    read = cache(partial(_decimal_text, scale=scale, field=field))
    texts = pa.array([None if item is None else read(item) for item in values], pa.string())
    return _cast(texts, field)


def _short_decimals(values: Values, scale: int, field: Field) -> pa.Array:
    """Put numbers of at most 16 bytes into Arrow's decimals without making a Decimal of each."""
    padding = (bytes(_DECIMAL_BYTES), b"\xff" * _DECIMAL_BYTES)
    little_endian = b"".join(
        padding[0] if not item else (padding[item[0] >> 7] + item)[: -_DECIMAL_BYTES - 1 : -1]
        for item in values
    )
    present = pa.array([item is not None for item in values], pa.bool_())
    buffers = [None, pa.py_buffer(little_endian)]
    stored = pa.Array.from_buffers(pa.decimal128(38, scale), len(values), buffers)
    return _cast(pc.if_else(present, stored, None), field)


def _cast(stored: pa.Array, field: Field) -> pa.Array:
    try:
        stored.validate(full=True)
        return stored.cast(arrow_type({**field, "mode": "NULLABLE"}))
    except pa.ArrowInvalid:
        _refuse_value(field)


def _decimal_text(stored: bytes, *, scale: int, field: Field) -> str:
    number = Decimal(int.from_bytes(stored, "big", signed=True)).scaleb(-scale, _WIDE)
    is_too_large = standard_type(field) == "BIGNUMERIC" and abs(number) > _LARGEST_BIGNUMERIC
    if is_too_large or (field.get("precision") and not _fits(number, *decimal_size(field))):
        _refuse_value(field)
    return _canonical(number)


def _fits(number: Decimal, precision: int, scale: int) -> bool:
    scaled = number.scaleb(scale, _WIDE)
    return scaled == scaled.to_integral_value(context=_WIDE) and abs(scaled) < 10**precision


def _canonical(number: Decimal) -> str:
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def _refuse_value(field: Field) -> NoReturn:
    raise AvroRefusedError(
        "invalid",
        f"Error while reading data, error message: A value of field {field['name']} is outside "
        f"the range of {standard_type(field)}.",
    )
