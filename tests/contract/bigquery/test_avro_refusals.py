import pickle
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from tests.contract import real
from tests.contract.bigquery.avro_loads import (
    REPEATED,
    REQUIRED,
    Row,
    Schema,
    avro_file,
    column,
    load,
    load_value,
    logical,
)
from tests.standin.bigquery.avro.errors import AvroRefusedError

pytestmark = real.local_only(real.CODE)


@pytest.mark.parametrize(
    ("size", "value", "wanted"),
    [
        ((77, 38), "1e-20", column("c", "NUMERIC")),
        ((77, 38), "1e38", column("c", "NUMERIC")),
        ((40, 9), "150000000000000000000000000000", column("c", "NUMERIC")),
        ((38, 9), "100", column("c", "NUMERIC", precision="4", scale="2")),
        ((77, 38), "1000", column("c", "BIGNUMERIC", precision="5", scale="2")),
        ((77, 38), "0.001", column("c", "BIGNUMERIC", precision="5", scale="2")),
        ((77, 38), "5.79e38", column("c", "BIGNUMERIC")),
    ],
)
def test_decimal_out_of_range_is_refused(
    tmp_path: Path, size: tuple[int, int], value: str, wanted: Row
):
    """A value that its column cannot hold ends the load."""
    avro_type = logical("bytes", "decimal", precision=size[0], scale=size[1])
    targets = [wanted["type"]]
    with pytest.raises(AvroRefusedError, match="outside the range of"):
        load_value(tmp_path, avro_type, Decimal(value), wanted, decimal_target_types=targets)


@pytest.mark.parametrize("kind", ["DATETIME", "DATE", "TIME", "TIMESTAMP"])
@pytest.mark.parametrize("explicit_schema", [True, False])
def test_text_is_no_date_or_time(tmp_path: Path, kind: str, *, explicit_schema: bool):
    """What an extract wrote as text cannot be loaded into its own column."""
    message = (
        f"Field c has incompatible types. Configured schema: {kind.lower()}; Avro file: string."
    )
    avro_type = logical("string", "datetime") if kind == "DATETIME" else "string"
    with pytest.raises(AvroRefusedError, match=message) as caught:
        load_value(
            tmp_path, avro_type, "2024-01-01", column("c", kind), explicit_schema=explicit_schema
        )
    assert caught.value.reason == "invalid"


@pytest.mark.parametrize(
    ("avro_type", "value", "wanted", "rules", "message"),
    [
        ("string", "1", column("c", "INTERVAL"), {}, "Configured schema: interval"),
        ("string", "1", column("c", "INTEGER"), {}, "Configured schema: int64; Avro file: string"),
        (logical("long", "timestamp-micros"), 1, column("c", "TIMESTAMP"),
         {"use_logical_types": False}, "Configured schema: timestamp; Avro file: long"),
        (logical("long", "timestamp-micros"), 1, column("c", "TIMESTAMP"),
         {"use_logical_types": False, "explicit_schema": False}, "from TIMESTAMP to INT64"),
        (logical("bytes", "decimal", precision=5, scale=2), Decimal(1), column("c", "BIGNUMERIC"),
         {"decimal_target_types": ["NUMERIC", "BIGNUMERIC"]}, "from BIGNUMERIC to NUMERIC"),
        ("long", 1, column("c", "INTEGER", REPEATED), {}, "changed mode from REPEATED to NULLABLE"),
        ("long", 1, column("c", "INTEGER", REQUIRED), {"explicit_schema": False},
         "has changed mode from REQUIRED to NULLABLE"),
        ("long", None, column("c", "INTEGER", REQUIRED), {}, "Required field c cannot be null"),
        ("long", 1, column("other", "INTEGER"), {}, "Cannot add fields"),
        (["long", "string"], 1, None, {}, "Unions of several types"),
        ({"type": "array", "items": {"type": "array", "items": "long"}}, [[1]], None, {},
         "arrays of arrays"),
        ({"type": "array", "items": ["null", "long"]}, [None], None, {}, "cannot contain null"),
        (logical("long", "timestamp-micros"), 2**62, None, {}, "outside the range of TIMESTAMP"),
        (logical("int", "date"), -800_000, None, {}, "outside the range of DATE"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(  # noqa: PLR0917 - pytest passes parameters by name
    tmp_path: Path, avro_type: Schema, value: object, wanted: Row | None, rules: Row, message: str
):
    """A file that does not fit its destination ends the load and says why."""
    union = avro_type if isinstance(avro_type, list) else [avro_type]
    path = avro_file(tmp_path, {"c": ["null", *union]}, [{"c": value}])
    with pytest.raises(AvroRefusedError, match=message):
        load(path, into=[wanted] if wanted else None, **rules)


def test_refusal_leaves_a_worker_process():
    """A refusal that crosses processes keeps its reason and its words."""
    refusal = pickle.loads(pickle.dumps(AvroRefusedError("invalid", "Field c ...")))  # noqa: S301 - our own bytes
    assert (refusal.reason, str(refusal)) == ("invalid", "Field c ...")


@pytest.mark.parametrize("codec", ["null", "deflate", "snappy"])
@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"",
        lambda data: b"PAR1" + data[4:],
        lambda data: data[:-1],
        lambda data: data[: len(data) // 2],
        lambda data: data + b"\0",
        lambda data: data[:-16] + bytes(16),
        lambda data: data.replace(b'"long"', b'"lung"'),
        lambda data: data.replace(b"avro.codec", b"avro.kodec").replace(
            b"avro.schema", b"avro.skema."
        ),
    ],
)
def test_damaged_files_are_refused(tmp_path: Path, codec: str, damage: Callable[[bytes], bytes]):
    """A file that is cut, altered or no Avro at all is not loaded."""
    path = avro_file(tmp_path, {"c": "long"}, [{"c": n} for n in range(1000)], codec=codec)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(AvroRefusedError, match="Error while reading data") as caught:
        load(path)
    assert caught.value.reason == "invalid"


@pytest.mark.parametrize("count", [19, 21])
def test_block_that_holds_other_than_it_says_is_refused(tmp_path: Path, count: int):
    """A block's count of records is compared with what is in it."""
    path = avro_file(tmp_path, {"c": "long"}, [{"c": n} for n in reversed(range(20))], codec="null")
    sound = path.read_bytes()
    at = sound.index(sound[-16:]) + 16
    assert sound[at] == 2 * 20
    path.write_bytes(sound[:at] + bytes([2 * count]) + sound[at + 1 :])
    with pytest.raises(AvroRefusedError, match="block"):
        load(path)


def test_no_flipped_byte_of_a_snappy_body_changes_what_is_loaded(tmp_path: Path):
    """A wrong byte after the header is noticed, or else Snappy gives the same text all the same."""
    rows = [{"c": f"value {number}"} for number in range(40)]
    path = avro_file(tmp_path, {"c": "string"}, rows)
    sound = path.read_bytes()
    refused = 0
    for at in range(sound.index(sound[-16:]), len(sound)):
        path.write_bytes(sound[:at] + bytes([sound[at] ^ 0x10]) + sound[at + 1 :])
        try:
            assert load(path)[1] == rows
        except AvroRefusedError:
            refused += 1
    assert refused > 200
