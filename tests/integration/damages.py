"""Ways to lose data of the small platform."""

import json
from dataclasses import dataclass

from tests.harness import Rebound
from tests.integration import lake
from tests.integration.state import state


@dataclass(frozen=True)
class Damage:
    """One way to lose data.

    Attributes:
        statements: What destroys it.
        table: The table it happens to.
        action: What the plan says about the table.
        overwrite: Whether an explicit word is needed, because rows are there.
    """

    statements: tuple[str, ...]
    table: str
    action: str
    overwrite: bool = False


DAMAGES = {
    "table gone": Damage(("DROP TABLE `{lake}.games`",), lake.GAMES, "create"),
    "emptied": Damage(("TRUNCATE TABLE `{lake}.games`",), lake.GAMES, "fill"),
    "truncated": Damage(
        ("DELETE FROM `{lake}.games` WHERE points > 300",),
        lake.GAMES,
        "replace partitions",
        overwrite=True,
    ),
    "rows changed": Damage(
        ("UPDATE `{lake}.games` SET pace = pace + 0.001 WHERE game_date = DATE '2024-01-02'",),
        lake.GAMES,
        "replace partitions",
        overwrite=True,
    ),
    "duplicate removed": Damage(
        (
            "DELETE FROM `{lake}.games` WHERE game_id = 'undated'",
            "INSERT INTO `{lake}.games` (game_id, points) VALUES ('undated', NULL)",
        ),
        lake.GAMES,
        "replace partitions",
        overwrite=True,
    ),
    "partition missing": Damage(
        ("DELETE FROM `{lake}.games` WHERE game_date = DATE '2024-01-04'",),
        lake.GAMES,
        "replace partitions",
    ),
    "null partition missing": Damage(
        ("DELETE FROM `{lake}.games` WHERE game_date IS NULL",), lake.GAMES, "replace partitions"
    ),
    "hour missing": Damage(
        ("DELETE FROM `{lake}.events` WHERE `at` < TIMESTAMP '2024-05-01 01:00:00+00'",),
        lake.EVENTS,
        "replace partitions",
    ),
    "schema changed": Damage(
        ("ALTER TABLE `{lake}.games` ADD COLUMN surprise STRING",),
        lake.GAMES,
        "replace",
        overwrite=True,
    ),
    "partitioning lost": Damage(
        (
            "CREATE TABLE `{lake}.copy` AS SELECT * FROM `{lake}.games`",
            "DROP TABLE `{lake}.games`",
            "CREATE TABLE `{lake}.games` AS SELECT * FROM `{lake}.copy`",
            "DROP TABLE `{lake}.copy`",
        ),
        lake.GAMES,
        "replace",
        overwrite=True,
    ),
    "properties lost": Damage(
        ("ALTER TABLE `{lake}.games` SET OPTIONS (description=NULL, labels=[])",),
        lake.GAMES,
        "set properties",
    ),
    "awkward types gone": Damage(("DROP TABLE `{lake}.types`",), lake.TYPES, "create"),
    "awkward types changed": Damage(
        ("UPDATE `{lake}.types` SET local_at = NULL WHERE id = 1",),
        lake.TYPES,
        "replace partitions",
        overwrite=True,
    ),
    "rows where none were": Damage(
        ("INSERT INTO `{lake}.empty` VALUES (1, 'x')",),
        lake.EMPTY,
        "replace partitions",
        overwrite=True,
    ),
    "replaced by a view": Damage(
        (
            "DROP TABLE `{lake}.empty`",
            "CREATE VIEW `{lake}.empty` AS SELECT 1 AS id, 'x' AS note",
        ),
        lake.EMPTY,
        "replace",
        overwrite=True,
    ),
}


def destroy(rebound: Rebound, damage: Damage) -> None:
    """Do the damage, and assert that something is different."""
    before = json.dumps(state(rebound), default=str)
    for statement in damage.statements:
        rebound.query(statement.format(lake=f"{rebound.project}.{lake.DATASET}"))
    assert json.dumps(state(rebound), default=str) != before
