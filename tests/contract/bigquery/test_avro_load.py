import datetime as dt
import json
from decimal import Decimal
from pathlib import Path

import cramjam
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.contract import real
from tests.contract.bigquery.avro_loads import (
    NULLABLE,
    REPEATED,
    REQUIRED,
    Schema,
    avro_file,
    column,
    load,
    load_value,
    logical,
)
from tests.standin.bigquery.avro.container import varint
from tests.standin.bigquery.avro.errors import AvroRefusedError
from tests.standin.bigquery.avro.extract import write_files
from tests.standin.bigquery.avro.fields import arrow_type

pytestmark = real.local_only(real.CODE)

JSON_TEXT = {"type": "string", "sqlType": "JSON"}


def test_extracted_table_is_loaded_back(tmp_path: Path):
    """Types that BigQuery carries both ways come back equal, nested and repeated too."""
    fields = [
        column("i", "INTEGER", REQUIRED),
        column("f", "FLOAT"),
        column("b", "BOOLEAN"),
        column("s", "STRING"),
        column("y", "BYTES"),
        column("n", "NUMERIC", precision="20", scale="9"),
        column("d", "DATE"),
        column("t", "TIME"),
        column("ts", "TIMESTAMP"),
        column("j", "JSON"),
        column("g", "GEOGRAPHY"),
        column("a", "STRING", REPEATED),
    ]
    inner = list(fields)
    fields += [
        column("one", "RECORD", fields=inner),
        column("all", "RECORD", REPEATED, fields=inner),
    ]
    full = {
        "i": -(2**63), "f": -0.0, "b": False, "s": "Dončić \0 🏀", "y": b"\xff\0", "j": '{"a": [1]}',
        "n": Decimal("-12345678901.123456789"), "d": dt.date(1, 1, 1), "t": dt.time.max,
        "ts": dt.datetime.max.replace(tzinfo=dt.UTC), "g": "POINT(1 2)", "a": ["", "x"],
    }  # fmt: skip
    empty = dict.fromkeys(full) | {"i": 2**63 - 1, "a": []}
    rows = [
        full | {"one": empty, "all": [full, empty]},
        empty | {"one": None, "all": []},
        full | {"f": float("inf"), "one": full, "all": [empty]},
    ] * 500
    schema = pa.schema([pa.field(field["name"], arrow_type(field)) for field in fields])
    source = tmp_path / "rows.parquet"
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), source)
    files = write_files(
        source, fields, use_logical_types=True, codec="snappy", rows_per_file=400, out_dir=tmp_path
    )
    assert load(*[file.path for file in files], into=fields) == (fields, rows)


@pytest.mark.parametrize("codec", ["null", "deflate", "snappy"])
def test_codecs(tmp_path: Path, codec: str):
    """Files of each codec are read, whoever wrote them."""
    rows = [{"c": f"text {number}"} for number in range(500)]
    assert load(avro_file(tmp_path, {"c": "string"}, rows, codec=codec))[1] == rows


def test_zstandard(tmp_path: Path):
    """A file that is compressed with Zstandard, which no extract writes, is read."""
    schema = {"type": "record", "name": "Root", "fields": [{"name": "c", "type": "string"}]}
    metadata = {b"avro.codec": b"zstandard", b"avro.schema": json.dumps(schema).encode()}
    pairs = [varint(len(item)) + item for pair in metadata.items() for item in pair]
    header = b"Obj\x01" + varint(len(metadata)) + b"".join(pairs) + varint(0) + bytes(16)
    body = bytes(cramjam.zstd.compress(b"".join(varint(4) + b"text" for _ in range(3))))
    path = tmp_path / "z.avro"
    path.write_bytes(header + varint(3) + varint(len(body)) + body + bytes(16))
    assert load(path)[1] == [{"c": "text"}] * 3


def test_file_without_records(tmp_path: Path):
    """A file without records gives the columns and no row."""
    fields, rows = load(avro_file(tmp_path, {"c": "long"}, []))
    assert (fields, rows) == ([column("c", "INTEGER", REQUIRED)], [])


@pytest.mark.parametrize(
    ("avro_type", "stored", "kind", "value"),
    [
        (logical("int", "date"), 3, "DATE", dt.date(1970, 1, 4)),
        (logical("int", "time-millis"), 1500, "TIME", dt.time(0, 0, 1, 500_000)),
        (logical("long", "time-micros"), 1500, "TIME", dt.time(0, 0, 0, 1500)),
        (logical("long", "timestamp-millis"), -1, "TIMESTAMP",
         dt.datetime(1969, 12, 31, 23, 59, 59, 999_000, dt.UTC)),
        (logical("long", "timestamp-micros"), 1, "TIMESTAMP",
         dt.datetime(1970, 1, 1, microsecond=1, tzinfo=dt.UTC)),
        (logical("long", "local-timestamp-micros"), 1, "DATETIME",
         dt.datetime(1970, 1, 1, microsecond=1)),  # noqa: DTZ001 - BigQuery's DATETIME has no zone
        (logical("long", "local-timestamp-millis"), 1, "DATETIME",
         dt.datetime(1970, 1, 1, microsecond=1000)),  # noqa: DTZ001 - as above
    ],
)  # fmt: skip
def test_logical_types_need_the_flag(
    tmp_path: Path, avro_type: Schema, stored: int, kind: str, value: object
):
    """Dates and times keep their type with the flag, and are numbers without it."""
    assert load_value(tmp_path, avro_type, stored) == (kind, value)
    assert load_value(tmp_path, avro_type, stored, use_logical_types=False) == ("INTEGER", stored)


