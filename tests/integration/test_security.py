"""The daily look at who did what, on a platform where something was done."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.harness import Rebound, make_rebound, whole_minute
from tests.integration import lake
from tests.integration.configuration import call, enable
from tests.standin.cloud import Cloud

PROJECT, VAULTS = "security-day", "security-vaults"
CRM = f"cloudresourcemanager.googleapis.com/v3/projects/{PROJECT}"
IAM = f"iam.googleapis.com/v1/projects/{PROJECT}/serviceAccounts"
RESTORE = f"rebound-restore@{PROJECT}.iam.gserviceaccount.com"
AUDITED = {"service": "allServices", "auditLogConfigs": [{"logType": "DATA_READ"}]}


def audited(
    rebound: Rebound,
    log: str,
    *payloads: dict[str, Any],
    project: str = PROJECT,
    **entry: Any,  # noqa: ANN401 - JSON
) -> None:
    """Write entries of an audit log, as Google would."""
    body = {
        "logName": f"projects/{project}/logs/{log}",
        "resource": {"type": "service_account"},
        "entries": [{"protoPayload": {"@type": "type.googleapis.com/google.cloud.audit.AuditLog", **it}, **entry} for it in payloads],
    }  # fmt: skip
    call(rebound, "POST", "logging.googleapis.com/v2/entries:write", body)


def _move_vault(rebound: Rebound) -> None:
    """Put the vault into a project of its own, as Terraform makes it."""
    rebound.vault.delete()
    rebound.storage_client.create_bucket(rebound.vault.name, location="us-west2", project=VAULTS)
    above = f"cloudresourcemanager.googleapis.com/v3/projects/{VAULTS}"
    grant = {"role": "roles/editor", "members": [f"serviceAccount:{RESTORE}"]}
    call(rebound, "POST", f"{above}:setIamPolicy", {"policy": {"bindings": [grant]}})


def _write_in_vaults(rebound: Rebound, change: dict[str, Any], denied: dict[str, Any]) -> None:
    """Write that somebody was granted everything in the vault's project, and another refused."""
    delta = {"action": "ADD", "role": "roles/storage.admin", "member": "user:eve@example.com"}
    told = {"serviceData": {"policyDelta": {"bindingDeltas": [delta]}}}
    granted = {**change, **told, "resourceName": f"projects/{VAULTS}"}
    audited(rebound, "cloudaudit.googleapis.com%2Factivity", granted, project=VAULTS)
    audited(rebound, "cloudaudit.googleapis.com%2Fdata_access", denied, project=VAULTS)


