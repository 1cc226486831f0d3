"""What went wrong in a while, or in rows that meet a condition, is taken back, and nothing else."""

import re
from datetime import UTC, datetime, timedelta

from tests.harness import Rebound
from tests.integration.test_repair import GAMES, change, rows
from tests.served import Function

DAY, NEXT = "game_date = DATE '2024-01-02'", "game_date = DATE '2024-01-03'"
WRONG = f"UPDATE {{games}} SET points = -1 WHERE {DAY}"


def ago(minutes: float) -> str:
    """Return an instant of the past, as an operator writes it."""
    return f"{datetime.now(UTC) - timedelta(minutes=minutes):%Y-%m-%dT%H:%M:%SZ}"


def test_a_while_is_taken_back_and_what_came_later_stays(rebound: Rebound):
    """Of two that wrote wrongly in it both are taken back; without any run, from the table's history."""
    good, others = rows(rebound, DAY), rows(rebound, f"NOT IFNULL({DAY}, FALSE)")
    with rebound.cloud.minutes_ago(3):
        change(rebound, WRONG)
        change(
            rebound,
            "INSERT INTO {games} (game_id, game_date, points) VALUES ('bad', DATE '2024-01-03', -1)",
        )
    with rebound.cloud.minutes_ago(1):
        change(rebound, "UPDATE {games} SET points = -7 WHERE game_id = 'g10'")
        change(rebound, "UPDATE {games} SET points = -5 WHERE game_id = 'g9'")
    before = rows(rebound)
    earlier, since, until = ago(4.5), ago(4), ago(2)
    words = ("repair", GAMES, "--since", since, "--until", until, "--key", "game_id")
    shown = rebound.run(*words, "--plan-only").stdout
    assert "partitions that differ: 20240102, 20240103" in shown
    assert rows(rebound) == before
    done = rebound.run(*words, "--yes").stdout
    assert "22 rows back and 23 rows gone in 2 partitions, proven" in done
    kept = [row for row in good if "'g10'" not in row]
    assert [row for row in rows(rebound, DAY) if "'g10'" not in row] == kept
    assert "-7" in str(rows(rebound, "game_id = 'g10'"))
    assert "-5" in str(rows(rebound, "game_id = 'g9'"))
    changed = "game_id NOT IN ('g9', 'bad')"
    unchanged = [row for row in others if "'g9'" not in row]
    assert rows(rebound, f"NOT IFNULL({DAY}, FALSE) AND {changed}") == unchanged
    assert rows(rebound, "game_id = 'bad'") == []
    # Of a time in which nothing went wrong nothing is taken back.
    quiet = ("repair", GAMES, "--since", earlier, "--until", since, "--yes")
    assert "nothing went wrong in that time" in rebound.run(*quiet).stdout
    (name,) = re.findall(r"rebound undo ([\w-]+)", done)
    rebound.run("undo", name, "--yes")
    assert rows(rebound) == before


def test_rows_that_meet_a_condition_are_taken_back(rebound: Rebound, function: Function):
    """Then or now: the backup is the witness where nothing says when it was; all other rows stay."""
    function.complete("night")
    good = rows(rebound, DAY)
    denver, rest = rows(rebound, f"{DAY} AND home = 'Denver'"), f"{DAY} AND home != 'Denver'"
    change(rebound, WRONG)
    change(rebound, f"UPDATE {{games}} SET home = 'nowhere' WHERE {NEXT}")
    spoilt = rows(rebound, rest)
    refused = rebound.run("repair", GAMES, "--where", "home = 'Denver'", "--yes", code=5).stderr
    assert "nothing says which rows are the same" in refused
    words = ("--where", f"{DAY} AND home = 'Denver'", "--key", "game_id", "--yes")
    told = rebound.json("repair", GAMES, *words)["repair"]
    assert (told["witness"]["name"], told["witness"]["run_id"]) == ("vault", "night")
    assert (told["rows"]["coming"], told["rows"]["going"]) == (5, 5)
    assert rows(rebound, f"{DAY} AND home = 'Denver'") == denver
    assert rows(rebound, rest) == spoilt
    # What is wrong meets this condition only now.
    words = ("--where", "points = -1", "--key", "game_id", "--yes")
    told = rebound.json("repair", GAMES, *words)["repair"]
    assert (told["rows"]["coming"], told["rows"]["going"]) == (18, 18)
    assert rows(rebound, DAY) == good
    assert len(rows(rebound, "home = 'nowhere'")) == len(rows(rebound, NEXT)) > 20


def test_a_condition_within_a_while(rebound: Rebound):
    """Both together choose: what meets the condition and went wrong in that time."""
    with rebound.cloud.minutes_ago(3):
        change(rebound, WRONG)
    before = rows(rebound, DAY)
    words = ("--since", ago(4), "--where", "home = 'Dončić'", "--key", "game_id", "--yes")
    told = rebound.json("repair", GAMES, *words)["repair"]
    assert told["witness"]["name"] == "time travel"
    assert told["rows"]["coming"] == told["rows"]["going"] > 0
    after = rows(rebound, DAY)
    assert len(set(before) - set(after)) == told["rows"]["going"]
    assert not rows(rebound, f"{DAY} AND home = 'Dončić' AND points = -1")
    assert rows(rebound, f"{DAY} AND home != 'Dončić'") == [
        row for row in before if "Dončić" not in row
    ]