@pytest.mark.parametrize(
    ("avro_type", "stored", "kind"),
    [
        ("int", 1, "INTEGER"),
        ("float", 0.5, "FLOAT"),
        ("boolean", True, "BOOLEAN"),
        ("bytes", b"\0", "BYTES"),
        ({"type": "fixed", "name": "four", "size": 4}, b"abcd", "BYTES"),
        ({"type": "enum", "name": "suit", "symbols": ["spades", "hearts"]}, "hearts", "STRING"),
        (logical("string", "datetime"), "2024-01-02T03:04:05", "STRING"),
        (JSON_TEXT, "{}", "JSON"),
        ({"type": "string", "sqlType": "GEOGRAPHY"}, "POINT(1 2)", "STRING"),
    ],
)
def test_types_without_a_schema(tmp_path: Path, avro_type: Schema, stored: object, kind: str):
    """Every other Avro type becomes the column that the load page names."""
    assert load_value(tmp_path, avro_type, stored) == (kind, stored)


@pytest.mark.parametrize(
    ("size", "targets", "kind"),
    [
        ((38, 9), ["NUMERIC"], "NUMERIC"),
        ((39, 9), ["NUMERIC", "BIGNUMERIC"], "BIGNUMERIC"),
        ((38, 10), ["BIGNUMERIC", "NUMERIC"], "BIGNUMERIC"),
        ((77, 38), ["NUMERIC", "BIGNUMERIC"], "BIGNUMERIC"),
        ((77, 38), ["NUMERIC"], "NUMERIC"),
        ((5, 2), ["NUMERIC", "BIGNUMERIC"], "NUMERIC"),
        ((5, 2), ["STRING"], "STRING"),
        ((90, 40), ["NUMERIC", "STRING"], "STRING"),
        ((90, 40), ["NUMERIC", "BIGNUMERIC"], "BIGNUMERIC"),
    ],
)
@pytest.mark.parametrize("use_logical_types", [True, False])
def test_decimals_follow_the_target_types(
    tmp_path: Path, size: tuple[int, int], targets: list[str], kind: str, *, use_logical_types: bool
):
    """The first target type that holds the decimal is taken, else the widest, flag or not."""
    avro_type = logical("bytes", "decimal", precision=size[0], scale=size[1])
    value = Decimal("-123.25")
    rules = {"use_logical_types": use_logical_types, "decimal_target_types": targets}
    found, loaded = load_value(tmp_path, avro_type, value, **rules)
    assert (found, loaded) == (kind, value if kind == "NUMERIC" else "-123.25")


@pytest.mark.parametrize(("kind", "text"), [("JSON", "[1]"), ("GEOGRAPHY", "POINT(1 2)")])
def test_text_becomes_what_the_schema_asks(tmp_path: Path, kind: str, text: str):
    """JSON and GEOGRAPHY are read from plain text when the destination has that type."""
    assert load_value(tmp_path, "string", text, column("c", kind)) == (kind, text)


def test_relaxation_and_addition_change_the_schema(tmp_path: Path):
    """With the update options a REQUIRED column is relaxed and a new column is added."""
    path = avro_file(tmp_path, {"c": ["null", "long"], "new": "string"}, [{"c": None, "new": "x"}])
    options = {"allow_field_relaxation": True, "allow_field_addition": True}
    fields, rows = load(
        path, into=[column("c", "INTEGER", REQUIRED)], explicit_schema=False, **options
    )
    assert fields == [column("c", "INTEGER"), column("new", "STRING", REQUIRED)]
    assert rows == [{"c": None, "new": "x"}]


def test_missing_and_unknown_columns(tmp_path: Path):
    """A column that the file lacks is NULL; one that the table lacks is dropped only on request."""
    path = avro_file(tmp_path, {"extra": "long", "C": "long"}, [{"extra": 1, "C": 2}])
    into = [column("gone", "STRING"), column("c", "INTEGER"), column("none", "DATE", REPEATED)]
    fields, rows = load(path, into=into, ignore_unknown_values=True)
    assert (fields, rows) == (into, [{"gone": None, "c": 2, "none": []}])
    with pytest.raises(AvroRefusedError, match="Cannot add fields"):
        load(path, into=into)
    with pytest.raises(AvroRefusedError, match="Required field gone is missing"):
        load(path, into=[column("gone", "STRING", REQUIRED)], ignore_unknown_values=True)


def test_schema_comes_from_the_last_file(tmp_path: Path):
    """The alphabetically last file says what the columns are, in whatever order files are named."""
    first = avro_file(tmp_path, {"c": "long"}, [{"c": 1}], name="a.avro")
    last = avro_file(tmp_path, {"c": "long", "new": ["null", "string"]},
                     [{"c": 2, "new": "x"}], name="b.avro")  # fmt: skip
    fields, rows = load(last, first)
    assert [field["name"] for field in fields] == ["c", "new"]
    assert rows == [{"c": 1, "new": None}, {"c": 2, "new": "x"}]


def test_maps_and_named_types(tmp_path: Path):
    """A map is a repeated key and value; a type used twice by its name is read twice."""
    point = {"type": "record", "name": "Point", "fields": [{"name": "x", "type": "long"}]}
    types = {"m": {"type": "map", "values": "long"}, "p": point, "q": ["null", "Point"]}
    path = avro_file(tmp_path, types, [{"m": {"a": 1}, "p": {"x": 2}, "q": {"x": 3}}])
    fields, rows = load(path)
    assert [(field["type"], field["mode"]) for field in fields] == [
        ("RECORD", REPEATED),
        ("RECORD", REQUIRED),
        ("RECORD", NULLABLE),
    ]
    assert rows == [{"m": [{"key": "a", "value": 1}], "p": {"x": 2}, "q": {"x": 3}}]
