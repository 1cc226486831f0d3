import datetime as dt
from decimal import Context, Decimal
from pathlib import Path
from pprint import pformat
from typing import Any

import fastavro
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contract import real
from tests.standin.bigquery.avro.errors import AvroRefusedError
from tests.standin.bigquery.avro.extract import WrittenFile, write_files
from tests.standin.bigquery.avro.fields import arrow_type, avro_schema

pytestmark = real.local_only(real.CODE)

type Row = dict[str, Any]

NULLABLE, REQUIRED, REPEATED = "NULLABLE", "REQUIRED", "REPEATED"
WIDE = Context(prec=50)
SCALARS: dict[str, st.SearchStrategy[Any]] = {
    "INTEGER": st.integers(-(2**63), 2**63 - 1) | st.integers(-70_000, 70_000),
    "FLOAT": st.floats(),
    "BOOLEAN": st.booleans(),
    "STRING": st.text(max_size=300),
    "BYTES": st.binary(max_size=40),
    "NUMERIC": st.integers(1 - 10**38, 10**38 - 1).map(lambda n: Decimal(n).scaleb(-9, WIDE)),
    "DATE": st.dates(),
    "TIME": st.times().map(lambda time: time.replace(fold=0)),
    "TIMESTAMP": st.datetimes().map(lambda at: at.replace(fold=0, tzinfo=dt.UTC)),
}


def column(name: str, kind: str, mode: str = NULLABLE, **more: str | list[Row]) -> Row:
    """Return a schema field as REST writes it."""
    return {"name": name, "type": kind, "mode": mode, **more}


def extract(
    rows: list[Row],
    fields: list[Row],
    folder: Path,
    *,
    use_logical_types: bool = True,
    codec: Any = "null",  # noqa: ANN401 - one of a Literal, by parametrize
    rows_per_file: int = 1000,
) -> list[WrittenFile]:
    """Write rows to Avro files by way of a Parquet file."""
    schema = pa.schema([pa.field(field["name"], arrow_type(field)) for field in fields])
    source = folder / "rows.parquet"
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), source)
    return write_files(
        source,
        fields,
        use_logical_types=use_logical_types,
        codec=codec,
        rows_per_file=rows_per_file,
        out_dir=folder,
    )


def records(file: WrittenFile) -> list[Row]:
    """Return a file's records as fastavro reads them."""
    with file.path.open("rb") as stream:
        return list(fastavro.reader(stream))


def stored(value: object, field: Row, folder: Path, *, use_logical_types: bool = True) -> object:
    """Write one value as a one-row table and return what is read from its file."""
    (file,) = extract([{"c": value}], [field], folder, use_logical_types=use_logical_types)
    (record,) = records(file)
    return record["c"]


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[Row], list[Row]]:
    """Draw rows of a table with plain, repeated and nested columns, and its fields."""
    fields, values = [], {}
    for at, kind in enumerate(draw(st.lists(st.sampled_from(list(SCALARS)), min_size=1))):
        mode = draw(st.sampled_from([NULLABLE, REQUIRED, REPEATED]))
        one = SCALARS[kind]
        of_mode = {NULLABLE: st.none() | one, REQUIRED: one, REPEATED: st.lists(one, max_size=4)}
        fields.append(column(f"c{at}", kind, mode))
        values[f"c{at}"] = of_mode[mode]
    one = st.fixed_dictionaries(values)
    values = {**values, "single": st.none() | one, "several": st.lists(one, max_size=3)}
    nested = [
        column("single", "RECORD", fields=fields),
        column("several", "RECORD", REPEATED, fields=fields),
    ]
    return draw(st.lists(st.fixed_dictionaries(values), max_size=5)), [*fields, *nested]


@settings(max_examples=60)
@given(table=tables())
def test_any_rows_are_read_back_by_an_independent_reader(
    table: tuple[list[Row], list[Row]], tmp_path_factory: pytest.TempPathFactory
):
    """Whatever a table holds, fastavro reads exactly that from the file."""
    rows, fields = table
    (file,) = extract(rows, fields, tmp_path_factory.mktemp("avro"))
    # As text, for NaN is not equal to itself and -0.0 is equal to 0.0; pformat sorts the names.
    assert pformat(records(file)) == pformat(rows)


@pytest.mark.parametrize("codec", ["snappy", "deflate", "null"])
def test_rows_are_cut_into_files(tmp_path: Path, codec: str):
    """Files hold the rows asked for, in order, whatever the blocks and the codec."""
    rows = [{"c": number, "s": "text" * 30} for number in range(20_001)]
    fields = [column("c", "INTEGER"), column("s", "STRING")]
    files = extract(rows, fields, tmp_path, codec=codec, rows_per_file=10_000)
    assert [file.rows for file in files] == [10_000, 10_000, 1]
    assert [file.path.name for file in files][-1] == "000000000002.avro"
    assert [record for file in files for record in records(file)] == rows
    with files[0].path.open("rb") as stream:
        blocks = list(fastavro.block_reader(stream))
    assert len(blocks) > 2
    assert {block.codec for block in blocks} == {codec}


def test_rows_come_from_arrow_ipc_too(tmp_path: Path):
    """An Arrow IPC file is read as a Parquet file is, its columns in any order."""
    table = pa.table({"other": ["x", "y"], "c": [1, 2]})
    source = tmp_path / "rows.arrow"
    with pa.ipc.new_file(source, table.schema) as writer:
        writer.write_table(table)
    (file,) = write_files(
        source,
        [column("c", "INTEGER")],
        use_logical_types=True,
        codec="snappy",
        rows_per_file=10,
        out_dir=tmp_path,
    )
    assert records(file) == [{"c": 1}, {"c": 2}]


