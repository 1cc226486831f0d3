"""The disasters of the demo: what strikes, and a picture of the platform that is not Rebound's."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.deployed import ROOT
from tests.e2e.outage import picture_of_configuration, strike_configuration, supply_secrets
from tests.harness import Rebound
from tests.integration.orchestration import State

DATASETS = ("nba_analytics", "nba_precompute", "nba_orchestration", "nba_reference")
BUCKET = "nba-scraped-data"
EPHEMERAL = (
    "processor_heartbeats",
    "processing_locks",
    "batch_processing_locks",
    "coordinator_instances",
    "coordinator_batch_locks",
    "run_history",
)


def catalog_quiet_within(seconds: int, folder: Path) -> str:
    """Write the shipped catalog, in which so long is quiet enough, and return its path."""
    catalog = json.loads((ROOT / "manifests" / "catalog.json").read_text(encoding="utf-8"))
    catalog["fence"]["quiet_seconds"] = seconds
    path = folder / "catalog.json"
    path.write_text(json.dumps(catalog), encoding="utf-8")
    return str(path)


@dataclass(frozen=True)
class Disaster:
    """One disaster.

    Attributes:
        scenario: What the operator calls it.
        strike: Destroys things, and returns a line about each.
        picture: Returns all there is of what can be struck.
        words: What the operator adds, to allow what the plan says.
        supply: Supplies what no backup has, and returns a line about each; the recovery waits for it.
        then: The commands that follow.
    """

    scenario: str
    strike: Callable[[Rebound], list[str]]
    picture: Callable[[Rebound], dict[str, object]]
    words: tuple[str, ...] = ("--overwrite", "*")
    supply: Callable[[Rebound], list[str]] | None = None
    then: tuple[tuple[str, ...], ...] = ()


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
        "DELETE FROM nba_reference.processor_run_history WHERE data_date IN "
        "(SELECT MIN(data_date) FROM nba_reference.processor_run_history)"
    )
    return [
        "dataset nba_analytics is deleted, with five tables",
        "table nba_orchestration.workflow_decisions is deleted",
        "table nba_precompute.player_daily_cache is emptied",
        "table nba_precompute.team_defense_zone_analysis has wrong values in its newest partition",
        "table nba_reference.processor_run_history has lost its oldest partition",
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


def strike_bucket(rebound: Rebound) -> list[str]:
    """Delete, overwrite and rename objects of the raw bucket."""
    bucket = rebound.storage_client.bucket(BUCKET)
    names = sorted(blob.name for blob in bucket.list_blobs() if not _is_held(blob))
    deleted, garbage, renamed = names[0:60:3], names[1:60:3], names[2:60:3]
    for name in deleted:
        bucket.blob(name).delete()
    for name in garbage:
        bucket.blob(name).upload_from_string(b"\x00garbage")
    for name in renamed:
        bucket.rename_blob(bucket.blob(name), f"{name}.moved")
    return [
        f"{len(deleted)} objects are deleted",
        f"{len(garbage)} objects are overwritten with garbage",
        f"{len(renamed)} objects are renamed",
    ]


def _is_held(blob: object) -> bool:
    return bool(getattr(blob, "temporary_hold", None) or getattr(blob, "event_based_hold", None))


def picture_of_bucket(rebound: Rebound) -> dict[str, object]:
    """Return the content's checksum and the metadata of every object that the seed made."""
    return {
        blob.name: (blob.size, blob.crc32c, blob.content_type, blob.content_encoding, blob.metadata)
        for blob in rebound.storage_client.list_blobs(BUCKET)
        if not blob.name.endswith(".moved")
    }


def strike_firestore(rebound: Rebound) -> list[str]:
    """Delete a collection and corrupt documents of another."""
    client = rebound.firestore_client
    deleted = [item.reference for item in client.collection("phase3_completion").stream()]
    corrupted = [item.reference for item in client.collection("phase4_completion").stream()]
    for reference in deleted:
        reference.delete()
    for reference in corrupted[::2]:
        reference.set({"processors": {"player_daily_cache": {"completed": True}}})
    return [
        f"collection phase3_completion is deleted, {len(deleted)} documents",
        f"{len(corrupted[::2])} documents of phase4_completion are overwritten",
    ]


def picture_of_firestore(rebound: Rebound) -> dict[str, object]:
    """Return every document that is not ephemeral, as the bytes of its message."""
    content = State(rebound).content()
    return {path: data for path, data in content.items() if path.split("/")[0] not in EPHEMERAL}


DISASTERS = (
    Disaster(
        "bigquery-dataset-loss",
        strike_bigquery,
        picture_of_bigquery,
        ("--overwrite", "*", "--create-datasets"),
    ),
    # A trigger of Eventarc listens to the bucket.
    Disaster(
        "gcs-bucket-corruption",
        strike_bucket,
        picture_of_bucket,
        ("--overwrite", "*", "--notify"),
    ),
    Disaster("firestore-state-loss", strike_firestore, picture_of_firestore),
    Disaster(
        "complete-outage",
        strike_configuration,
        picture_of_configuration,
        ("--access", "--overwrite", "*"),
        supply_secrets,
        # Nothing runs at the addresses of the local cloud that a flow check could wait for.
        (("thaw", "--no-check", "--yes"),),
    ),
)
