"""A deployment as Terraform makes it, small: buckets, datasets, identities, a function, its schedule."""

import json
from datetime import UTC, datetime
from pathlib import Path

from google.cloud import bigquery
from google.cloud.firestore_admin_v1 import types
from google.protobuf.field_mask_pb2 import FieldMask

from manifests import layout
from manifests.model.proof import ProofRecord, ProvenPart
from manifests.proof_layout import proof_name
from manifests.records_layout import records_folder
from manifests.store.envelope import encode
from tests.harness import LOCATION, Rebound
from tests.standin.cloud import Cloud, client_environment
from tests.standin.firestore.creation import administration, create_database
from tests.standin.seed.control_plane import ControlPlane, make_function

SERVICES = (
    "artifactregistry",
    "cloudasset",
    "cloudbuild",
    "cloudfunctions",
    "cloudresourcemanager",
    "cloudscheduler",
    "firestore",
    "iam",
    "iamcredentials",
    "run",
)
FUNCTIONS = ("backup", "verify", "expire", "tick")
IDENTITIES = (*(f"rebound-{name}" for name in FUNCTIONS), "rebound-schedule", "rebound-restore")
DATASET = "lake"
DAY_MS = 24 * 3600 * 1000
Database = types.Database


def deploy(cloud: Cloud, folder: Path, project: str) -> Rebound:
    """Make a platform of one table, one bucket and one database, and everything that protects it."""
    names = {"vault": f"{project}-vault", "landing": f"{project}-landing", "raw": f"{project}-raw"}
    (folder / "catalog.json").write_text(json.dumps(_catalog(project, names["raw"])))
    (folder / "contacts.json").write_text(json.dumps({"who is called": ["ada@example.com"]}))
    settings = {
        "REBOUND_PROJECT": project,
        "REBOUND_VAULT_BUCKET": names["vault"],
        "REBOUND_LANDING_BUCKET": names["landing"],
        "REBOUND_CATALOG": str(folder / "catalog.json"),
        "REBOUND_CONTACTS": str(folder / "contacts.json"),
    }
    environment = client_environment(cloud, **settings) | {"GOOGLE_CLOUD_PROJECT": project}
    made = Rebound(cloud, project, environment, folder)
    _make_buckets(made, names)
    with cloud.minutes_ago(60):
        create_database(project)
        _make_datasets(made)
    protect_database(made, is_protected=True)
    _make_functions(made, settings)
    return made


def protect_database(rebound: Rebound, *, is_protected: bool) -> None:
    """Set point-in-time recovery and the protection against deletion of the database."""
    protection, past = Database.DeleteProtectionState, Database.PointInTimeRecoveryEnablement
    database = Database(
        name=f"projects/{rebound.project}/databases/(default)",
        delete_protection_state=(
            protection.DELETE_PROTECTION_ENABLED
            if is_protected
            else protection.DELETE_PROTECTION_DISABLED
        ),
        point_in_time_recovery_enablement=(
            past.POINT_IN_TIME_RECOVERY_ENABLED
            if is_protected
            else past.POINT_IN_TIME_RECOVERY_DISABLED
        ),
    )
    mask = FieldMask(paths=["delete_protection_state", "point_in_time_recovery_enablement"])
    client = rebound.firestore_client
    channel = client._firestore_api.transport.grpc_channel  # noqa: SLF001 - nothing public gives it
    admin = administration(channel)
    admin.update_database(database=database, update_mask=mask).result()
    client.close()


def _catalog(project: str, bucket: str) -> dict[str, object]:
    return {
        "platform": "lake",
        "location": LOCATION,
        "full_every_days": 7,
        "retention": {"keep_days": 90, "keep_at_least": 3, "partial_days": 7},
        "protected_projects": [project],
        "tables": [{"table": f"{DATASET}.games", "group": "lake"}],
        "buckets": [{"bucket": bucket}],
        "databases": [{"database": "(default)", "triggers": []}],
    }


def _make_buckets(rebound: Rebound, names: dict[str, str]) -> None:
    client = rebound.storage_client
    for name in (names["vault"], names["landing"]):
        bucket = client.bucket(name)
        bucket.iam_configuration.uniform_bucket_level_access_enabled = True
        bucket.iam_configuration.public_access_prevention = "enforced"
        bucket.encryption = {
            f"customer{whose}EncryptionEnforcementConfig": {"restrictionMode": "FullyRestricted"}
            for whose in ("Managed", "Supplied")
        }
        if name == names["vault"]:
            bucket.retention_period = 60
            bucket.default_event_based_hold = True
        else:
            bucket.soft_delete_policy.retention_duration_seconds = 0
            bucket.add_lifecycle_delete_rule(age=8, matches_prefix=["extracts/"])
        project = rebound.project if name == names["landing"] else "somewhere-safe"
        client.create_bucket(bucket, location=LOCATION, project=project)
    client.create_bucket(names["raw"], location=LOCATION).blob("a").upload_from_string("a")