def test_table_without_rows_gives_one_file_without_records(tmp_path: Path):
    """An empty table is one file with a header, not no file and not an empty one."""
    (file,) = extract([], [column("c", "INTEGER")], tmp_path)
    assert (file.rows, records(file)) == (0, [])


@pytest.mark.parametrize(
    ("field", "value", "with_flag", "without"),
    [
        (column("c", "DATE"), dt.date(1, 1, 1), dt.date(1, 1, 1), "0001-01-01"),
        (column("c", "DATE"), dt.date.max, dt.date.max, "9999-12-31"),
        (column("c", "TIME"), dt.time(1, 2), dt.time(1, 2), "01:02:00"),
        (column("c", "TIME"), dt.time.max, dt.time.max, "23:59:59.999999"),
        (column("c", "TIME", REPEATED), [dt.time(1, 2, 3, 4000)], [dt.time(1, 2, 3, 4000)],
         ["01:02:03.004"]),
        *(
            (column("c", "DATETIME"), value, text, text)
            for value, text in [
                (dt.datetime(1, 1, 1), "0001-01-01T00:00:00"),  # noqa: DTZ001 - BigQuery's DATETIME has no zone
                (dt.datetime.max, "9999-12-31T23:59:59.999999"),  # noqa: DTZ901 - as above
            ]
        ),
        *(
            (column("c", "TIMESTAMP"), value, value, value)
            for value in [
                dt.datetime(1, 1, 1, tzinfo=dt.UTC),
                dt.datetime.max.replace(tzinfo=dt.UTC),
            ]
        ),
    ],
)  # fmt: skip
def test_logical_types_follow_the_flag(
    tmp_path: Path, field: Row, value: object, with_flag: object, without: object
):
    """DATE and TIME are text without the flag, DATETIME always, TIMESTAMP never."""
    assert stored(value, field, tmp_path) == with_flag
    assert stored(value, field, tmp_path, use_logical_types=False) == without


@pytest.mark.parametrize(
    ("text", "more"),
    [
        ("-578960446186580977117854925043439539266.34992332820282019728792003956564819968", {}),
        ("0", {}),
        ("-1.25", {"precision": "5", "scale": "2"}),
        ("255", {"precision": "5"}),
    ],
)
def test_bignumeric_is_an_exact_decimal(tmp_path: Path, text: str, more: dict[str, str]):
    """BIGNUMERIC keeps every digit, at its limit and at a byte's edge."""
    assert stored(text, column("c", "BIGNUMERIC", **more), tmp_path) == Decimal(text)


def test_schema_is_the_documented_one():
    """Modes, decimals, annotations, descriptions and nested names are as BigQuery writes them."""
    fields = [
        column("required", "INT64", REQUIRED, description="a number"),
        column("money", "NUMERIC"),
        column("price", "NUMERIC", precision="10", scale="2"),
        column("wide", "BIGNUMERIC", REQUIRED),
        column("at", "DATETIME", REQUIRED),
        column("data", "JSON"),
        column("place", "GEOGRAPHY", REPEATED),
        column("a", "STRUCT", REQUIRED, fields=[column("a", "RECORD", fields=[column("b", "BOOL")])]),
    ]  # fmt: skip

    def decimal(precision: int, scale: int) -> Row:
        shape = {"precision": precision, "scale": scale}
        return {"type": "bytes", "logicalType": "decimal", **shape}

    def record(name: str, namespace: str, field: Row) -> Row:
        return {"type": "record", "name": name, "namespace": namespace, "fields": [field]}

    inner = record("A", "root.a", {"name": "b", "type": ["null", "boolean"]})
    schema = avro_schema(fields, use_logical_types=True)
    assert (schema["type"], schema["name"]) == ("record", "Root")
    assert schema["fields"] == [
        {"name": "required", "type": "long", "doc": "a number"},
        {"name": "money", "type": ["null", decimal(38, 9)]},
        {"name": "price", "type": ["null", decimal(10, 2)]},
        {"name": "wide", "type": decimal(77, 38)},
        {"name": "at", "type": {"type": "string", "logicalType": "datetime"}},
        {"name": "data", "type": ["null", {"type": "string", "sqlType": "JSON"}]},
        {"name": "place",
         "type": {"type": "array", "items": {"type": "string", "sqlType": "GEOGRAPHY"}}},
        {"name": "a", "type": record("A", "root", {"name": "a", "type": ["null", inner]})},
    ]  # fmt: skip
    fastavro.parse_schema(schema)


@pytest.mark.parametrize(
    "field",
    [
        column("c", "RANGE", rangeElementType=[]),
        column("c", "TIMESTAMP", timestampPrecision="12"),
        column("player name", "STRING"),
        column("naïve", "STRING"),
    ],
)
def test_what_avro_cannot_hold_is_refused(field: Row):
    """A column that has no documented Avro form ends the extract."""
    with pytest.raises(AvroRefusedError, match="not supported in Avro exports"):
        avro_schema([field], use_logical_types=True)


def test_null_in_a_required_column_is_an_error(tmp_path: Path):
    """A fault of the engine does not become a damaged file."""
    with pytest.raises(ValueError, match="REQUIRED column c"):
        extract([{"c": None}], [column("c", "INTEGER", REQUIRED)], tmp_path)
