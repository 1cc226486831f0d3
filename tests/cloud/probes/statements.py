"""What statements BigQuery takes, how it refuses the rest, and which texts values have."""

from concurrent.futures import ThreadPoolExecutor

from tests.cloud.probes.asking import answered, rows
from tests.cloud.sandbox import Sandbox

_VALUES = (
    "DATE '0001-01-01'",
    "DATE '9999-12-31'",
    "DATETIME '1900-01-01 00:00:00.000001'",
    "DATETIME '2024-02-29 12:30:00'",
    "TIME '23:59:59.999999'",
    "TIMESTAMP '1959-12-31 23:59:59.5+00'",
    "TIMESTAMP '2160-01-01 00:00:00+00'",
    "1.0",
    "-0.0",
    "1e20",
    "1e-7",
    "5e-324",
    "0.1 + 0.2",
    "CAST('nan' AS FLOAT64)",
    "CAST('-inf' AS FLOAT64)",
    "9007199254740993",
    "NUMERIC '1.500000000'",
    "NUMERIC '-99999999999999999999999999999.999999999'",
    "BIGNUMERIC '0.00000000000000000000000000000000000001'",
    "b'\\x00\\xff'",
    "'Dončić \\U0001F3C0 \\u2028 \\t \\\" \\\\ /'",
    """JSON '{"b": 1.0, "a": [null, 1e2, 12345678901234567890]}'""",
    "JSON 'null'",
    "CAST(NULL AS JSON)",
    "[1, NULL]",
    "CAST([] AS ARRAY<INT64>)",
    "STRUCT(1 AS a, STRUCT('x' AS b) AS c)",
    "INTERVAL '1-2 3 4:5:6.789' YEAR TO SECOND",
    "RANGE<DATE> '[2024-01-01, UNBOUNDED)'",
    "ST_GEOGFROMTEXT('POINT(1.5 -2)')",
)
_STATEMENTS = (
    "SELECT 1 AS hash",
    "SELECT BIT_XOR(hash) FROM (SELECT 1 AS `hash`)",
    "SELECT 1 AS at",
    "SELECT COUNTIF(x) FROM UNNEST(CAST([] AS ARRAY<BOOL>)) AS x",
    "SELECT FORMAT_DATE('%Y%m%d', DATE '0001-01-01')",
    "SELECT FORMAT_DATE('%E4Y%m%d', DATE '0001-01-01')",
    "SELECT FORMAT('%d', 5)",
    "SELECT STRING(TIMESTAMP '2024-01-01 00:00:00+00', 'UTC')",
    "SELECT CONCAT('', CAST(229.0 AS STRING))",
    "SELECT 1 / 0",
    "SELECT SUM(x) FROM UNNEST([9223372036854775807, 1]) AS x",
    "SELECT TIMESTAMP '2024-01-01 00:00:00+00' > DATETIME '2024-01-01 00:00:00'",
    "SELECT MODE(x) FROM UNNEST([1]) AS x",
    "SELECT MAX_BY(x, x) FROM UNNEST([1]) AS x",
    "SELECT * FROM nowhere.nothing",
    "SELECT",
)


def texts(sandbox: Sandbox) -> object:
    """Return TO_JSON_STRING and FARM_FINGERPRINT of every sort of value."""
    return {sql: answered(lambda sql=sql: rows(sandbox, _text_of(sql))) for sql in _VALUES}


def _text_of(sql: str) -> str:
    text = f"TO_JSON_STRING({sql})"
    return f"SELECT {text}, FARM_FINGERPRINT({text})"


def accepted(sandbox: Sandbox) -> object:
    """Return what statements of every sort answer, or how they are refused."""
    return {sql: answered(lambda sql=sql: rows(sandbox, sql)) for sql in _STATEMENTS}


def concurrent_changes(sandbox: Sandbox) -> object:
    """Return how two changes of one table at once end: the reasons, whichever lost."""
    dataset = sandbox.dataset("concurrent")
    rows(sandbox, f"CREATE TABLE `{dataset}.t` AS SELECT x FROM UNNEST(GENERATE_ARRAY(1, 1000)) x")
    update = f"UPDATE `{dataset}.t` SET x = x + 1 WHERE TRUE"
    with ThreadPoolExecutor(2) as pool:
        ends = list(pool.map(lambda _: answered(lambda: rows(sandbox, update)), range(2)))
    return sorted({str(end) for end in ends})


PROBES = (texts, accepted, concurrent_changes)
