"""Which rows would go, and which come back: shown before anything is decided."""

from tests.harness import Rebound
from tests.integration import lake
from tests.served import Function

SCENARIO = "bigquery-dataset-loss"


def test_rows_that_go_and_come(rebound: Rebound, function: Function):
    """The plan counts them in each partition; `diff` shows them, and what differs by column."""
    function.complete("night")
    games = f"`{rebound.project}.{lake.GAMES}`"
    assert "its rows are those of" in rebound.run("diff", lake.GAMES).stdout
    for statement in (
        f"UPDATE {games} SET points = 1, home = NULL WHERE game_id IN ('g9', 'g18')",
        f"UPDATE {games} SET points = 2 WHERE game_id = 'g27'",
        f"DELETE FROM {games} WHERE game_id = 'g36'",
        f"INSERT INTO {games} (game_id, game_date) VALUES ('späť\\n', DATE '2030-01-01')",
    ):
        rebound.query(statement)
    planned = rebound.run("plan", SCENARIO, "--exact").stdout
    assert "    20240101: 21 rows there, 22 in the backup" in planned
    assert "    20300101: 1 row there, 0 in the backup" in planned
    assert "REPLACES 22 ROWS THAT ARE THERE" in planned
    before = {item.table_id for item in rebound.bigquery_client.list_tables("rebound_scratch")}
    shown = rebound.run("diff", lake.GAMES, "--key", "game_id", "--samples", "9").stdout
    assert "partitions that differ: 20240101, 20300101" in shown
    assert "4 rows there now and not in the backup:" in shown
    assert "4 rows in the backup and not there now:" in shown
    assert shown.count('  - {"box"') == shown.count('  + {"box"') == 4
    assert (
        "3 rows with the same game_id and other values:\n  points: 3 rows\n  home: 2 rows" in shown
    )
    found = rebound.json("diff", lake.GAMES, "--partition", "20240101", "--samples", "0")
    assert (found["going"], found["coming"], found["going_samples"]) == (3, 4, [])
    newer = rebound.json("diff", lake.GAMES, "--partition", "20300101", "--samples", "0")
    assert (newer["going"], newer["coming"]) == (1, 0)
    after = {item.table_id for item in rebound.bigquery_client.list_tables("rebound_scratch")}
    assert after == before
    for words in (
        (lake.GAMES, "--partition", "20300102"),
        ("lake.nothing",),
        (lake.GAMES, "--key", "nothing"),
        ("lake.games; DROP",),
    ):
        rebound.run("diff", *words, code=2)
