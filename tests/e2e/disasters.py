"""The disasters of the demo: what strikes, and a picture of the platform that is not Rebound's."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from tests.harness import Rebound

DATASETS = ("nba_analytics", "nba_precompute", "nba_orchestration", "nba_reference")


@dataclass(frozen=True)
class Disaster:
    """One disaster.

    Attributes:
        scenario: What the operator calls it.
        strike: Destroys things, and returns a line about each.
        picture: Returns all there is of what can be struck.
    """

    scenario: str
    strike: Callable[[Rebound], list[str]]
    picture: Callable[[Rebound], dict[str, object]]


def strike_bigquery(rebound: Rebound) -> list[str]:
    """Delete a dataset, and damage tables of the others in four ways."""
    client = rebound.bigquery_client
    client.delete_dataset("nba_analytics", delete_contents=True)
    client.delete_table("nba_orchestration.workflow_decisions")
    rebound.query("TRUNCATE TABLE nba_precompute.player_daily_cache")
    rebound.query(
        "UPDATE nba_precompute.team_defense_zone_analysis "
        "SET team_abbr = 'XXX' WHERE analysis_date IN (SELECT MAX(analysis_date) "
        "FROM nba_precompute.team_defense_zone_analysis)"
    )
    rebound.query(
        "DELETE FROM nba_reference.processor_run_history WHERE data_date < DATE '2022-06-01'"
    )
    return [
        "dataset nba_analytics is deleted, with five tables",
        "table nba_orchestration.workflow_decisions is deleted",
        "table nba_precompute.player_daily_cache is emptied",
        "table nba_precompute.team_defense_zone_analysis has wrong values in its newest partition",
        "table nba_reference.processor_run_history has lost its oldest partitions",
    ]


def picture_of_bigquery(rebound: Rebound) -> dict[str, object]:
    """Return the shape, the properties and a digest of the rows of every table."""
    client = rebound.bigquery_client
    picture: dict[str, object] = {}
    there = {item.dataset_id for item in client.list_datasets()}
    for dataset_id in sorted(there.intersection(DATASETS)):
        for item in client.list_tables(dataset_id):
            table = client.get_table(item.reference)
            resource = table.to_api_repr()
            kept = ("schema", "timePartitioning", "clustering", "labels", "description", "view")
            name = f"{dataset_id}.{item.table_id}"
            picture[name] = {key: resource.get(key) for key in kept}
            if item.table_type == "TABLE":
                rows = sorted(repr(sorted(row.items())) for row in client.list_rows(table))
                digest = hashlib.sha256("\n".join(rows).encode()).hexdigest()
                picture[f"rows of {name}"] = (len(rows), digest)
    return picture


DISASTERS = (Disaster("bigquery-dataset-loss", strike_bigquery, picture_of_bigquery),)
