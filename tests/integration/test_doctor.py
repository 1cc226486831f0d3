"""`rebound doctor` on a deployment that is as it must be, and with each fault planted."""

import json
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from google.cloud import bigquery

from manifests.catalog import load_catalog
from manifests.parts import PARTS
from tests.harness import LOCATION, Rebound
from tests.integration import deployment
from tests.integration.deployment import DATASET, DAY_MS, deploy, email, misplace, prove
from tests.served import serving
from tests.standin.cloud import Cloud
from tests.standin.seed.control_plane import ControlPlane

LACKING = {
    "platform": "bigquery.jobs.create",
    "storage": "storage.objects.list",
    "bigquery": "bigquery.tables.getData",
}
Findings = dict[tuple[str, str], list[dict[str, str]]]


@pytest.fixture(scope="module")
def rebound(local_cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Rebound:
    """Return a deployment as it must be, with a night that was read."""
    project = f"p-{uuid.uuid4().hex[:10]}"
    made = deploy(local_cloud, tmp_path_factory.mktemp("doctor"), project)
    with serving(made) as function:
        function.complete("night")
    made.run("verify")
    prove(made, "night")
    return made


def doctor(rebound: Rebound, *words: str, code: int, **env: str) -> Findings:
    """Run the doctor and return what it found, by check and subject."""
    told = rebound.json("doctor", "--side", "backup", *words, code=code, **env)
    found: Findings = {}
    for item in told["findings"]:
        found.setdefault((item["check"], item["subject"]), []).append(item)
    assert told["health"] == ("warning" if code == 11 else "critical")
    return found


@pytest.fixture(scope="module")
def well(rebound: Rebound) -> Findings:
    """Return what is found of a deployment as it must be, but that it has no keys."""
    return doctor(rebound, code=11)


def spoil(rebound: Rebound) -> dict[str, str]:
    """Plant every fault that something is set wrongly; return the settings of the run."""
    plane = ControlPlane(rebound.project)
    plane.call("POST", f"serviceusage/v1/{plane.parent}/services/cloudbuild.googleapis.com:disable")
    restore = email(rebound, "rebound-restore")
    plane.call("POST", f"iam/v1/{plane.parent}/serviceAccounts/{restore}:disable")
    function = f"cloudfunctions/v2/{plane.region}/functions/rebound-backup"
    found = plane.call("GET", function)["serviceConfig"]
    told = found["environmentVariables"] | {"REBOUND_VAULT_BUCKET": "another-vault"}
    told["REBOUND_SIGNING_KEY"] = (
        "projects/p/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1"
    )
    service = {"serviceConfig": {"environmentVariables": told}}
    mask = "serviceConfig.environmentVariables"
    plane.call("PATCH", function, service, updateMask=mask)
    job = f"cloudscheduler/v1/{plane.region}/jobs/rebound-backup"
    plane.call(
        "POST", f"run/v2/{plane.region}/services/rebound-backup:setIamPolicy", {"policy": {}}
    )
    plane.call("POST", f"{job}:run")
    plane.call("POST", f"{job}:pause")
    plane.close()
    _spoil_buckets(rebound)
    _spoil_datasets(rebound)
    deployment.protect_database(rebound, is_protected=False)
    deployment.create_database(rebound.project, "orders")
    contacts = rebound.folder / "unfilled.json"
    contacts.write_text(json.dumps({"on call": [{"phone": "<number>"}]}))
    return {"REBOUND_CONTACTS": str(contacts), "GOOGLE_CLOUD_PROJECT": "elsewhere"}


def _spoil_buckets(rebound: Rebound) -> None:
    vault, landing = rebound.vault, rebound.landing
    for bucket in (vault, landing):
        bucket.reload()
        bucket.iam_configuration.public_access_prevention = "inherited"
        bucket.iam_configuration.uniform_bucket_level_access_enabled = False
        bucket.encryption = {
            "customerSuppliedEncryptionEnforcementConfig": {"restrictionMode": "NotRestricted"}
        }
        bucket.add_lifecycle_delete_rule(age=30)
    vault.retention_period = None
    vault.default_event_based_hold = False
    vault.soft_delete_policy.retention_duration_seconds = 0
    landing.retention_period = 60
    landing.soft_delete_policy.retention_duration_seconds = 7 * 86400
    raw = rebound.storage_client.get_bucket(f"{rebound.project}-raw")
    raw.soft_delete_policy.retention_duration_seconds = 0
    for bucket in (vault, landing, raw):
        bucket.patch()
    client = rebound.storage_client
    client.create_bucket(f"{rebound.project}-more", location=LOCATION)
    vault.blob("runs/other-20260101T000000Z/manifest.json").upload_from_string("{")


def _spoil_datasets(rebound: Rebound) -> None:
    client = rebound.bigquery_client
    scratch = client.get_dataset("rebound_scratch")
    scratch.default_partition_expiration_ms = DAY_MS
    undo = client.get_dataset("rebound_undo")
    undo.default_table_expiration_ms = DAY_MS
    lake = client.get_dataset(DATASET)
    lake.default_table_expiration_ms = DAY_MS
    lake.max_time_travel_hours = 48
    fields = ["default_table_expiration_ms", "default_partition_expiration_ms"]
    for dataset in (scratch, undo):
        client.update_dataset(dataset, fields)
    client.update_dataset(lake, [*fields, "max_time_travel_hours"])
    more = bigquery.Dataset(f"{rebound.project}.more")
    more.location = LOCATION
    client.create_dataset(more)
    rebound.query(f"CREATE TABLE `{rebound.project}.{DATASET}.extra` AS SELECT 1 AS id")
    client.delete_table(f"{DATASET}.games")


@pytest.fixture(scope="module")
def ill(rebound: Rebound, well: Findings) -> Iterator[Findings]:
    """Return what is found of a deployment in which everything is set wrongly, four minutes ahead."""
    assert well
    env, cloud = spoil(rebound), rebound.cloud
    with ExitStack() as stack:
        for service, permission in LACKING.items():
            cloud.order(service, "lacking", permissions=[permission])
            stack.callback(cloud.order, service, "lacking", permissions=[])
        stack.enter_context(cloud.minutes_ago(4, ("storage",)))
        yield doctor(rebound, code=10, **env)


def of(found: Findings, check: str, subject: str) -> str:
    """Return what was found of one thing, line by line, with what mends it."""
    return "\n".join(
        f"{item['health']}: {item['what']} -> {item['mend']}" for item in found[check, subject]
    )


def test_a_deployment_as_it_must_be_is_healthy(well: Findings):
    """Every check of it could be run, and found nothing but that nothing is signed, which is not health."""
    warned = {about for about, items in well.items() if items[0]["health"] != "healthy"}
    assert warned == {("keys", "rebound-backup"), ("keys", "you")}
    assert len(well) > 25
    (proven,) = (items[0]["what"] for (check, _), items in well.items() if check == "proven point")
    assert proven.startswith("every part was shown to restore at ")


MISPLACED = [
    ("landing", "{p}-east", "critical: it is in us-east1, and the datasets in us-west2"),
    ("working dataset", "east_scratch", "us-east1"),
    ("configuration", "{p}-second", "warning: it is in the vault's project, and is lost with it"),
    ("configuration", "{p}-second", "warning: it is in the vault's location, and is lost with it"),
    ("configuration", "{p}-second", "critical: it has neither a retention policy nor versions"),
    ("function", "rebound-backup", "critical: its REBOUND_SECOND_BUCKET is None"),
    ("quota", "jobs a day", "warning: a full run extracts 60.0 TiB, and BigQuery lets a project"),
]


def test_what_is_elsewhere_or_too_large_is_found(rebound: Rebound, well: Findings):
    """Locations, the second place and quotas are looked at on the cloud, and each is told."""
    assert well
    found = doctor(rebound, code=10, **misplace(rebound))
    rebound.bigquery_client.delete_dataset("east_scratch")
    rebound.storage_client.bucket(f"{rebound.project}-east").delete()
    for check, subject, told in MISPLACED:
        assert told in of(found, check, subject.replace("{p}", rebound.project)), (check, told)


def test_each_kind_that_is_protected_is_looked_at(rebound: Rebound, well: Findings):
    """A kind that is set wrongly would be told nowhere."""
    catalog = load_catalog(Path(rebound.env["REBOUND_CATALOG"]))
    subjects = {subject for _, subject in well}
    looked_at = {
        kind.name
        for kind, entry in catalog.parts
        if subjects & {entry.name, entry.name.partition(".")[0]}
    }
    assert looked_at == {kind.name for kind in PARTS if kind.is_checked}, (
        "a check in recovery/doctor whose subject is the part, or `is_checked=False` in its `PartKind`; "
        "one of each kind is in the catalog of tests/integration/deployment.py"
    )


PLANTED = [
    ("settings", "{p}", "warning: GOOGLE_CLOUD_PROJECT is elsewhere"),
    ("clock", "this machine", "warning: this machine's clock is 24"),
    ("contacts", "{f}/unfilled.json", "critical: on call.0.phone is still a placeholder: <number>"),
    ("services", "{p}", "critical: cloudbuild.googleapis.com is not enabled -> gcloud services"),
    ("identity", "rebound-restore@{p}.iam.gserviceaccount.com", "critical: it is disabled"),
    ("function", "rebound-backup", "critical: its REBOUND_VAULT_BUCKET is another-vault"),
    ("keys", "rebound-backup", "critical: rebound-backup signs, and your REBOUND_TRUSTED_KEYS"),
    ("schedule", "rebound-backup", "critical: it is paused, and calls nothing"),
    ("schedule", "rebound-backup", "failed, with code 7"),
    ("permissions to backup", "{p}", "it lacks bigquery.jobs.create"),
    ("permissions to backup", "{p}-vault", "it lacks storage.objects.list"),
    ("permissions to backup", "lake.games", "warning: it is missing, so that nobody can tell"),
    ("vault", "{p}-vault", "critical: nothing prevents that it is made public"),
    ("vault", "{p}-vault", "warning: single objects in it can be granted to anybody"),
    ("vault", "{p}-vault", "warning: objects under a key that only their writer knows"),
    ("vault", "{p}-vault", "critical: it has neither a retention policy nor versions"),
    ("vault", "{p}-vault", "warning: what is deleted from it is gone at once"),
    ("vault", "{p}-vault", "critical: a lifecycle rule deletes what is live"),
    ("landing", "{p}-landing", "critical: it keeps what is written to it"),
    ("landing", "{p}-landing", "warning: what is deleted from it is kept, and billed"),
    ("landing", "{p}-landing", "critical: a lifecycle rule deletes more than extracts"),
    ("bucket", "{p}-raw", "warning: it keeps nothing of what is overwritten"),
    ("working dataset", "rebound_scratch", "critical: it lets partitions expire"),
    (
        "working dataset",
        "rebound_undo",
        "critical: its tables live 24 h, and are needed for 7 days",
    ),
    ("dataset", "lake", "warning: new tables in it expire by themselves -> bq update"),
    ("dataset", "lake", "warning: its tables can be read as they were for 48 h only"),
    ("database", "(default)", "warning: it keeps one hour of its past"),
    ("database", "(default)", "warning: nothing protects it from being deleted"),
    ("catalog", "lake", "critical: table lake.games is gone -> rebound plan"),
    ("catalog", "lake", "warning: 1 table of it nobody protects: extra"),
    ("catalog", "datasets of {p}", "warning: nobody protects 1 dataset: more"),
    ("catalog", "buckets of {p}", "warning: nobody protects 1 bucket: {p}-more"),
    ("catalog", "databases of {p}", "warning: nobody protects 1 database: orders"),
    ("recovery point", "{p}-vault", "warning: 1 run cannot be read"),
]


@pytest.mark.parametrize("planted", PLANTED, ids=[f"{row[0]}: {row[2][:40]}" for row in PLANTED])
def test_a_planted_fault_is_found(
    rebound: Rebound, well: Findings, ill: Findings, planted: tuple[str, str, str]
):
    """What is wrong is told with what mends it; nothing of it was told before."""
    check, subject, told = (
        text.replace("{p}", rebound.project).replace("{f}", str(rebound.folder)) for text in planted
    )
    before = ("contacts", rebound.env["REBOUND_CONTACTS"])
    assert told not in of(well, *(before if check == "contacts" else (check, subject)))
    assert told in of(ill, check, subject)


def test_whatever_is_wrong_has_something_that_mends_it(ill: Findings):
    """No finding leaves an operator without a next step."""
    wrong = [item for items in ill.values() for item in items if item["health"] != "healthy"]
    assert len(wrong) >= len(PLANTED)
    assert all(item["mend"] for item in wrong)


def test_what_cannot_be_looked_at_is_unknown(rebound: Rebound, ill: Findings, tmp_path: Path):
    """A refused call passes for nothing, and hides no other check."""
    assert ill
    page = tmp_path / "page.html"
    refused: dict[str, Any] = {"kind": "status", "status": 403, "times": None}
    cloud = rebound.cloud
    with (
        cloud.fault("platform", r"cloudscheduler\..*jobs\.get", **refused),
        cloud.fault("bigquery", r"bigquery\.datasets\.list", **refused),
        cloud.fault("storage", r"storage\.buckets\.testIamPermissions", **refused),
    ):
        found = doctor(rebound, "--html", str(page), code=10, REBOUND_CONTACTS="nowhere.json")
    p = rebound.project
    for check, subject in (
        ("schedule", "rebound-backup"),
        ("catalog", f"datasets of {p}"),
        ("permissions to backup", f"{p}-vault"),
        ("contacts", "nowhere.json"),
    ):
        assert of(found, check, subject).startswith("unknown: could not be looked at")
    assert "critical" in of(found, "vault", f"{p}-vault")
    assert "UNKNOWN" in page.read_text()


def test_what_is_gone_is_told(rebound: Rebound, ill: Findings):
    """Without its things nothing is healthy, and the doctor comes to its end."""
    assert ill
    plane = ControlPlane(rebound.project)
    plane.call("DELETE", f"cloudscheduler/v1/{plane.region}/jobs/rebound-backup")
    plane.call("DELETE", f"cloudfunctions/v2/{plane.region}/functions/rebound-backup")
    restore = email(rebound, "rebound-restore")
    plane.call("DELETE", f"iam/v1/{plane.parent}/serviceAccounts/{restore}")
    plane.close()
    rebound.bigquery_client.delete_dataset("rebound_undo", delete_contents=True)
    landing = f"{rebound.project}-none"
    done = rebound.run("doctor", "--side", "backup", code=10, REBOUND_LANDING_BUCKET=landing)
    for text in ("schedule", "function", "service account", "dataset", "bucket"):
        assert f"there is no such {text}" in done.stdout
    assert "rebound-restore" in done.stdout
