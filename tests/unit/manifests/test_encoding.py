from typing import Any

import pytest
import sqlglot
from sqlglot import exp

from manifests.encoding import decode_sql, encode_sql, encodings_of, stored_fields
from manifests.errors import SourceUnreadableError
from manifests.partitions import in_partitions
from tests.unit.samples import GAMES

REFERENCE = "p.scratch.t"
PLAIN_TYPES = ["STRING", "INTEGER", "FLOAT", "BOOLEAN", "NUMERIC", "BYTES", "DATE", "TIME", "JSON"]


def table(*fields: dict[str, Any]) -> dict[str, Any]:
    """Return a table's resource."""
    return {"schema": {"fields": list(fields)}}


def column(name: str, kind: str = "STRING", **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Return a field of a schema."""
    return {"name": name, "type": kind, **more}


RANGE = {"rangeElementType": {"type": "DATE"}}
ENCODED = [
    ("datetime", column("c", "DATETIME"), "CAST({} AS STRING)", "CAST({} AS DATETIME)"),
    ("interval", column("c", "INTERVAL"), "CAST({} AS STRING)", "CAST({} AS INTERVAL)"),
    ("range", column("c", "RANGE", **RANGE), "CAST({} AS STRING)", "CAST({} AS RANGE<DATE>)"),
    ("bignumeric", column("c", "BIGNUMERIC"), "CAST({} AS STRING)", "CAST({} AS BIGNUMERIC)"),
    (
        "geography",
        column("c", "GEOGRAPHY"),
        "ST_ASTEXT({})",
        "ST_GEOGFROMTEXT({}, oriented => TRUE)",
    ),
    (
        "timestamp12",
        column("c", "TIMESTAMP", timestampPrecision="12"),
        "CAST({} AS STRING)",
        "CAST({} AS TIMESTAMP(12))",
    ),
]
IDS = [kind for kind, *_ in ENCODED]


@pytest.mark.parametrize("kind", PLAIN_TYPES)
def test_what_avro_carries_back_is_stored_as_it_is(kind: str):
    """A column of such a type is neither encoded nor touched by the statements."""
    resource = table(column("c", kind), column("d", "TIMESTAMP", timestampPrecision="6"))
    assert encodings_of(resource) == ()
    assert encode_sql(REFERENCE, resource) == (
        "SELECT row_.`c` AS `c`, row_.`d` AS `d` FROM `p.scratch.t` AS row_"
    )
    assert decode_sql(REFERENCE, resource) == encode_sql(REFERENCE, resource)
    assert stored_fields([column("c", kind)]) == [column("c", kind)]


@pytest.mark.parametrize(("kind", "field", "stored", "back"), ENCODED, ids=IDS)
def test_each_encoding_and_its_inverse(kind: str, field: dict[str, Any], stored: str, back: str):
    """A column Avro cannot carry back is stored as text and read back by a cast."""
    resource = table(field)
    (encoding,) = encodings_of(resource)
    assert (encoding.path, encoding.encoding, encoding.stored_as) == ("c", kind, "c")
    assert f"SELECT {stored.format('row_.`c`')} AS `c` FROM" in encode_sql(REFERENCE, resource)
    assert f"SELECT {back.format('row_.`c`')} AS `c` FROM" in decode_sql(REFERENCE, resource)
    assert stored_fields([field]) == [column("c", "STRING")]


@pytest.mark.parametrize(("kind", "field", "stored", "back"), ENCODED, ids=IDS)
def test_repeated_columns_keep_their_order(
    kind: str, field: dict[str, Any], stored: str, back: str
):
    """Each element of an array is encoded, in its place."""
    resource = table({**field, "mode": "REPEATED"})
    assert encodings_of(resource)[0].encoding == kind
    frame = (
        "ARRAY(SELECT {} FROM UNNEST(row_.`c`) AS item_0 WITH OFFSET AS at_0 ORDER BY at_0) AS `c`"
    )
    assert frame.format(stored.format("item_0")) in encode_sql(REFERENCE, resource)
    assert frame.format(back.format("item_0")) in decode_sql(REFERENCE, resource)
    assert stored_fields(resource["schema"]["fields"]) == [column("c", "STRING", mode="REPEATED")]


@pytest.mark.parametrize(("kind", "field", "stored", "back"), ENCODED, ids=IDS)
def test_records_are_encoded_inside(kind: str, field: dict[str, Any], stored: str, back: str):
    """Only what needs it inside a record is encoded; a record that is NULL stays NULL."""
    resource = table(column("r", "RECORD", fields=[column("n", "INTEGER"), field]))
    (encoding,) = encodings_of(resource)
    assert (encoding.path, encoding.encoding) == ("r", "record")
    frame = "IF(row_.`r` IS NULL, NULL, STRUCT(row_.`r`.`n` AS `n`, {} AS `c`)) AS `r`"
    assert frame.format(stored.format("row_.`r`.`c`")) in encode_sql(REFERENCE, resource)
    assert frame.format(back.format("row_.`r`.`c`")) in decode_sql(REFERENCE, resource)
    assert stored_fields(resource["schema"]["fields"]) == [
        column("r", "RECORD", fields=[column("n", "INTEGER"), column("c", "STRING")])
    ]
    assert kind != "record"


def test_arrays_inside_arrays_have_names_of_their_own():
    """An inner element is never taken for the outer one."""
    inner = column("i", "RECORD", mode="REPEATED", fields=[column("d", "DATETIME")])
    resource = table(column("o", "RECORD", mode="REPEATED", fields=[inner]))
    assert (
        "ARRAY(SELECT IF(item_0 IS NULL, NULL, STRUCT(ARRAY(SELECT IF(item_1 IS NULL, NULL, "
        "STRUCT(CAST(item_1.`d` AS STRING) AS `d`)) FROM UNNEST(item_0.`i`) AS item_1 "
        "WITH OFFSET AS at_1 ORDER BY at_1) AS `i`)) FROM UNNEST(row_.`o`) AS item_0 "
        "WITH OFFSET AS at_0 ORDER BY at_0) AS `o`"
    ) in encode_sql(REFERENCE, resource)


def test_columns_avro_cannot_name_are_renamed():
    """A name Avro does not know becomes a number, and its own again when it is read back."""
    resource = table(column("id"), column("arena location"), column("2nd", "DATETIME"))
    assert [(item.path, item.encoding, item.stored_as) for item in encodings_of(resource)] == [
        ("arena location", "renamed", "column_1"),
        ("2nd", "renamed", "column_2"),
    ]
    assert "row_.`arena location` AS `column_1`" in encode_sql(REFERENCE, resource)
    assert "CAST(row_.`2nd` AS STRING) AS `column_2`" in encode_sql(REFERENCE, resource)
    assert "row_.`column_1` AS `arena location`" in decode_sql(REFERENCE, resource)
    assert "CAST(row_.`column_2` AS DATETIME) AS `2nd`" in decode_sql(REFERENCE, resource)
    assert [field["name"] for field in stored_fields(resource["schema"]["fields"])] == [
        "id",
        "column_1",
        "column_2",
    ]


def test_a_renamed_column_takes_no_other_columns_name():
    """Two columns never share one name in the files, in any case of letters."""
    fields = [column("a b"), column("COLUMN_0"), column("column_1"), column("c d")]
    names = [field["name"] for field in stored_fields(fields)]
    assert names == ["column_2", "COLUMN_0", "column_1", "column_3"]
    inside = stored_fields([column("r", "RECORD", fields=fields)])
    assert [field["name"] for field in inside[0]["fields"]] == names


def test_a_record_is_renamed_inside_too():
    """Names inside a record are Avro's as well."""
    resource = table(column("r", "RECORD", fields=[column("x y")]))
    assert encodings_of(resource)[0].encoding == "record"
    assert "STRUCT(row_.`r`.`x y` AS `column_0`)" in encode_sql(REFERENCE, resource)
    assert "STRUCT(row_.`r`.`column_0` AS `x y`)" in decode_sql(REFERENCE, resource)


def test_stored_files_are_as_protected_as_the_table():
    """Policy tags stay; nothing is required of raw rows; text has no precision."""
    tags = {"names": ["taxonomies/1/policyTags/2"]}
    assert stored_fields(
        [
            column("a", mode="REQUIRED", policyTags=tags, description="x"),
            column("b", "BIGNUMERIC", precision="40", scale="2", policyTags=tags),
            column("c", "NUMERIC", precision="10", scale="2"),
        ]
    ) == [
        column("a", mode="NULLABLE", policyTags=tags),
        column("b", policyTags=tags),
        column("c", "NUMERIC", precision="10", scale="2"),
    ]


def test_one_partition_can_be_encoded():
    """A partition's rows alone are selected, which is filter enough."""
    resource = {
        **table(column("d", "DATE"), column("t", "DATETIME")),
        "timePartitioning": {"type": "DAY", "field": "d"},
    }
    chosen = in_partitions(resource, ["20250101"])
    assert encode_sql(REFERENCE, resource, "20250101").endswith(f"AS row_ WHERE {chosen}")
    demanding = {**resource, "requirePartitionFilter": True}
    assert encode_sql(REFERENCE, demanding, "20250101").endswith(f"AS row_ WHERE {chosen}")
    assert encode_sql(REFERENCE, demanding).endswith("row_.`d` >= DATE '0001-01-01'")


def test_generated_columns_are_refused():
    """Nothing can be inserted into a column whose values are always generated."""
    by_default = {"generatedMode": "GENERATED_BY_DEFAULT"}
    assert encodings_of(table(column("a"), column("g", generatedColumn=by_default))) == ()
    for always in ({"generatedMode": "GENERATED_ALWAYS"}, {"generatedExpressionInfo": {}}):
        with pytest.raises(SourceUnreadableError, match="g: its values are generated"):
            encodings_of(table(column("a"), column("g", generatedColumn=always)))


def test_a_forged_range_is_refused():
    """Only the three types a range can have become part of a statement."""
    forged = table(column("c", "RANGE", rangeElementType={"type": "DATE>), (SELECT 1"}))
    with pytest.raises(SourceUnreadableError, match="no range of"):
        decode_sql(REFERENCE, forged)


@pytest.mark.parametrize("write", [encode_sql, decode_sql])
def test_the_statements_are_sql(write: Any):  # noqa: ANN401 - one of two functions
    """A parser of BigQuery's SQL reads both statements, with the columns they promise."""
    parsed = sqlglot.parse_one(write(REFERENCE, GAMES), dialect="bigquery")
    assert isinstance(parsed, exp.Select)
    fields = GAMES["schema"]["fields"]
    names = [field["name"] for field in fields]
    stored = [field["name"] for field in stored_fields(fields)]
    assert parsed.named_selects == (stored if write is encode_sql else names)
    assert stored[4] == "column_4"
