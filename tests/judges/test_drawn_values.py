"""The same of values that nobody listed: drawn, nested and repeated."""

from collections import defaultdict
from itertools import count

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from manifests.encoding import decode_sql, encode_sql, encodings_of
from manifests.fingerprint import fingerprint_sql
from tests.judges.both import (
    TIME_PARTITIONED,
    PartitionedTable,
    Standin,
    by_range,
    by_time,
    check_partitions,
    column,
    row_each,
    rows_of,
    table,
    texts,
    with_tables,
)
from tests.judges.boundaries import VALUES, layouts
from tests.standin.bigquery.googlesql.evaluate import evaluate

EXAMPLES = 6
# An example takes a second: looking for a smaller one that fails too would take minutes.
PHASES = (Phase.generate,)
# The stand-in writes their JSON text otherwise, as its README says.
OTHER_TEXT = ("INTERVAL", "RANGE<DATE>", "RANGE<DATETIME>", "RANGE<TIMESTAMP>")
FIELDS = {
    kind: (
        column(kind, "one"),
        column(kind, "many", mode="REPEATED"),
        {
            "name": "record",
            "type": "RECORD",
            "fields": [
                column(kind, "one"),
                column(kind, "many", mode="REPEATED"),
                {
                    "name": "records",
                    "type": "RECORD",
                    "mode": "REPEATED",
                    "fields": [column(kind, "one")],
                },
            ],
        },
    )
    for kind in VALUES
}
STORED = {kind: table(column("INT64", "number"), *FIELDS[kind]) for kind in VALUES}
ENCODED = [kind for kind in VALUES if encodings_of(STORED[kind])]


def rows(kind: str, values: list[str]) -> list[str]:
    """Return rows of which no two are equal: they differ in one place, or in an order."""
    none, item = f"CAST(NULL AS {kind})", f"STRUCT<one {kind}>"
    no_record = f"CAST(NULL AS STRUCT<one {kind}, many ARRAY<{kind}>, records ARRAY<{item}>>)"
    numbers = count()
    a, b, *_ = values

    def many(*values: str) -> str:
        return f"ARRAY<{kind}>[{', '.join(values)}]"

    def record(one: str = none, many_: str = many(), records: tuple[str, ...] = ()) -> str:
        listed = ", ".join(f"STRUCT({value} AS one)" for value in records)
        return f"STRUCT({one} AS one, {many_} AS many, ARRAY<{item}>[{listed}] AS records)"

    def row(one: str = none, many_: str = many(), record: str = no_record) -> str:
        return f"{next(numbers)} AS number, {one} AS one, {many_} AS many, {record} AS record"

    return [
        *(row(one=value) for value in (none, *values)),
        *(row(many_=many(*pair)) for pair in ((a, b), (b, a))),
        *(row(record=record(*parts)) for parts in ((), (a,), (none, many(a, b)))),
        *(row(record=record(records=values)) for values in ((none,), (a, b), (b, a), (a, none))),
    ]


def content(name: str, kind: str, of: str) -> str:
    """Return the query of the fingerprint of each row of a table."""
    measured = fingerprint_sql(of, row_each(*FIELDS[kind]))
    return (
        f"SELECT '{name}' AS what, partition_id AS number, "
        f"TO_JSON_STRING(STRUCT(row_count, `xor`, low_sum, high_sum)) AS found FROM ({measured})"
    )


@st.composite
def kinds_and_values(draw: st.DrawFn) -> tuple[str, list[str]]:
    """Draw a type and two or more of its values."""
    kind = draw(st.sampled_from(list(VALUES)))
    most = 2 if kind == "BOOL" else 4
    return kind, draw(st.lists(VALUES[kind], min_size=most, max_size=most, unique=True))


@settings(max_examples=EXAMPLES, phases=PHASES)
@given(drawn=kinds_and_values())
def test_drawn_values_are_told_apart_and_come_back(standin: Standin, drawn: tuple[str, list[str]]):
    """Equal rows have equal fingerprints and others have others, also of what was stored as text."""
    kind, values = drawn
    tables, asked = {"t": rows_of(*rows(kind, values))}, [content("rows", kind, "t")]
    if kind in ENCODED:
        tables["stored"] = encode_sql("t", STORED[kind])
        tables["back"] = decode_sql("stored", STORED[kind])
        asked.append(content("back", kind, "back"))
        asked.append(
            "SELECT 'stored', CAST(number AS STRING), TO_JSON_STRING(row_) FROM stored AS row_"
        )
    sql = with_tables(tables, " UNION ALL ".join(asked))
    google, ours = _by_row(texts(evaluate(sql))), _by_row(texts(standin(sql)))
    if kind not in OTHER_TEXT:
        assert ours == google
    assert ours.get("stored") == google.get("stored")
    for side in (google, ours):
        assert len(set(side["rows"].values())) == len(rows(kind, values))
        assert side.get("back", side["rows"]) == side["rows"]


def _by_row(found: list[tuple[str | None, ...]]) -> dict[str, dict[str, str]]:
    by_row: dict[str, dict[str, str]] = defaultdict(dict)
    for what, number, text in found:
        by_row[str(what)][str(number)] = str(text)
    return by_row


@st.composite
def partitioned(draw: st.DrawFn) -> list[PartitionedTable]:
    """Draw tables that are partitioned by time, and one by ranges, with values of theirs."""
    layouts_of_times = st.lists(
        st.sampled_from(TIME_PARTITIONED), min_size=3, max_size=3, unique=True
    )
    tables = [
        by_time(kind, unit, draw(st.lists(VALUES[kind], min_size=3, max_size=3)))
        for kind, unit in draw(layouts_of_times)
    ]
    start, end, width = draw(layouts())
    offsets = draw(st.lists(st.integers(-1, 90), min_size=4, max_size=4))
    inside = (start + offset * width // 10 for offset in offsets)
    return [*tables, by_range((start, end, width), [*inside, end - 1, end])]


@settings(max_examples=3, phases=PHASES)
@given(tables=partitioned())
def test_partitions_of_drawn_values(standin: Standin, tables: list[PartitionedTable]):
    """Ids and conditions of partitions agree for moments and ranges of every kind."""
    check_partitions(standin, tables)
