"""What is run against the real cloud runs against the local one: probes, round, cleaning up."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cloud import cost
from tests.cloud.answers import differences, take_what_is_probed
from tests.cloud.sandbox import LABEL, SCHEDULER
from tests.contract import real
from tests.deployed import ROOT
from tests.harness import LOCATION, Rebound
from tests.integration.configuration import enable

# Of the contract tests a file or two a service show that the switch works: those that do something else
# behind it. Left out are all others: each is held to what the switch asks wherever it runs
# (tests/contract/passing.py), and `make cloud` runs them all. On the local cloud that takes 90 seconds of
# processor time, and this 38 (2026-11-30): all 456 that are not local_only passed, and nothing was left.
TESTS = (
    "tests/cloud",
    "tests/contract/bigquery/test_resources.py",
    "tests/contract/storage/test_buckets.py",
    "tests/contract/firestore/test_indexes.py",
    "tests/contract/firestore/test_read_times.py",
)
REASONS = {value for value in vars(real).values() if isinstance(value, str)}
_RUN_SECONDS = 1200
pytestmark = pytest.mark.timeout(_RUN_SECONDS)


@pytest.fixture
def sandbox(new_rebound: Callable[..., Rebound]) -> Rebound:
    """Return a sandbox project that holds something which the tests did not make."""
    made = new_rebound()
    enable(made, SCHEDULER)
    return made


def left(rebound: Rebound) -> list[str]:
    """Return the names of everything of the tests that is in the project."""
    datasets = [item.dataset_id for item in rebound.bigquery_client.list_datasets()]
    buckets = [item.name for item in rebound.storage_client.list_buckets()]
    return [name for name in (*datasets, *buckets) if name.replace("_", "-").startswith(LABEL)]


def command(rebound: Rebound, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run the command on the local cloud as if it were the real one."""
    return subprocess.run(
        [sys.executable, "-m", "tests.cloud", *words],
        cwd=ROOT,
        env={**rebound.env, **env},
        capture_output=True,
        text=True,
        check=False,
        timeout=_RUN_SECONDS,
    )


def make_folders(rebound: Rebound) -> None:
    """Make a bucket that has folders and no object."""
    bucket = rebound.storage_client.bucket(f"{LABEL}-killed-folders")
    bucket.labels, bucket.hierarchical_namespace_enabled = {LABEL: "killed"}, True
    bucket.iam_configuration.uniform_bucket_level_access_enabled = True
    bucket.create(location=LOCATION)
    call = rebound.storage_client._connection.api_request  # noqa: SLF001 - the client has no call for them
    path = f"/b/{bucket.name}/folders"
    call(method="POST", path=path, query_params={"recursive": "true"}, data={"name": "a/b/"})
    assert [item["name"] for item in call(method="GET", path=path)["items"]] == ["a/", "a/b/"]


def test_everything_runs_and_is_removed(sandbox: Rebound, reports: Path, tmp_path: Path):
    """The round is proven, the one answer that was changed is found, what was there stays."""
    path = tmp_path / "differences.json"
    changed = {"status": 403}
    with sandbox.cloud.fault("storage", "storage.objects.compose", "status", **changed):
        done = command(sandbox, sandbox.project, *TESTS, REBOUND_CLOUD_DIFFERENCES=str(path))
    assert done.returncode == 1, done.stdout + done.stderr
    take_what_is_probed(reports)
    assert f"about {cost.cents()} US cents at list prices" in done.stdout
    assert f"in about {cost.minutes()} minutes" in done.stdout
    assert re.search(r"^=+ 1 failed, \d+ passed, \d+ skipped in ", done.stdout, re.MULTILINE), (
        done.stdout
    )
    assert int(done.stdout.rsplit(" passed", 1)[0].split()[-1]) > 20
    skipped = re.findall(r"^SKIPPED \[\d+\] \S+: (.*)$", done.stdout, re.MULTILINE)
    assert skipped
    assert set(skipped) <= REASONS, skipped
    written = json.loads(path.read_text())
    changed_probes = {item["where"].split("/")[0] for item in written["differences"]}
    assert changed_probes == {"objects.composed"}
    assert len(written["answers"]) > 20
    assert sandbox.project not in path.read_text()
    assert "removed bucket" in done.stdout, done.stdout
    assert left(sandbox) == []
    assert sandbox.vault.exists()


def test_a_killed_run_is_cleaned_up(sandbox: Rebound, reports: Path):
    """What a killed run left is found by its labels; a namesake without one stays."""
    probes = [sys.executable, "-m", "tests.cloud.probes", sandbox.project, "killed"]
    process = subprocess.Popen(
        probes, cwd=ROOT, env=sandbox.env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    assert process.stderr is not None
    while b"objects.composed" not in process.stderr.readline():
        assert process.poll() is None
    process.kill()
    process.communicate()
    take_what_is_probed(reports)
    namesake = sandbox.storage_client.create_bucket(f"{LABEL}-{sandbox.project}")
    assert len(left(sandbox)) > 5
    for name, setting in (("kept", "retention_period"), ("billed", "requester_pays")):
        bucket = sandbox.storage_client.bucket(f"{LABEL}-killed-{name}")
        bucket.labels = {LABEL: "killed"}
        bucket.create(location=LOCATION)
        bucket.blob("object").upload_from_string(b"data")
        setattr(bucket, setting, 86400 if name == "kept" else True)
        bucket.patch()

    make_folders(sandbox)

    # One bucket that cannot be removed keeps nothing else, and is told.
    stuck = f"{LABEL}-killed-holds-plain"
    with sandbox.cloud.fault(
        "storage", "storage.buckets.delete", "status", status=403, match=stuck, times=None
    ):
        done = command(sandbox, sandbox.project, "--clean")
        assert done.returncode == 1
    assert f"bucket {stuck} is still there" in done.stderr
    assert sorted(left(sandbox)) == sorted([namesake.name, stuck])
    done = command(sandbox, sandbox.project, "--clean")
    assert done.returncode == 0, done.stderr
    assert left(sandbox) == [namesake.name]


def test_a_protected_project_is_refused(sandbox: Rebound):
    """A project that the catalog protects is not touched."""
    done = command(sandbox, "nba-props-platform")
    assert done.returncode == 2
    assert "is protected by the catalog" in done.stderr
    assert not done.stdout


def test_what_differs_is_named():
    """The innermost part that differs is found; the words of a refusal are not compared."""
    real = {"a": {"b": [1, {"c": 2}], "says": "x"}, "only": 1, "list": [1]}
    local = {"a": {"b": [1, {"c": 3}], "says": "y"}, "list": [1, 2]}
    assert list(differences(real, local)) == [
        ("a/b/1/c", 2, 3),
        ("list", [1], [1, 2]),
        ("only", 1, None),
    ]
