"""Whatever names a manifest or a plan holds, a statement is the one that it was meant to be.

Google's own parser reads what every builder makes of hostile names: so many statements, of these
kinds, about these tables, where it reads them. Or the builder refuses the names, which is as good.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from manifests import statements
from manifests.control_statements import only_if
from manifests.encoding import decode_sql, encode_sql
from manifests.errors import BackupDamagedError, SourceUnreadableError
from manifests.fingerprint import EMPTY, fingerprint_sql, unchanged_sql
from manifests.resource_types import check_resource
from tests.standin.bigquery.googlesql.requests import statement_kinds, table_paths
from tests.standin.bigquery.googlesql.shape import spaced

A, B = "p-1.d.a", "p-1.d.b"
AT = datetime(2026, 11, 24, 8, 1, tzinfo=UTC)
BREAKS = [
    "`",
    "'",
    '"',
    "\\",
    "\n",
    "\r",
    "\u2028",
    ";",
    "--",
    "/*",
    "#",
    "$",
    "@x",
    "{}",
    "?",
    "\0",
    "é",
    "\U0001f3c0",
]
ATTACKS = [
    "x') OR TRUE; DROP TABLE `d.a",
    "a` FROM `d.b`; DROP TABLE `d.a`; --",
    "20250101' OR '1'='1",
    "'''",
    "a'\n'b",
    "`",
    "\\`",
    "select",
    "row_",
    "hash",
]
TEXTS = st.one_of(
    st.sampled_from(ATTACKS),
    st.lists(st.one_of(st.sampled_from(BREAKS), st.text(max_size=3)), max_size=5).map("".join),
)
VALUES = st.one_of(TEXTS, st.none(), st.integers(), st.booleans(), st.lists(TEXTS, max_size=2))
NAMES = st.one_of(st.sampled_from(["day", "n", "arena location"]), VALUES)
TYPES = st.sampled_from(
    [
        "DATE",
        "DATETIME",
        "TIMESTAMP",
        "INTEGER",
        "STRING",
        "JSON",
        "GEOGRAPHY",
        "BIGNUMERIC",
        "INTERVAL",
        "RANGE",
        "RECORD",
        "INT64) FROM x; --",
        ["STRING"],
    ]
)
FIELDS = st.recursive(
    st.fixed_dictionaries(
        {"name": NAMES, "type": TYPES},
        optional={
            "mode": st.sampled_from(["NULLABLE", "REPEATED", "REQUIRED"]),
            "rangeElementType": st.fixed_dictionaries({"type": st.one_of(st.just("DATE"), TEXTS)}),
            "timestampPrecision": st.one_of(st.just("12"), TEXTS),
        },
    ),
    lambda inner: st.fixed_dictionaries(
        {
            "name": NAMES,
            "type": st.just("RECORD"),
            "fields": st.lists(inner, min_size=1, max_size=2),
        }
    ),
    max_leaves=3,
)
DAY = {"name": "day", "type": "DATE"}
NUMBER = {"name": "n", "type": "INTEGER"}
LAYOUTS = st.one_of(
    st.just({}),
    st.fixed_dictionaries(
        {
            "timePartitioning": st.fixed_dictionaries(
                {"type": st.sampled_from(["DAY", "HOUR", "MONTH", "YEAR"])},
                optional={"field": st.one_of(st.just("day"), NAMES)},
            )
        },
        optional={"requirePartitionFilter": st.booleans()},
    ),
    st.fixed_dictionaries(
        {
            "rangePartitioning": st.fixed_dictionaries(
                {
                    "field": st.one_of(st.just("n"), NAMES),
                    "range": st.fixed_dictionaries(
                        {
                            "start": st.one_of(st.just("0"), VALUES),
                            "end": st.just("100"),
                            "interval": st.one_of(st.just("10"), VALUES),
                        }
                    ),
                }
            )
        },
    ),
)
RESOURCES = st.builds(
    lambda fields, layout, key: {
        "schema": {"fields": [DAY, NUMBER, *fields]},
        "encryptionConfiguration": {"kmsKeyName": key},
        **layout,
    },
    st.lists(FIELDS, max_size=2),
    LAYOUTS,
    st.one_of(st.just("projects/p/locations/l/keyRings/r/cryptoKeys/k"), TEXTS),
)
PARTITIONS = st.lists(
    st.one_of(
        st.sampled_from(
            [
                "20250101",
                "202501",
                "2025010107",
                "2025",
                "10",
                "__NULL__",
                "__UNPARTITIONED__",
                "__ALL__",
            ]
        ),
        TEXTS,
    ),
    min_size=1,
    max_size=3,
)

type Builder = Callable[[dict[str, Any], list[str]], str]
BUILDERS: dict[str, tuple[Builder, tuple[str, ...], set[str]]] = {
    "fingerprint": (lambda table, _: fingerprint_sql(A, table), ("query",), {A}),
    "encode": (lambda table, some: encode_sql(A, table, some[0]), ("query",), {A}),
    "decode": (lambda table, _: decode_sql(A, table), ("query",), {A}),
    "freeze": (
        lambda table, _: statements.freeze(A, B, table, at=AT, hours=24),
        ("create_table",),
        {B},
    ),
    "count": (lambda table, _: statements.count_at(A, table, AT), ("query",), {A}),
    "encoded": (
        lambda table, some: statements.encoded(A, B, table, some[0], hours=1),
        ("create_table",),
        {B},
    ),
    "published": (
        lambda table, some: statements.published(A, B, table, some, some),
        ("begin", "delete", "delete", "insert", "commit"),
        {A, B},
    ),
    "only if": (
        lambda table, some: only_if(
            unchanged_sql(A, table, some, EMPTY, version=2, refusal="x"), "", A, table, some
        ),
        ("begin", "delete"),
        {A},
    ),
    "travelled": (
        lambda table, some: statements.travelled(A, B, table, some, at=AT),
        ("begin", "delete", "insert", "commit"),
        {A, B},
    ),
    "decoded": (
        lambda table, some: statements.decoded(A, B, table, some),
        ("begin", "delete", "insert", "commit"),
        {A, B},
    ),
    "arrivals": (
        lambda table, some: statements.decoded_arrivals(A, B, table, some[0]),
        ("begin", "delete", "insert", "commit"),
        {A, B},
    ),
    "narrowed": (lambda table, some: statements.narrowed(A, table, some), ("delete",), {A}),
}


def judge(sql: str, kinds: tuple[str, ...]) -> None:
    """Insist that a script is exactly statements of these kinds."""
    assert statement_kinds(sql) == kinds, sql


@pytest.mark.parametrize("builder", BUILDERS)
@settings(max_examples=60)
@given(resource=RESOURCES, partitions=PARTITIONS)
@example(
    resource={
        "schema": {"fields": [DAY, NUMBER]},
        "timePartitioning": {"type": "DAY", "field": ["day` OR TRUE; DROP TABLE `d.a"]},
    },
    partitions=["20250101"],
)
@example(resource={"schema": {"fields": [DAY, NUMBER]}}, partitions=[ATTACKS[0]])
@example(
    resource={
        "schema": {
            "fields": [
                DAY,
                NUMBER,
                {"name": "r", "type": "RECORD", "fields": [{"name": ["x`"], "type": "DATETIME"}]},
            ]
        }
    },
    partitions=["__ALL__"],
)
def test_hostile_names_make_no_other_statement(
    builder: str, resource: dict[str, Any], partitions: list[str]
):
    """What was checked and built is what was meant; everything else is refused."""
    build, kinds, _ = BUILDERS[builder]
    try:
        check_resource("table", resource, subject="t")
        sql = build(resource, partitions)
    except (BackupDamagedError, SourceUnreadableError):
        return
    except (KeyError, ValueError):
        # An id that is no period of the table: rows that arrive, in a table without arrivals.
        assert builder == "arrivals"
        return
    judge(sql, kinds)


@pytest.mark.parametrize("builder", BUILDERS)
def test_plain_names_make_the_statement(builder: str):
    """The kinds that are looked for are those of the real statements, and so are the tables."""
    build, kinds, tables = BUILDERS[builder]
    resource = {"schema": {"fields": [DAY, NUMBER]}, "timePartitioning": {"type": "DAY"}}
    sql = build(resource, ["20250101"])
    judge(sql, kinds)
    if len(kinds) == 1:
        assert {".".join(path) for path in table_paths(spaced(sql))} == tables


@settings(max_examples=100)
@given(one=VALUES, other=VALUES, column=VALUES)
def test_hostile_ids_make_no_other_statement(one: Any, other: Any, column: Any):  # noqa: ANN401
    """The ids of tables and columns are quoted wherever they come from."""
    for sql, kind in refusing(
        (lambda: statements.snapshot(one, other), "create_snapshot_table"),
        (lambda: statements.history(one, date(1, 1, 1)), "query"),
        (lambda: statements.rows_by_date(one, column, date(1, 1, 1), date(9999, 1, 1)), "query"),
        (
            lambda: statements.rows_of_dates(
                one, column, date.min, date.max, key=[other], game=column, filled=[other]
            ),
            "query",
        ),
        (
            lambda: statements.games_of_dates(
                one,
                column,
                date.min,
                date.max,
                game=other,
                status=column,
                final=3,
                prefixes=[other],
            ),
            "query",
        ),
    ):
        judge(sql, (kind,))


def refusing(*builders: tuple[Callable[[], str], str]) -> Iterator[tuple[str, str]]:
    """Yield the statements that were not refused."""
    for build, kind in builders:
        try:
            yield build(), kind
        except SourceUnreadableError:
            continue