def _make_datasets(rebound: Rebound) -> None:
    client = rebound.bigquery_client
    for name, days in ((DATASET, None), ("rebound_scratch", 2), ("rebound_undo", 7)):
        dataset = bigquery.Dataset(f"{rebound.project}.{name}")
        dataset.location = LOCATION
        if days is not None:
            dataset.default_table_expiration_ms = days * DAY_MS
            dataset.labels = {"managed_by": "rebound"}
        client.create_dataset(dataset)
    rebound.query(f"CREATE TABLE `{rebound.project}.{DATASET}.games` AS SELECT 1 AS id")


def _make_functions(rebound: Rebound, settings: dict[str, str]) -> None:
    plane = ControlPlane(rebound.project)
    ids = [f"{name}.googleapis.com" for name in SERVICES]
    services = f"serviceusage/v1/{plane.parent}/services"
    plane.call("POST", f"{services}:batchEnable", {"serviceIds": ids})
    for name in IDENTITIES:
        plane.call("POST", f"iam/v1/{plane.parent}/serviceAccounts", {"accountId": name})
    environment = {key: item for key, item in settings.items() if key != "REBOUND_CONTACTS"}
    for function in FUNCTIONS:
        _make_function(rebound, plane, function, environment)
    plane.close()


def _make_function(
    rebound: Rebound, plane: ControlPlane, function: str, environment: dict[str, str]
) -> None:
    """Make a function and the schedule that calls it, which has called it."""
    name, caller = f"rebound-{function}", email(rebound, "rebound-schedule")
    service = {
        "environmentVariables": environment,
        "serviceAccountEmail": email(rebound, name),
    }
    build = {"runtime": "python313", "entryPoint": function}
    make_function(plane, {"id": name, "buildConfig": build, "serviceConfig": service})
    uri = plane.call("GET", f"cloudfunctions/v2/{plane.region}/functions/{name}")["url"]
    invoker = ("roles/run.invoker", f"serviceAccount:{caller}")
    plane.grant(f"run/v2/{plane.region}/services/{name}", invoker)
    token = {"serviceAccountEmail": caller, "audience": uri}
    job = f"{plane.region}/jobs/{name}"
    target = {"uri": uri, "httpMethod": "POST", "oidcToken": token}
    body = {"name": job, "schedule": "0 8 * * *", "attemptDeadline": "1800s", "httpTarget": target}
    plane.call("POST", f"cloudscheduler/v1/{plane.region}/jobs", body)
    plane.call("POST", f"cloudscheduler/v1/{job}:run")


def email(rebound: Rebound, name: str) -> str:
    """Return the address of an identity of the deployment."""
    return f"{name}@{rebound.project}.iam.gserviceaccount.com"


def prove(rebound: Rebound, run: str) -> None:
    """Write down that all of a run was shown to restore, as a drill would."""
    manifest, now = rebound.manifest(run), datetime.now(UTC)
    parts = [
        ProvenPart(
            kind=kind.name,
            name=part.name,
            run_id=manifest.run_id,
            recovery_point=manifest.recovery_point,
            restored=1,
            held=1,
        )
        for kind, part in manifest.every_part
    ]
    record = ProofRecord(
        recovery_id=layout.recovery_id("complete-outage", now, "abcd"),
        scenario="complete-outage",
        how="drill",
        proven_at=now,
        seconds=1,
        parts=tuple(parts),
    )
    name = f"{records_folder(rebound.project)}{proof_name(record.recovery_id)}"
    rebound.vault.blob(name).upload_from_string(encode(record))


def misplace(rebound: Rebound) -> dict[str, str]:
    """Make what is elsewhere than it has to be, and a run that is too large; return the settings."""
    east, second, client = "us-east1", f"{rebound.project}-second", rebound.storage_client
    client.create_bucket(f"{rebound.project}-east", location=east)
    client.create_bucket(second, location=LOCATION, project="somewhere-safe")
    dataset = bigquery.Dataset(f"{rebound.project}.east_scratch")
    dataset.location = east
    rebound.bigquery_client.create_dataset(dataset)
    night = rebound.manifest("night")
    (table,) = night.tables
    (export,) = table.exports
    large = export.objects[0].model_copy(update={"size_bytes": 60 * 2**40})
    exports = (export.model_copy(update={"objects": (large, *export.objects[1:])}),)
    tables = (table.model_copy(update={"exports": exports}),)
    others = {"buckets": (), "databases": (), "kit": None}
    vast = night.model_copy(update={"run_id": "vast", "tables": tables, **others})
    rebound.vault.blob("runs/vast/manifest.json").upload_from_string(encode(vast))
    return {
        "REBOUND_LANDING_BUCKET": f"{rebound.project}-east",
        "REBOUND_SECOND_BUCKET": second,
        "REBOUND_SCRATCH_DATASET": "east_scratch",
    }
