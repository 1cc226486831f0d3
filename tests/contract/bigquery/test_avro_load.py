import datetime as dt
import pickle
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import fastavro
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.standin.bigquery.avro import (
    AvroRefusedError,
    LoadRules,
    arrow_type,
    read_files,
    write_files,
)

type Row = dict[str, Any]
type Schema = Any

NULLABLE, REQUIRED, REPEATED = "NULLABLE", "REQUIRED", "REPEATED"
JSON_TEXT = {"type": "string", "sqlType": "JSON"}


def column(name: str, kind: str, mode: str = NULLABLE, **more: str | list[Row]) -> Row:
    """Return a schema field as REST writes it."""
    return {"name": name, "type": kind, "mode": mode, **more}


def logical(physical: str, name: str, **more: int) -> Schema:
    """Return an Avro type with a logical type."""
    return {"type": physical, "logicalType": name, **more}


def avro_file(
    folder: Path,
    types: dict[str, Schema],
    rows: list[Row],
    *,
    name: str = "000000000000.avro",
    codec: str = "snappy",
) -> Path:
    """Write a file with fastavro, which knows nothing of BigQuery."""
    fields = [{"name": field, "type": avro_type} for field, avro_type in types.items()]
    schema = fastavro.parse_schema({"type": "record", "name": "Root", "fields": fields})
    path = folder / name
    with path.open("wb") as stream:
        fastavro.writer(stream, schema, rows, codec=codec, sync_interval=100)
    return path


def load(
    *paths: Path,
    into: list[Row] | None = None,
    use_logical_types: bool = True,
    **rules: Any,  # noqa: ANN401 - the fields of LoadRules
) -> tuple[list[Row], list[Row]]:
    """Return the fields and the rows that a load of files gives."""
    out_path = paths[0].parent / "loaded.parquet"
    fields = read_files(
        list(paths),
        use_logical_types=use_logical_types,
        destination_fields=into,
        out_path=out_path,
        rules=LoadRules(use_logical_types=use_logical_types, **rules),
    )
    return fields, pq.read_table(out_path).to_pylist()


def load_value(
    folder: Path,
    avro_type: Schema,
    value: object,
    into: Row | None = None,
    **rules: Any,  # noqa: ANN401 - the fields of LoadRules
) -> tuple[str, object]:
    """Return the type and the value that one nullable value is loaded as."""
    path = avro_file(folder, {"c": ["null", avro_type]}, [{"c": value}])
    (field,), (row,) = load(path, into=[into] if into else None, **rules)
    return field["type"], row["c"]


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


def test_decimal_out_of_range_is_refused(tmp_path: Path):
    """A value that its column cannot hold ends the load."""
    wide = logical("bytes", "decimal", precision=77, scale=38)
    with pytest.raises(AvroRefusedError, match="outside the range of NUMERIC"):
        load_value(tmp_path, wide, Decimal("1e-20"))
    with pytest.raises(AvroRefusedError, match="outside the range of NUMERIC"):
        load_value(tmp_path, wide, Decimal("1e38"))
    small = column("c", "NUMERIC", precision="4", scale="2")
    with pytest.raises(AvroRefusedError, match="outside the range of NUMERIC"):
        load_value(
            tmp_path, logical("bytes", "decimal", precision=38, scale=9), Decimal(100), small
        )


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


@pytest.mark.parametrize(("kind", "text"), [("JSON", "[1]"), ("GEOGRAPHY", "POINT(1 2)")])
def test_text_becomes_what_the_schema_asks(tmp_path: Path, kind: str, text: str):
    """JSON and GEOGRAPHY are read from plain text when the destination has that type."""
    assert load_value(tmp_path, "string", text, column("c", kind)) == (kind, text)


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


def test_relaxation_and_addition_change_the_schema(tmp_path: Path):
    """With the update options a REQUIRED column is relaxed and a new column is added."""
    path = avro_file(tmp_path, {"c": ["null", "long"], "new": "string"}, [{"c": None, "new": "x"}])
    options = {"allow_field_relaxation": True, "allow_field_addition": True}
    fields, rows = load(
        path, into=[column("c", "INTEGER", REQUIRED)], explicit_schema=False, **options
    )
    assert fields == [column("c", "INTEGER"), column("new", "STRING", REQUIRED)]
    assert rows == [{"c": None, "new": "x"}]


def test_refusal_leaves_a_worker_process():
    """A refusal that crosses processes keeps its reason and its words."""
    refusal = pickle.loads(pickle.dumps(AvroRefusedError("invalid", "Field c ...")))  # noqa: S301 - our own bytes
    assert (refusal.reason, str(refusal)) == ("invalid", "Field c ...")


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


def _with_byte_flipped(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]


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
