"""Writers never stop: what is restored is exactly the recovery point all the same."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.harness import Rebound
from tests.integration import lake
from tests.served import serving

STATEMENTS = {
    lake.GAMES: (
        (
            "INSERT INTO `{table}` (game_id, game_date, points) "
            "VALUES ('w{n}', DATE_ADD(DATE '2024-01-01', INTERVAL MOD({n}, 9) DAY), {n})"
        ),
        "UPDATE `{table}` SET points = points + 1 WHERE points BETWEEN 0 AND 900",
        "DELETE FROM `{table}` WHERE game_id = 'w{n}' OR game_id = 'g{n}'",
    ),
    lake.EVENTS: (
        (
            "INSERT INTO `{table}` (`at`, kind, value) "
            "VALUES (TIMESTAMP_ADD(TIMESTAMP '2024-05-01 00:00:00+00', INTERVAL {n} MINUTE), 'w', {n})"
        ),
    ),
    lake.TYPES: (
        (
            "INSERT INTO `{table}` (id, local_at, huge) "
            "VALUES ({n}, DATETIME '2024-03-01 10:00:00', BIGNUMERIC '{n}.5')"
        ),
        "UPDATE `{table}` SET ratio = {n} WHERE id = 1",
    ),
    lake.EMPTY: (
        "INSERT INTO `{table}` VALUES ({n}, 'w')",
        "DELETE FROM `{table}` WHERE id < {n} - 5",
    ),
}


@contextmanager
def writing(rebound: Rebound) -> Iterator[dict[str, int]]:
    """Write to every table as fast as it goes until the block ends; gives the number of writes."""
    stopped = threading.Event()
    counts = dict.fromkeys(STATEMENTS, 0)

    def write(table: str) -> None:
        while not stopped.is_set():
            number = counts[table]
            statements = STATEMENTS[table]
            sql = statements[number % len(statements)]
            rebound.query(sql.format(table=f"{rebound.project}.{table}", n=number))
            counts[table] += 1

    writers = [threading.Thread(target=write, args=(table,)) for table in STATEMENTS]
    for writer in writers:
        writer.start()
    try:
        yield counts
    finally:
        stopped.set()
        for writer in writers:
            writer.join()


def test_restored_is_exactly_the_recovery_point(
    new_rebound: Callable[..., Rebound], tmp_path: Path
):
    """While writers keep writing, a run is made; restored, every table is what it was at T."""
    rebound = new_rebound(REBOUND_CATALOG=lake.write_catalog(tmp_path))
    lake.fill(rebound)
    with serving(rebound) as function, rebound.cloud.minutes_ago(2), writing(rebound) as early:
        while min(early.values()) < 3:
            threading.Event().wait(0.05)
    with serving(rebound) as function, writing(rebound) as during:
        summary = function.complete("busy")
    assert min(during.values()) > 2, during
    at = summary["recovery_point"].replace("T", " ").replace("Z", "+00:00")
    rebound.run("recover", "bigquery-dataset-loss", "--into-prefix", "then_", "--yes")
    for table in lake.TABLES:
        then = lake.rows(rebound, table, at)
        assert lake.rows(rebound, f"then_{table}") == then, table
        assert lake.rows(rebound, table) != then, f"nobody wrote to {table} after T"
