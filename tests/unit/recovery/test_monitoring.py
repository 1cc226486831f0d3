from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from manifests.errors import UsageError
from recovery.ops.document import answer_document, json_value, queries_document
from recovery.ops.histories import columns_of, definitions
from recovery.ops.monitoring import monitoring_queries, monitoring_query, read_query, said_values
from recovery.report.text import text_of

HEADER = "-- Answers: How many?\n-- Normal: 3.\n-- To do: Look.\n"
EVENING = datetime(2026, 1, 4, 3, 30, tzinfo=UTC)
"""It is still the third of January in New York."""


def test_queries_are_shipped():
    """The ten, what they lacked, and three of backups and drills; each says what it answers, what is normal and what to do."""
    assert len(monitoring_queries()) == 16
    for query in monitoring_queries().values():
        assert query.answers.endswith("?")
        assert all((query.normal, query.to_do))
    assert "scorecard" in text_of(queries_document(monitoring_queries().values()), columns=80)


def test_today_is_new_yorks():
    """The day of games changes at midnight in New York, not in UTC."""
    query = monitoring_query("validation-errors")
    assert query.values({}, now=EVENING) == {"day": date(2026, 1, 3), "days": 7}
    said = {"day": "2025-12-31", "days": "2"}
    assert query.values(said, now=EVENING) == {"day": date(2025, 12, 31), "days": 2}


@pytest.mark.parametrize(
    "said", [{"day": "yesterday"}, {"days": "seven"}, {"days": ""}, {"week": "1"}]
)
def test_values_that_do_not_fit_are_refused(said: dict[str, str]):
    """A value of another kind and a name that the query does not know are errors of usage."""
    with pytest.raises(UsageError):
        monitoring_query("validation-errors").values(said, now=EVENING)


@pytest.mark.parametrize("words", [["day"], ["=1"], ["day=1", "day=2"]])
def test_words_that_say_no_value_are_refused(words: list[str]):
    """Each word is one value of one parameter."""
    with pytest.raises(UsageError):
        said_values(words)
    assert said_values(["a=b=c", "d="]) == {"a": "b=c", "d": ""}


def test_unknown_query_is_refused():
    """The hint lists those that there are."""
    with pytest.raises(UsageError) as caught:
        monitoring_query("weather")
    assert "freshness" in caught.value.hint


def test_pasted_statement_has_its_values():
    """Nothing is left to be bound, and no text ends its literal."""
    sql = f"{HEADER}-- Parameter: a STRING = x\n-- Parameter: b DATE = null\nSELECT @a, @b\n"
    query = read_query("q", sql)
    values = query.values({"a": "it's \\ \n"}, now=EVENING)
    pasted = query.pasted(values, bucket="landing", dataset="scratch")
    assert pasted.endswith("SELECT 'it\\'s \\\\ \\n', CAST(NULL AS DATE)\n")


def test_what_reads_a_history_brings_its_table_along():
    """A console takes no definitions: the table is made where it expires, with every column."""
    query = monitoring_query("backup-freshness")
    values = query.values({"at": "2026-01-04T00:00:00Z"}, now=EVENING)
    pasted = query.pasted(values, bucket="some-landing", dataset="scratch")
    assert pasted.startswith(
        "CREATE OR REPLACE EXTERNAL TABLE scratch.history_runs (\n  looked_at TIM"
    )
    assert "uris = ['gs://some-landing/history/runs.jsonl']" in pasted
    assert "FROM scratch.history_runs\n" in pasted
    assert "TIMESTAMP '2026-01-04T00:00:00+00:00'" in pasted
    assert query.values({}, now=EVENING)["at"] == EVENING
    with pytest.raises(UsageError):
        query.values({"at": "2026-01-04T00:00:00"}, now=EVENING)
    assert monitoring_query("freshness").histories == ()
    [found] = definitions(query.histories, "some-landing").values()
    types = {field["name"]: field["type"] for field in found["schema"]["fields"]}
    assert types["size_bytes"] == "INTEGER"
    assert types["looked_at"] == types["recovery_point"] == "TIMESTAMP"
    assert columns_of("drills")["seconds"] == "FLOAT64"
    assert columns_of("drills")["is_sample"] == "BOOL"


@pytest.mark.parametrize(
    "text",
    [
        HEADER.replace("Normal", "Usual"),
        f"{HEADER}SELECT @a",
        f"{HEADER}-- Parameter: a INT64 = 1\nSELECT 1",
        f"{HEADER}-- Parameter: a FLOAT64 = 1\nSELECT @a",
    ],
)
def test_wrong_file_is_refused(text: str):
    """A header that lacks something, or parameters that are not those of the statement."""
    with pytest.raises(ValueError, match="q: "):
        read_query("q", text)


def test_answers_are_told():
    """Nothing, numbers, times and what would act on a terminal; no rows are said to be none."""
    query = monitoring_query("freshness")
    values = query.values({}, now=EVENING)
    rows = [("a\x1b", 1234, None), ("b", Decimal("1.50"), EVENING)]
    text = text_of(answer_document(query, values, ("name", "n", "at"), rows))
    assert "day 2026-01-03" in text
    assert f"normal: {query.normal}" in text
    assert "a\\x1b    1,234  -" in text
    assert " 1.50  2026-01-04 03:30" in text
    assert text_of(answer_document(query, values, ("name",), [])).endswith("\n\nno rows")
    assert [json_value(it) for it in (None, True, Decimal("1.50"), EVENING)] == [
        None,
        True,
        "1.50",
        "2026-01-04T03:30:00+00:00",
    ]
