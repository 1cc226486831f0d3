"""The kit of a run restores it with Google's own tools, where nothing of Rebound can be imported."""

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote
from urllib.request import urlopen
from zipfile import ZipFile

import pytest

from tests.contract.firestore.parts import emulator, emulator_missing
from tests.harness import LOCATION, Rebound
from tests.integration import bucket_objects, lake
from tests.integration.configuration import (
    PUBSUB,
    call,
    enable,
    job,
    jobs_path,
    make_job,
    make_subscription,
    subscription,
)
from tests.integration.orchestration import State, administered
from tests.integration.state import state
from tests.served import Function, serving

MISSING = [name for name in ("bq", "gcloud") if shutil.which(name) is None]
MISSING += [missing] if (missing := emulator_missing()) else []
pytestmark = pytest.mark.skipif(
    bool(MISSING), reason=f"not installed: {MISSING}; that a kit restores a run is NOT shown"
)
TYPES = ("pubsub/topic", "pubsub/subscription", "scheduler/job", "monitoring/alert-policy")
HOSTILE = 'it\'s $(touch pwned) `touch pwned`; touch pwned\n# "x"'
UNFIT = "query?x=1#fragment"
NAMES = ("$(touch pwned) 'x'.txt", UNFIT, "games/1.json", "unicode/Dončić-\U0001f3c0", "zz/last")
TABLE = "lake.games"
KEY = "projects/k/locations/us/keyRings/r/cryptoKeys/c"
WORLD = """
CREATE TABLE `{lake}.games` (
  game_id STRING NOT NULL OPTIONS(description='The id of the league'),
  game_date DATE, tip_off DATETIME, pace BIGNUMERIC, seen_at TIMESTAMP, box JSON, court GEOGRAPHY,
  nested STRUCT<a INT64, b ARRAY<STRUCT<c STRING, d DATETIME>>>
) PARTITION BY game_date CLUSTER BY game_id
OPTIONS(labels=[('layer', 'analytics')], partition_expiration_days=40000);
INSERT INTO `{lake}.games` SELECT CONCAT('g', CAST(n AS STRING)),
  DATE_ADD(DATE '2024-01-01', INTERVAL MOD(n, 3) DAY), DATETIME '2024-02-29 23:59:59.999999',
  BIGNUMERIC '1.00000000000000000000000000000000000001', TIMESTAMP '2024-01-01 00:00:00.000001+00',
  JSON '{{"q": [1, {{"x": null}}]}}', ST_GEOGPOINT(1, 2),
  STRUCT(n, [STRUCT('ü', DATETIME '0001-01-01 00:00:00')]) FROM UNNEST(GENERATE_ARRAY(1, 9)) AS n;
INSERT INTO `{lake}.games` (game_id) VALUES ('undated'), ('undated');
CREATE VIEW `{lake}.busy` AS SELECT game_date, `{lake}.double`(1) AS n FROM `{lake}.games`;
CREATE ROW ACCESS POLICY everyone ON `{lake}.games` GRANT TO ('allAuthenticatedUsers')
  FILTER USING (TRUE)
"""


@pytest.fixture
def platform(new_rebound: Callable[..., Rebound], tmp_path: Path) -> Rebound:
    """Return a platform with something of every kind, whose texts would be commands unquoted."""
    made = new_rebound(REBOUND_CATALOG=str(tmp_path / "catalog.json"))
    lake.write_catalog(
        tmp_path,
        (TABLE,),
        buckets=[{"bucket": bucket_objects.platform(made)}],
        databases=[{"database": "(default)", "triggers": []}],
        resources=[{"type": name, "locations": [LOCATION]} for name in TYPES],
    )
    double = "CREATE FUNCTION `{lake}.double`(x INT64) RETURNS INT64 AS (x * 2);"
    lake.fill_with(made, double + WORLD)
    table = made.bigquery_client.get_table(TABLE)
    table.description = HOSTILE
    made.bigquery_client.update_table(table, ["description"])
    # What is under a key of Cloud KMS has no checksum in a list.
    made.vault.default_kms_key_name = KEY
    made.vault.patch()
    bucket = bucket_objects.make_bucket(made, versioning=True, default_kms_key_name=KEY)
    bucket_objects.fill(made, bucket, NAMES)
    with made.cloud.minutes_ago(5):
        State(made).write({"states/ü": {"n": 7, "text": HOSTILE}, "states/b": {"on": True}})
    enable(made, "cloudscheduler.googleapis.com", "pubsub.googleapis.com")
    make_job(made, "hourly", description=HOSTILE)
    make_subscription(made, "raw-sub", "raw", "https://loader.example/process")
    policy = {"bindings": [{"role": "roles/pubsub.publisher", "members": ["user:a@example.com"]}]}
    topics = f"{PUBSUB}/projects/{made.project}/topics"
    call(made, "POST", f"{topics}/raw:setIamPolicy", {"policy": policy})
    return made


