"""Encoding whole Arrow columns into Avro's binary form, without a step in Python per value.

Each column becomes a few arrays of byte strings, its pieces. Joined row by row, the pieces of all
columns are the records, and the joined array's data buffer is the body of an Avro block.
"""

from collections.abc import Callable, Sequence
from decimal import Context, Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tests.standin.bigquery.avro.fields import (
    Field,
    arrow_type,
    decimal_size,
    mode_of,
    standard_type,
)

type Pieces = list[pa.Array | pa.Scalar]

_CHUNK_BITS = 14
_CHUNK = 1 << _CHUNK_BITS
_SEVEN_BITS = 0x7F
_CONTINUED = 0x80
_WIDE = Context(prec=80)


def _bytes(value: bytes) -> pa.Scalar:
    return pa.scalar(value, pa.binary())


def _chunk_table() -> pa.Array:
    """Return what 14 bits of a varint look like: last, followed by more, and past the end."""
    last = [
        bytes([low]) if low <= _SEVEN_BITS else bytes([low & _SEVEN_BITS | _CONTINUED, low >> 7])
        for low in range(_CHUNK)
    ]
    followed = [
        bytes([low & _SEVEN_BITS | _CONTINUED, low >> 7 | _CONTINUED]) for low in range(_CHUNK)
    ]
    return pa.array([*last, *followed, b""], pa.binary())


_CHUNKS = _chunk_table()


def _unsigned(value: int) -> pa.Scalar:
    return pa.scalar(value, pa.uint64())


_PAST_END = _unsigned(2 * _CHUNK)
_EMPTY, _NULL_BRANCH, _VALUE_BRANCH, _END_OF_ARRAY = map(_bytes, (b"", b"\0", b"\2", b"\0"))


def encoded_rows(
    batch: pa.RecordBatch, fields: Sequence[Field], *, use_logical_types: bool
) -> pa.BinaryArray:
    """Encode rows as Avro records.

    Args:
        batch: The rows, with a column for each field.
        fields: The table's schema fields.
        use_logical_types: Whether DATE and TIME are numbers rather than text.

    Raises:
        ValueError: A REQUIRED column holds a NULL.
    """
    pieces: Pieces = []
    for field in fields:
        column = batch.column(field["name"]).cast(arrow_type(field))
        if mode_of(field) == "REQUIRED" and column.null_count:
            raise ValueError(f"REQUIRED column {field['name']} holds NULL")
        pieces += _pieces(column, field, use_logical_types=use_logical_types)
    return _joined(pieces)


def _pieces(column: pa.Array, field: Field, *, use_logical_types: bool) -> Pieces:
    mode = mode_of(field)
    if mode == "REPEATED":
        lengths = pc.list_value_length(column).fill_null(0)
        offsets = pa.concat_arrays([pa.array([0], pa.int32()), pc.cumulative_sum(lengths)])
        items = column.flatten()
        bare = _bare_pieces(items, field, use_logical_types=use_logical_types)
        grouped = pa.ListArray.from_arrays(offsets, _joined(bare))
        counts = pc.if_else(pc.equal(lengths, 0), _EMPTY, _varints(lengths))
        return [counts, pc.binary_join(grouped, _EMPTY), _END_OF_ARRAY]
    bare = _bare_pieces(column, field, use_logical_types=use_logical_types)
    present = column.is_valid()
    if column.null_count:
        bare = [pc.if_else(present, piece, _EMPTY) for piece in bare]
    if mode == "REQUIRED":
        return bare
    return [pc.if_else(present, _VALUE_BRANCH, _NULL_BRANCH), *bare]


def _bare_pieces(column: pa.Array, field: Field, *, use_logical_types: bool) -> Pieces:
    kind = standard_type(field)
    if kind == "RECORD":
        return [
            piece
            for at, child in enumerate(field["fields"])
            for piece in _pieces(column.field(at), child, use_logical_types=use_logical_types)
        ]
    if kind in {"DATE", "TIME"} and use_logical_types:
        return [_varints(column.view(pa.int32() if kind == "DATE" else pa.int64()))]
    if kind == "NUMERIC":
        return [_bytes(b"\x20"), pc.binary_reverse(_fixed_bytes(column, 16))]
    if kind == "BIGNUMERIC":
        _, scale = decimal_size(field)
        return _sized(_mapped(column, lambda text: _unscaled(text, scale)))
    return _ENCODERS[kind](column)


def _joined(pieces: Pieces) -> pa.BinaryArray:
    return pieces[0] if len(pieces) == 1 else pc.binary_join_element_wise(*pieces, _EMPTY)


def _varints(column: pa.Array) -> pa.BinaryArray:
    numbers = column.cast(pa.int64())
    signs = pc.if_else(pc.less(numbers, 0), -1, 0)
    rest = pc.bit_wise_xor(pc.shift_left(numbers, 1), signs).view(pa.uint64())
    pieces: Pieces = []
    while True:
        more = pc.shift_right(rest, _unsigned(_CHUNK_BITS))
        index = pc.bit_wise_and(rest, _unsigned(_CHUNK - 1))
        has_more = pc.greater(more, _unsigned(0))
        index = pc.add(index, pc.if_else(has_more, _unsigned(_CHUNK), _unsigned(0)))
        if pieces:
            index = pc.if_else(pc.equal(rest, _unsigned(0)), _PAST_END, index)
        pieces.append(_CHUNKS.take(index))
        if not pc.any(has_more).as_py():
            return _joined(pieces)
        rest = more


def _sized(column: pa.Array) -> Pieces:
    return [_varints(pc.binary_length(column)), column.cast(pa.binary())]


def _fixed_bytes(column: pa.Array, width: int) -> pa.BinaryArray:
    """Return the bytes of each value as they lie in memory, little-endian."""
    buffers = column.buffers()
    fixed = pa.Array.from_buffers(pa.binary(width), len(column), buffers, offset=column.offset)
    return fixed.cast(pa.binary())


def _mapped(column: pa.Array, function: Callable[[Any], bytes]) -> pa.BinaryArray:
    distinct = column.dictionary_encode()
    table = pa.array([function(value) for value in distinct.dictionary.to_pylist()], pa.binary())
    return table.take(distinct.indices)


def _unscaled(text: str, scale: int) -> bytes:
    number = int(Decimal(text).scaleb(scale, _WIDE))
    return number.to_bytes(number.bit_length() // 8 + 1, "big", signed=True)


def _clock_text(column: pa.Array) -> Pieces:
    text = column.cast(pa.string())
    text = pc.replace_substring_regex(text, r"\.000000$", "")
    text = pc.replace_substring_regex(text, r"(\.\d{3})000$", r"\1")
    return _sized(pc.replace_substring(text, " ", "T"))


_ENCODERS: dict[str, Callable[[pa.Array], Pieces]] = {
    "INT64": lambda column: [_varints(column)],
    "FLOAT64": lambda column: [_fixed_bytes(column, 8)],
    "BOOL": lambda column: [pc.if_else(column, _bytes(b"\1"), _bytes(b"\0"))],
    "TIMESTAMP": lambda column: [_varints(column.view(pa.int64()))],
    "DATE": lambda column: _sized(column.cast(pa.string())),
    "TIME": _clock_text,
    "DATETIME": _clock_text,
    **dict.fromkeys(("BYTES", "STRING", "JSON", "GEOGRAPHY", "INTERVAL"), _sized),
}
