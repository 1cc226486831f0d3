"""A run, a plan and a report that hold something of every kind: what inputs are made of."""

from datetime import UTC, date, datetime

from manifests.documents import DocumentRecord, tallied
from manifests.kinds.buckets.layout import shard_name
from manifests.kinds.buckets.model import BucketBackup, InventoryShard
from manifests.kinds.databases.layout import document_file_name
from manifests.kinds.databases.model import DatabaseBackup, DocumentFile
from manifests.model.run import Manifest
from manifests.values import StoredObject
from recovery.compare.documents import CollectionState, DatabaseState, ListedDocument
from recovery.compare.findings import Finding
from recovery.compare.observed import ObservedTable
from recovery.kinds.buckets.rules.buckets import ObjectCount, ObjectSample
from recovery.kinds.buckets.rules.outcomes import BucketOutcome, LeftObjects
from recovery.kinds.completions.rules.outcomes import CompletionsOutcome
from recovery.kinds.completions.rules.rebuild import CompletionsStep, RebuiltDocument
from recovery.kinds.databases.rules.documents import plan_database
from recovery.kinds.databases.rules.outcomes import DatabaseOutcome
from recovery.kinds.outcome import Failure
from recovery.kinds.resources.rules.steps import (
    FoundationOutcome,
    FoundationStep,
    ResourceOutcome,
    ResourceStep,
)
from recovery.kinds.tables.rules.outcomes import DatasetOutcome, DefinitionOutcome, TableOutcome
from recovery.outcome import PlannedRecovery, RecoveryReport
from recovery.plan.model import Plan
from tests.unit.samples import GAMES, POINT, RUN, manifest
from tests.unit.worlds import GONE, bucket_step, plan, request, world

RECOVERY = "bigquery-dataset-loss-20261124T090000Z-1a2b"
BEGUN = datetime(2026, 11, 24, 9, tzinfo=UTC)
KEY = "projects/p/locations/l/keyRings/r/cryptoKeys/k"
_NAME = "nba-scraped-data"
_TOPIC, _SUBSCRIPTION = "projects/platform/topics/t", "projects/platform/subscriptions/s"
_RECORDS = [DocumentRecord("states/today", b"", 1, 1)]


def _stored(name: str) -> StoredObject:
    return StoredObject(name=name, size_bytes=1, crc32c="yZRlqg==", generation=1, row_count=1)


BUCKET = BucketBackup(
    bucket=_NAME,
    resource={
        "name": _NAME,
        "location": "US",
        "projectNumber": "7",
        "generation": "1",
        "labels": {"tier": "raw"},
        "versioning": {"enabled": True},
        "iamConfiguration": {
            "uniformBucketLevelAccess": {"enabled": True},
            "publicAccessPrevention": "enforced",
        },
        "encryption": {"defaultKmsKeyName": KEY},
        "retentionPolicy": {"retentionPeriod": "86400"},
        "softDeletePolicy": {"retentionDurationSeconds": "604800"},
        "lifecycle": {"rule": [{"action": {"type": "Delete"}, "condition": {"age": 9}}]},
        "ipFilter": {"mode": "Enabled"},
        "defaultEventBasedHold": True,
        "autoclass": {"enabled": False},
    },
    access={"version": 3, "bindings": [{"role": "roles/x", "members": ["user:a@x.com"]}]},
    listed_at=POINT,
    finished_at=POINT,
    shards=(
        InventoryShard(
            stored=_stored(shard_name(RUN, _NAME, 0, 0)),
            first_name="a",
            last_name="a",
            content_bytes=1,
        ),
    ),
)
DATABASE = DatabaseBackup(
    database_id="(default)",
    resource={"name": "projects/platform/databases/(default)", "locationId": "nam5"},
    read_time=POINT,
    document_count=1,
    collections=tallied(_RECORDS).collections(),
    files=(
        DocumentFile(
            stored=_stored(document_file_name(RUN, "(default)", attempt=0, name_range=0, number=0)),
            first_path="states/today",
            last_path="states/today",
            fingerprint=tallied(_RECORDS).fingerprint(),
        ),
    ),
)
FOUND = DatabaseState(
    exists=True,
    collections=(CollectionState(collection_id="states", newer=1, extra=1),),
    listed=(ListedDocument(path="states/today", state="newer"),),
)
_FINDING = Finding(subject="nba.games", aspect="labels", expected="a", actual="b")


