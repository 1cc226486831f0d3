"""Which column differs is told by what tells which row is which: of the table, or of the catalog."""

from datetime import UTC, datetime

from recovery.compare.difference import TableDifference
from recovery.compare.row_key import row_key
from recovery.report.difference import difference_document
from recovery.report.text import text_of
from tests.unit.looks import CATALOG

FOUND = TableDifference(
    table="nba.games", run_id="a", recovery_point=datetime(2026, 1, 1, tzinfo=UTC),
    partitions=("20260101",), going=1, coming=1,
)  # fmt: skip


def test_the_key_of_the_table_comes_before_that_of_the_catalog():
    """A table that neither knows has none."""
    name = "nba_analytics.player_game_summary"
    primary = {"tableConstraints": {"primaryKey": {"columns": ["id"]}}}
    assert row_key(name, primary, CATALOG) == ("id",)
    assert row_key(name, {}, CATALOG) == ("game_date", "game_id", "player_lookup")
    assert row_key("nba.unknown", {}, CATALOG) == ()
    for strange in ([], "x", {"primaryKey": []}, {"primaryKey": "x"}):
        assert row_key("nba.unknown", {"tableConstraints": strange}, CATALOG) == ()


def test_without_a_key_it_is_said_how_to_ask():
    """With one each column that differs has its number of rows."""
    assert "`--key COLUMN`" in text_of(difference_document(FOUND))
    keyed = FOUND.model_copy(update={"key": ("id",), "changed": 1, "columns": {"points": 1}})
    told = text_of(difference_document(keyed))
    assert "1 row with the same id and other values:\n  points: 1 row" in told
    assert "--key" not in told