@pytest.fixture(scope="module")
def rebound(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Rebound:
    """Return a platform on which a day of things happened."""
    folder = tmp_path_factory.mktemp("security")
    operations = {"locations": ["us-west2"], "security": {"accounts": ["nba-*"]}}
    catalog = lake.write_catalog(folder, operations=operations)
    made = make_rebound(cloud, folder, PROJECT, REBOUND_CATALOG=catalog)
    enable(made, "run.googleapis.com")
    for name in ("rebound-restore", "rebound-backup", "nba-old"):
        call(made, "POST", IAM, {"accountId": name, "serviceAccount": {}})
    call(made, "POST", f"{IAM}/rebound-backup@{PROJECT}.iam.gserviceaccount.com/keys", {})
    _move_vault(made)
    until = whole_minute(-timedelta(hours=2))
    grant = {
        "role": "roles/editor",
        "members": [f"serviceAccount:{RESTORE}"],
        "condition": {"title": "t", "expression": f'request.time < timestamp("{until:%Y-%m-%dT%H:%M:%SZ}")'},
    }  # fmt: skip
    policy = {"version": 3, "bindings": [grant], "auditConfigs": [AUDITED]}
    call(made, "POST", f"{CRM}:setIamPolicy", {"policy": policy})
    who = {"authenticationInfo": {"principalEmail": "ann@example.com"}}
    activity, access = (f"cloudaudit.googleapis.com%2F{it}" for it in ("activity", "data_access"))
    new = {"methodName": "google.iam.admin.v1.CreateServiceAccount", "response": {"email": "odd@x"}}
    delta = {"action": "ADD", "role": "roles/owner", "member": "user:bob@example.com"}
    change = {
        "methodName": "SetIamPolicy",
        "serviceData": {"policyDelta": {"bindingDeltas": [delta]}},
    }
    agents = {
        "authenticationInfo": {"principalEmail": "service-agent-manager@system.gserviceaccount.com"}
    }
    audited(made, activity, {**new, **who}, {**change, **who}, {**change, **agents})
    read = "google.cloud.secretmanager.v1.SecretManagerService.AccessSecretVersion"
    secret = {"serviceName": "secretmanager.googleapis.com", "methodName": read, **who}
    audited(made, access, secret, {**who, "methodName": "x", "status": {"code": 7}})
    old = f"{whole_minute(timedelta(hours=30)):%Y-%m-%dT%H:%M:%SZ}"
    audited(made, activity, {**new, **who}, timestamp=old)
    _write_in_vaults(made, {**change, **who}, {"status": {"code": 7}, **who})
    return made


def test_what_happened_is_found(rebound: Rebound, tmp_path: Path):
    """Each check has its finding, its severity and its step; what is older than a day is not told."""
    page = tmp_path / "security.html"
    told = rebound.json("security", "--html", str(page), code=10)
    found = [(it["check"], it["severity"], it["subject"]) for it in told["findings"]]
    assert found.count(("new accounts", "P2", "odd@x")) == 1
    assert [(check, severity) for check, severity, _ in found if check == "IAM changes"] == [
        ("IAM changes", "P1"),
        ("IAM changes", "P3"),
    ]
    assert ("secret access", "P2", "ann@example.com") in found
    assert ("denied calls", "P3", "") in found
    assert ("public services", None, "") in found
    assert ("keys", "P1", f"rebound-backup@{PROJECT}.iam.gserviceaccount.com") in found
    assert ("break-glass", "P2", f"serviceAccount:{RESTORE}") in found
    assert ("who can delete", "P1", f"serviceAccount:{RESTORE}") in found
    assert {severity for check, severity, _ in found if check == "vault"} >= {"P1"}
    assert all(it["mend"] and it["page"] for it in told["findings"] if it["severity"])
    assert "What needs a step" in page.read_text()


def test_the_project_of_the_vault_is_looked_at_too(rebound: Rebound):
    """Who gets hold of it can delete backups; what happened there is told apart from the platform's."""
    told = rebound.json("security", code=10)
    found = [it for it in told["findings"] if it["check"].endswith(", vault's project")]
    assert [(it["check"].partition(",")[0], it["severity"], it["subject"]) for it in found] == [
        ("new accounts", None, ""),
        ("IAM changes", "P1", VAULTS),
        ("IAM changes", "P3", ""),
        ("denied calls", "P3", ""),
    ]
    (granted, _, denied) = (it for it in found if it["severity"])
    assert "granted roles/storage.admin to user:eve@example.com" in granted["what"]
    assert granted["mend"] == f"gcloud projects get-iam-policy {VAULTS}"
    assert denied["what"].startswith("1 time in 24 h")
    own = [it for it in told["findings"] if it["check"] == "IAM changes"]
    assert not [it for it in own if "eve@example.com" in it["what"]]


def test_what_nobody_may_read_of_the_vaults_project_is_unknown(rebound: Rebound):
    """The platform's own checks are told all the same."""
    refusal = {"status": 403, "times": None}
    with rebound.cloud.fault(
        "platform", r"cloudresourcemanager\.projects\.get$", "status", **refusal
    ):
        told = rebound.json("security", code=10)
    unread = {it["check"] for it in told["findings"] if it["health"] == "unknown"}
    assert {
        f"{it}, vault's project" for it in ("new accounts", "IAM changes", "denied calls")
    } <= unread
    assert not {"new accounts", "IAM changes", "denied calls"} & unread


def test_a_longer_look_finds_more(rebound: Rebound):
    """Two days hold what a day does not; the text has the steps."""
    told = rebound.run("security", "--hours", "48", code=10).stdout
    assert told.count("odd@x") >= 2
    assert "gcloud projects remove-iam-policy-binding" in told


@pytest.mark.parametrize(
    ("method", "check"),
    [
        ("logging.entries.list", "secret access"),
        ("cloudresourcemanager.projects.getIamPolicy", "project policy"),
        ("iam.projects.serviceAccounts.keys.list", "keys"),
    ],
)
def test_what_cannot_be_read_is_unknown(rebound: Rebound, method: str, check: str):
    """A refusal passes no check."""
    with rebound.cloud.fault("platform", method, "status", status=403, times=None):
        told = rebound.json("security", code=10)
    unread = [it for it in told["findings"] if it["check"] == check and it["health"] == "unknown"]
    assert unread
    assert "answered 403" in json.dumps(unread)
