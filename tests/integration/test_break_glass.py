"""An emergency grant is made, seen by the daily look, and taken back."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from manifests.records_layout import RECORDS_PREFIX
from tests.harness import Rebound, make_rebound
from tests.integration import lake
from tests.integration.configuration import call
from tests.served import serving
from tests.standin.cloud import Cloud

PROJECT = "glass-day"
CRM = f"cloudresourcemanager.googleapis.com/v3/projects/{PROJECT}"
IAM = f"iam.googleapis.com/v1/projects/{PROJECT}"
MEMBER = f"serviceAccount:rebound-restore@{PROJECT}.iam.gserviceaccount.com"
TABLE = "lake.games"
WORLD = "CREATE TABLE `{lake}.games` AS SELECT 'ü' AS email; CREATE TABLE `{lake}.other` (n INT64)"
OTHER = {"role": "roles/viewer", "members": ["user:ann@example.com"]}
WORDS = ("break-glass", "--hours", "2", "--yes", "--reason", "rows are gone")


@pytest.fixture(scope="module")
def rebound(local_cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Rebound:
    """Return a platform in whose project somebody may look."""
    folder = tmp_path_factory.mktemp("glass")
    catalog = lake.write_catalog(folder, [TABLE])
    made = make_rebound(local_cloud, folder, PROJECT, REBOUND_CATALOG=catalog)
    vault = made.vault
    vault.reload()
    vault.iam_configuration.uniform_bucket_level_access_enabled = True
    vault.patch()
    call(made, "POST", f"{CRM}:setIamPolicy", {"policy": {"bindings": [OTHER]}})
    return made


def bindings(rebound: Rebound) -> list[dict[str, Any]]:
    """Return what is granted on the project, and on the vault."""
    asked = {"options": {"requestedPolicyVersion": 3}}
    project = call(rebound, "POST", f"{CRM}:getIamPolicy", asked)
    vault = rebound.vault.get_iam_policy(requested_policy_version=3)
    return [*project["bindings"], *map(dict, vault.bindings)]


def test_nothing_is_granted_to_nobody(rebound: Rebound):
    """Without the account and its roles nothing is, nor without a reason; and nothing by showing."""
    assert "--reason" in rebound.run("break-glass", "--yes", code=2).stderr
    rebound.run("break-glass", "--yes", "--end", "--reason", "x", code=2)
    rebound.run("break-glass", "--hours", "25", code=2)
    told = rebound.run(*WORDS, code=5).stderr
    assert "there is no such service account" in told
    account = {"accountId": "rebound-restore", "serviceAccount": {}}
    call(rebound, "POST", f"{IAM}/serviceAccounts", account)
    assert "there is no such role" in rebound.run(*WORDS, code=5).stderr
    shown = rebound.run("break-glass").stdout
    assert "nothing was granted" in shown
    assert f"gcloud projects add-iam-policy-binding {PROJECT}" in shown
    assert bindings(rebound) == [OTHER]
    assert rebound.json("actions") == []


def test_a_file_of_settings_is_named(rebound: Rebound):
    """On stderr, where data is printed as well; not where nobody wants notes."""
    file = rebound.folder / "mine.toml"
    file.write_text("undo_days = 9\n")
    told = rebound.run("actions", "--json", REBOUND_SETTINGS=str(file))
    assert (str(file) in told.stderr, json.loads(told.stdout)) == (True, [])
    assert not rebound.run("--quiet", "actions", REBOUND_SETTINGS=str(file)).stderr
    found = {it["variable"]: it for it in rebound.json("settings", REBOUND_SETTINGS=str(file))}
    days, project = found["REBOUND_UNDO_DAYS"], found["REBOUND_PROJECT"]
    assert (days["value"], str(file) in days["source"]) == ("9", True)
    assert (project["value"], str(file) in project["source"]) == (PROJECT, False)


def test_it_is_granted_seen_and_taken_back(rebound: Rebound):
    """Once however often it is said, while others change policies; with who and why written down."""
    for name in ("Project", "Vault", "Fences"):
        role = {"roleId": f"reboundRestore{name}", "role": {"includedPermissions": []}}
        call(rebound, "POST", f"{IAM}/roles", role)
    with rebound.cloud.fault(
        "platform", "cloudresourcemanager.projects.setIamPolicy", "status", status=409
    ):
        told = rebound.json(*WORDS)
    rebound.run(*WORDS)
    granted = [it for it in bindings(rebound) if it["role"].startswith("projects/")]
    assert [set(it["members"]) for it in granted] == [{MEMBER}] * 3
    assert {it["role"].rpartition("/")[2] for it in granted} == {
        "reboundRestoreProject",
        "reboundRestoreVault",
        "reboundRestoreFences",
    }
    assert told["granted"]
    assert len(told["grants"]) == 3
    found = rebound.json("security", code=10)["findings"]
    open_ones = [it for it in found if it["check"] == "break-glass"]
    assert [(it["severity"], it["subject"]) for it in open_ones] == [("P2", MEMBER)] * 3

    assert rebound.json("break-glass", "--end", "--reason", "done")["was_granted"]
    assert bindings(rebound) == [OTHER]
    assert "nothing was granted" in rebound.run("break-glass", "--end").stdout
    # Those of one second have no order.
    done = sorted((it["verb"], it["operator"]["reason"]) for it in rebound.json("actions"))
    assert done == [("break-glass", "done")] + [("break-glass", "rows are gone")] * 2
    # Who may set policies and nothing else is not kept waiting; that nobody wrote it down is told.
    refused = {"status": 403, "match": f"/b/{rebound.vault.name}/o", "times": None}
    for words in (WORDS, ("break-glass", "--end", "--reason", "done")):
        with rebound.cloud.fault("storage", "storage.objects.insert", "status", **refused):
            assert "warning: not written down" in rebound.run(*words).stderr
    assert bindings(rebound) == [OTHER]


def test_whoever_has_it_recovers(rebound: Rebound, tmp_path: Path):
    """All that a recovery, its undo and an erasure write into the vault is granted, and each writes some.

    The local cloud asks nobody for a role: the conditions of the grant are held against the names.
    """
    lake.fill_with(rebound, WORLD)
    with serving(rebound) as function:
        function.complete("night")
    (expression,) = (
        it["expression"]
        for it in rebound.json("break-glass")["grants"]
        if it["role"].endswith("Fences")
    )
    below = re.findall(r'startsWith\("projects/_/buckets/([^/]+)/objects/([^"]+)"\)', expression)
    assert {bucket for bucket, _ in below} == {rebound.vault.name}
    before = {it.name for it in rebound.vault.list_blobs()}
    (tmp_path / "keys").write_text("nobody\n")
    of_column = ("--table", TABLE, "--column", "email", "--keys", str(tmp_path / "keys"))
    rebound.run("erase", *of_column, "--reason", "asked", "--yes")
    rebound.query(f"DELETE FROM `{PROJECT}.{TABLE}` WHERE TRUE")
    words = ("recover", "bigquery-dataset-loss", "--overwrite", "*", "--from-vault", "--yes")
    recovery = rebound.json(*words, "--unsigned-erasures")["recovery_id"]
    rebound.run("undo", recovery, "--yes")
    written = {it.name for it in rebound.vault.list_blobs()} - before
    assert {name.partition("/")[0] for name in written} == {"erasures", "records"}
    assert {name.split("/")[2] for name in written if name.startswith(RECORDS_PREFIX)} == {
        "actions",
        "proofs",
    }
    assert {
        it for it in written if not it.startswith(tuple(prefix for _, prefix in below))
    } == set()