def whole_manifest() -> Manifest:
    """Return the manifest of a run that holds something of every kind."""
    return manifest(buckets=(BUCKET,), databases=(DATABASE,))


def whole_plan() -> Plan:
    """Return a plan that does something of every kind."""
    made = plan(world(games=ObservedTable(resource=GAMES, partitions={}), arrivals=GONE))
    bucket = bucket_step(
        name=_NAME,
        into=_NAME,
        counts=(ObjectCount(damage="missing", source="vault", objects=1, size_bytes=1),),
        samples=(ObjectSample(name="a", damage="missing", source="vault", why="it is gone"),),
        configuration=(_FINDING,),
    )
    rebuilt = CompletionsStep(
        name="(default)",
        into="(default)",
        history="nba.history",
        since=date(2026, 11, 20),
        documents=(
            RebuiltDocument(
                path="states/today", fields={"done": {"booleanValue": True}}, newest_at=POINT
            ),
        ),
    )
    database = plan_database(DATABASE, FOUND, request(), "platform")
    configured = (
        FoundationStep(type="pubsub/topic", name=_TOPIC, into=_TOPIC, action="create"),
        ResourceStep(
            type="pubsub/subscription",
            name=_SUBSCRIPTION,
            into=_SUBSCRIPTION,
            action="leave",
            differs=(_FINDING,),
            needs=("a secret",),
        ),
    )
    steps = (*made.steps, bucket, database, rebuilt, *configured)
    return made.model_copy(update={"steps": steps})


def whole_recovery() -> PlannedRecovery:
    """Return a recovery that is to begin with that plan."""
    return PlannedRecovery(recovery_id=RECOVERY, started_at=BEGUN, plan=whole_plan())


def whole_report() -> RecoveryReport:
    """Return a report of something of every kind, some of it wrong."""
    return RecoveryReport(
        recovery_id=RECOVERY,
        plan=whole_plan(),
        started_at=BEGUN,
        finished_at=BEGUN,
        outcomes=(
            TableOutcome(
                name="nba.games", into="nba.games", action="fill", rows=3, findings=(_FINDING,)
            ),
            *(
                TableOutcome(name=name, into=name, action="leave")
                for name in ("nba.arrivals", "ref.nothing-yet")
            ),
            DatasetOutcome(name="nba", into="nba", action="set", findings=(_FINDING,)),
            DefinitionOutcome(
                kind="view",
                name="nba.latest games",
                into="nba.latest games",
                action="create",
                unmade="refused",
            ),
            BucketOutcome(
                name=_NAME,
                into=_NAME,
                action="restore",
                restored=(ObjectCount(damage="missing", source="vault", objects=1, size_bytes=1),),
                left=(LeftObjects(reason="changed", objects=1, names=("a",)),),
                failure=Failure(message="objects were left as they are"),
            ),
            DatabaseOutcome(
                name="(default)",
                into="(default)",
                action="restore",
                kept=(ListedDocument(path="states/today", state="newer"),),
                kept_count=1,
            ),
            CompletionsOutcome(name="(default)", into="(default)", action="restore"),
            FoundationOutcome(type="pubsub/topic", name=_TOPIC, into=_TOPIC, action="create"),
            ResourceOutcome(
                type="pubsub/subscription", name=_SUBSCRIPTION, into=_SUBSCRIPTION, action="leave"
            ),
        ),
    )