@pytest.fixture
def night(platform: Rebound) -> Iterator[Function]:
    """Serve the backup function of the platform."""
    with serving(platform) as served:
        yield served


OF_A_DATABASE = ("locationId", "type", "pointInTimeRecoveryEnablement")
DOCUMENTS = {
    "states/ü": {"n": {"integerValue": "7"}, "text": {"stringValue": HOSTILE}},
    "states/b": {"on": {"booleanValue": True}},
}


class Machine:
    """A machine with the Cloud SDK and a system's Python, and nothing of Rebound."""

    def __init__(self, rebound: Rebound, folder: Path, documents: str) -> None:
        cloud = rebound.cloud
        self.folder = folder / "kit"
        self.folder.mkdir()
        flags = folder / "bigqueryrc"
        # With a token of its own each bq starts gcloud once, not three times.
        flags.write_text(f"--api={cloud.urls['bigquery']}\n--oauth_access_token=owner\n")
        root = cloud.env["REBOUND_API_ENDPOINT"]
        apis = ("pubsub", "cloudscheduler", "firestore")
        places = {name: f"{root}/{name}.googleapis.com/" for name in apis}
        places["storage"] = f"{cloud.urls['storage']}/storage/v1/"
        self._env = {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "HOME": str(folder),
            "BIGQUERYRC": str(flags),
            "CLOUDSDK_CONFIG": str(folder / "gcloud"),
            # The emulator takes this one for the owner of a project, and no other that is no token.
            "CLOUDSDK_AUTH_ACCESS_TOKEN": "owner",
            "FIRESTORE": documents,
            "CLOUDSDK_CORE_DISABLE_USAGE_REPORTING": "1",
            **{f"CLOUDSDK_API_ENDPOINT_OVERRIDES_{key.upper()}": it for key, it in places.items()},
        }

    def run(self, *words: str, code: int = 0) -> str:
        """Run a command in the folder of the kit, insist on its exit code; return what it said."""
        done = subprocess.run(
            words, cwd=self.folder, env=self._env, capture_output=True, text=True, check=False
        )
        assert done.returncode == code, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    def pass_over(self, sort: str, project: str) -> None:
        """Say of the step of a sort that somebody else has done it."""
        (step,) = (self.folder / "steps").glob(f"*-{sort}-*.sh")
        (self.folder / "done" / project).mkdir(parents=True, exist_ok=True)
        (self.folder / "done" / project / step.name).touch()


def lose(rebound: Rebound) -> None:
    """Delete all that the run holds, and see that it is gone."""
    # For five minutes nobody can make one of that name again.
    with rebound.cloud.minutes_ago(10, ("firestore",)):
        administered(rebound).delete()
    assert administered(rebound).resource() is None
    rebound.bigquery_client.delete_dataset(lake.DATASET, delete_contents=True)
    rebound.storage_client.bucket(bucket_objects.platform(rebound)).delete(force=True)
    call(rebound, "DELETE", f"{PUBSUB}/projects/{rebound.project}/subscriptions/raw-sub")
    call(rebound, "DELETE", f"{PUBSUB}/projects/{rebound.project}/topics/raw")
    call(rebound, "DELETE", f"{jobs_path(rebound)}/hourly")
    datasets = {item.dataset_id for item in rebound.bigquery_client.list_datasets()}
    assert lake.DATASET not in datasets
    assert not rebound.storage_client.bucket(bucket_objects.platform(rebound)).exists()
    assert not call(rebound, "GET", jobs_path(rebound)).get("jobs")


def policies(rebound: Rebound) -> list[object]:
    """Return what the table's row access policies let whom see."""
    path = f"/projects/{rebound.project}/datasets/lake/tables/games/rowAccessPolicies"
    found = rebound.bigquery_client._connection.api_request(method="GET", path=path)  # noqa: SLF001 - the client has no call for it
    listed = found["rowAccessPolicies"]
    return [(item["rowAccessPolicyReference"], item["filterPredicate"]) for item in listed]


