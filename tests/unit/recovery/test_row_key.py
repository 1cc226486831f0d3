"""Which column differs is told by what tells which row is which: of the table, or of the catalog."""

import json
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


def test_of_a_wide_row_what_differs_is_told():
    """Its key and the columns that differ; without them its beginning; a short one whole."""
    wide = {"id": 7, **{f"column_{number:02}": "x" * 10 for number in range(40)}, "points": 1.5}
    rows = {"going_samples": (json.dumps(wide),), "coming_samples": ('{"id":8}',)}
    known = {"key": ("id",), "changed": 1, "columns": {"points": 1}}
    told = text_of(difference_document(FOUND.model_copy(update={**rows, **known})), columns=None)
    assert '- {"id":7,"points":1.5} and 40 columns more\n' in told
    assert '+ {"id":8}\n' in told
    bare = text_of(difference_document(FOUND.model_copy(update=rows)), columns=None)
    (line,) = (line for line in bare.splitlines() if line.startswith("  - "))
    assert (len(line), line[-3:]) == (307, "...")
