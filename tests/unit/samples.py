"""A small and complete run, built by the real code."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import farmhash

from manifests.catalog import Catalog
from manifests.encoding import encodings_of
from manifests.fingerprint import FINGERPRINT_VERSION, combined
from manifests.kinds.tables import layout as table_layout
from manifests.kinds.tables.model import (
    DatasetBackup,
    Export,
    Partition,
    StreamingBuffer,
    TableBackup,
)
from manifests.model.run import AbandonedObject, Manifest
from manifests.values import Fingerprint, Resource, RunId, Skew, StoredObject

RUN = RunId("nightly-20261124T080000Z")
BASE_RUN = RunId("nightly-20261123T080000Z")
POINT = datetime(2026, 11, 24, 8, 1, tzinfo=UTC)
BASE_POINT = datetime(2026, 11, 23, 8, 1, tzinfo=UTC)
_MASK = 0xFFFFFFFF


def fingerprint_of(rows: Iterable[str]) -> Fingerprint:
    """Fingerprint rows given as texts, the way the statement does."""
    parts = []
    for row in rows:
        hashed = farmhash.fingerprint64(row)
        signed = hashed - (1 << 64) if hashed >> 63 else hashed
        parts.append(
            Fingerprint(row_count=1, xor=signed, low_sum=hashed & _MASK, high_sum=hashed >> 32)
        )
    return combined(parts)


def stored(run_id: RunId, table: str, part: str, *, rows: int, attempt: int = 1) -> StoredObject:
    """Return the one file of an extract."""
    folder = table_layout.landing_folder(run_id, table, part, attempt)
    return StoredObject(
        name=table_layout.vault_name(f"{folder}000000000000.avro"),
        size_bytes=100 + rows,
        crc32c="yZRlqg==",
        generation=1700000000000001,
        row_count=rows,
    )


def export_of(
    run_id: RunId, point: datetime, table: str, partition_id: str | None, rows: int
) -> Export:
    """Return an export with one file."""
    return Export(
        export_id=table_layout.export_id(run_id, partition_id),
        run_id=run_id,
        recovery_point=point,
        partition_id=partition_id,
        row_count=rows,
        objects=(stored(run_id, table, partition_id or "all", rows=rows),),
    )


GAMES: Resource = {
    "kind": "bigquery#table",
    "type": "TABLE",
    "etag": "q7Yk==",
    "tableReference": {"projectId": "platform", "datasetId": "nba", "tableId": "games"},
    "numRows": "6",
    "description": "One row a game, d'apr\u00e8s la ligue",
    "labels": {"tier": "critical"},
    "timePartitioning": {"type": "DAY", "field": "game_date", "expirationMs": "315360000000"},
    "requirePartitionFilter": True,
    "clustering": {"fields": ["team"]},
    "tableConstraints": {"primaryKey": {"columns": ["game_id"]}},
    "schema": {
        "fields": [
            {"name": "game_id", "type": "STRING", "mode": "REQUIRED"},
            {"name": "game_date", "type": "DATE"},
            {"name": "team", "type": "STRING", "policyTags": {"names": ["taxonomies/1/tags/2"]}},
            {"name": "tip_off", "type": "DATETIME"},
            {"name": "arena location", "type": "GEOGRAPHY"},
            {"name": "price", "type": "BIGNUMERIC", "precision": "40", "scale": "20"},
            {
                "name": "periods",
                "type": "RECORD",
                "mode": "REPEATED",
                "fields": [
                    {"name": "number", "type": "INTEGER"},
                    {"name": "held", "type": "RANGE", "rangeElementType": {"type": "DATETIME"}},
                ],
            },
        ]
    },
}
ARRIVALS: Resource = {
    "type": "TABLE",
    "tableReference": {"projectId": "platform", "datasetId": "nba", "tableId": "arrivals"},
    "numRows": "2",
    "timePartitioning": {"type": "HOUR"},
    "schema": {"fields": [{"name": "payload", "type": "JSON"}]},
}
EMPTY: Resource = {
    "type": "TABLE",
    "tableReference": {"projectId": "platform", "datasetId": "ref", "tableId": "nothing-yet"},
    "numRows": "0",
    "schema": {"fields": [{"name": "id", "type": "INTEGER"}]},
}
POLICY: Resource = {
    "rowAccessPolicyReference": {
        "projectId": "platform",
        "datasetId": "nba",
        "tableId": "games",
        "policyId": "own_team",
    },
    "filterPredicate": "team = SESSION_USER()",
    "grantees": ["group:scouts@example.com", "user:coach@example.com"],
}
GAME_ROWS = {
    "20241231": ("g1", "g2", "g2"),
    "20250101": ("g3",),
    "__NULL__": ("undated", "undated"),
}


def table_backup(
    resource: Resource,
    *,
    partitions: dict[str, Fingerprint],
    homes: dict[str, str],
    exports: tuple[Export, ...],
    **more: Any,  # noqa: ANN401 - fields of the model
) -> TableBackup:
    """Return a table that adds up."""
    reference = resource["tableReference"]
    return TableBackup(
        dataset_id=reference["datasetId"],
        table_id=reference["tableId"],
        group="phase3",
        resource=resource,
        encodings=encodings_of(resource),
        fingerprint_version=FINGERPRINT_VERSION,
        fingerprint=combined(partitions.values()),
        partitions=tuple(
            Partition(partition_id=name, fingerprint=part, export_id=homes[name])
            for name, part in sorted(partitions.items())
        ),
        exports=exports,
        **more,
    )


def games() -> TableBackup:
    """Return a table of two exports: one partition changed since the earlier run."""
    old = export_of(BASE_RUN, BASE_POINT, "nba.games", None, 6)
    new = export_of(RUN, POINT, "nba.games", "20250101", 1)
    return table_backup(
        GAMES,
        partitions={name: fingerprint_of(rows) for name, rows in GAME_ROWS.items()},
        homes={
            "20241231": old.export_id,
            "20250101": new.export_id,
            "__NULL__": old.export_id,
        },
        exports=(old, new),
        row_access_policies=(POLICY,),
        streaming_buffer=StreamingBuffer(
            estimated_rows=3, oldest_entry_time=datetime(2026, 11, 24, 8, 0, 30, 125000, tzinfo=UTC)
        ),
    )


def arrivals() -> TableBackup:
    """Return a table that is partitioned by arrival, exported partition by partition."""
    hour = export_of(RUN, POINT, "nba.arrivals", "2026112407", 2)
    return table_backup(
        ARRIVALS,
        partitions={"2026112407": fingerprint_of(["a", "b"])},
        homes={"2026112407": hour.export_id},
        exports=(hour,),
    )


def nothing_yet() -> TableBackup:
    """Return a table without rows: one file, no partitions."""
    whole = export_of(RUN, POINT, "ref.nothing-yet", None, 0)
    return table_backup(EMPTY, partitions={}, homes={}, exports=(whole,))


def manifest(**changes: Any) -> Manifest:  # noqa: ANN401 - fields of the model
    """Return the manifest of the whole run, with some fields changed."""
    view = {
        "tableReference": {"projectId": "platform", "datasetId": "nba", "tableId": "latest games"},
        "type": "VIEW",
        "view": {"query": "SELECT * FROM nba.games", "useLegacySql": False},
    }
    routine = {
        "routineReference": {"projectId": "platform", "datasetId": "nba", "routineId": "season"},
        "routineType": "SCALAR_FUNCTION",
        "definitionBody": "EXTRACT(YEAR FROM day)",
    }
    made = Manifest(
        run_id=RUN,
        platform="basketball",
        project="platform",
        recovery_point=POINT,
        started_at=datetime(2026, 11, 24, 8, 1, 4, 250000, tzinfo=UTC),
        finished_at=datetime(2026, 11, 24, 8, 3, 9, tzinfo=UTC),
        rebound_version="0.1.0",
        datasets=(
            DatasetBackup(
                dataset_id="nba",
                resource={
                    "datasetReference": {"projectId": "platform", "datasetId": "nba"},
                    "location": "us-west2",
                    "labels": {"owner": "data"},
                },
                views=(view,),
                routines=(routine,),
            ),
            DatasetBackup(
                dataset_id="ref",
                resource={"datasetReference": {"projectId": "platform", "datasetId": "ref"}},
            ),
        ),
        tables=(games(), arrivals(), nothing_yet()),
        skews=(Skew(subject="definitions of nba", skew_seconds=129.5),),
        abandoned=(
            AbandonedObject(
                name=stored(RUN, "nba.games", "20250101", rows=0, attempt=2).name, generation=7
            ),
        ),
    )
    return made.model_copy(update=changes)


def catalog(**changes: Any) -> Catalog:  # noqa: ANN401 - fields of the model
    """Return the smallest catalog, with some fields changed."""
    return Catalog.model_validate(
        {
            "platform": "basketball",
            "location": "us-west2",
            "full_every_days": 7,
            "retention": {"keep_days": 35, "keep_at_least": 3, "partial_days": 7},
            "protected_projects": [],
            "tables": [{"table": "nba.games", "group": "phase3"}],
            **changes,
        }
    )