def look(rebound: Rebound) -> dict[str, object]:
    """Return what there is of the platform that a kit brings back."""
    made, database = job(rebound, "hourly"), administered(rebound).resource()
    assert database is not None
    path = f"{PUBSUB}/projects/{rebound.project}/topics/raw:getIamPolicy"
    bucket = rebound.storage_client.bucket(bucket_objects.platform(rebound))
    return {
        "lake": state(rebound),
        "policies": policies(rebound),
        "objects": bucket_objects.looked_at(bucket),
        "schedule": {key: made[key] for key in ("schedule", "description", "httpTarget")},
        "topic": subscription(rebound, "raw-sub")["topic"],
        "access": call(rebound, "GET", path)["bindings"],
        "database": {key: database[key] for key in OF_A_DATABASE},
    }


@pytest.fixture
def documents(tmp_path: Path) -> Iterator[str]:
    """Run Google's emulator of Firestore, which takes documents as its REST API does."""
    with emulator(tmp_path / "emulator.log") as service:
        yield f"http://{service.host}"


def stored_documents(host: str, project: str) -> dict[str, object]:
    """Return the documents that the emulator has, by their names."""
    path = f"/v1/projects/{project}/databases/(default)/documents/states"
    with urlopen(host + quote(path)) as answer:  # noqa: S310 - the emulator of this test
        found = json.load(answer)["documents"]
    return {item["name"].partition("/documents/")[2]: item["fields"] for item in found}


def told_push(machine: Machine, rebound: Rebound) -> dict[str, Any]:
    """Return what the kit tells an operator to keep of a subscription, which is all that is there."""
    only = ("--format=json(pushConfig)", f"--project={rebound.project}")
    told = json.loads(
        machine.run("gcloud", "pubsub", "subscriptions", "describe", "raw-sub", *only)
    )
    assert told == {"pushConfig": subscription(rebound, "raw-sub")["pushConfig"]}
    return dict(told)


def push_again(machine: Machine, rebound: Rebound, pushed: dict[str, Any]) -> None:
    """Send what the kit keeps of a subscription, as its text says, and see that it pushes as before."""
    (kept,) = (machine.folder / "files").glob("*.push.json")
    assert json.loads(kept.read_text()) == pushed
    path = f"{PUBSUB}/projects/{rebound.project}/subscriptions/raw-sub:modifyPushConfig"
    call(rebound, "POST", path, pushed)
    assert subscription(rebound, "raw-sub")["pushConfig"] == pushed["pushConfig"]


def test_a_run_is_restored_without_rebound(
    platform: Rebound, night: Function, tmp_path: Path, documents: str
):
    """What a night leaves is restored from its kit, proven, and nothing in names is a command."""
    night.complete("night")
    platform.run("verify", "night")
    kit = platform.manifest("night").kit
    assert kit is not None
    before: dict[str, Any] = look(platform)
    machine = Machine(platform, tmp_path, documents)
    pushed = told_push(machine, platform)
    lose(platform)

    assert "No module named 'manifests'" in machine.run("python3", "-c", "import manifests", code=1)
    machine.run("gcloud", "storage", "cp", f"gs://{platform.vault.name}/{kit.name}", "kit.zip")
    ZipFile(machine.folder / "kit.zip").extractall(machine.folder)
    said = machine.run("sh", "restore.sh", code=1)
    assert "11 rows of lake.games: equal" in said
    assert f"{UNFIT}: gcloud storage cannot write this name" in said
    assert f"{UNFIT}: missing" in said
    machine.pass_over("objects", platform.project)
    said = machine.run("sh", "restore.sh")
    assert "rows of lake.games" not in said
    assert "2 documents of (default) from states/b: equal" in said
    assert "2 documents of (default) were looked at: 0 not as they were" in said
    assert stored_documents(documents, platform.project) == DOCUMENTS

    assert not list(tmp_path.rglob("pwned"))
    del before["objects"][UNFIT]
    assert look(platform) == before
    assert job(platform, "hourly")["state"] == "PAUSED"
    assert not subscription(platform, "raw-sub").get("pushConfig")
    push_again(machine, platform, pushed)
