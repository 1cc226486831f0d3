"""What terraform/ makes is what the code needs: catalog, settings, datasets, roles."""

import json
import re
import shutil
from pathlib import Path

import pytest

import functions.settings
import recovery.settings
from functions.bundle import DRILL_ENTRY_POINT, ENTRY_POINT
from manifests.catalog import load_catalog
from manifests.cloud.working import SCRATCH_DAYS
from manifests.kinds.resources import table
from tests.bench.functions import RECORD, given, recorded
from tests.deployed import ROOT
from tests.integration.configuration import SANDBOX_APIS
from tests.judges.terraform.offline import Terraform
from tests.judges.terraform.schema import TYPES, wanted_types

SOURCES = {path.name: path.read_text() for path in sorted((ROOT / "terraform").glob("*.tf"))}
TEXT = "\n".join(SOURCES.values())
PREDEFINED = {
    "roles/cloudbuild.builds.builder",  # the build's own
    "roles/cloudkms.signer",  # the backup, on the key that signs manifests
    "roles/cloudkms.cryptoKeyEncrypterDecrypter",  # Cloud Storage's, on the vault's key
    "roles/iam.serviceAccountTokenCreator",  # operators, on the identity that recovers
    "roles/secretmanager.secretAccessor",  # functions, on the addresses that are secrets
    "roles/run.invoker",  # the schedule, on the functions; operators, on the backup
}
CATALOG = {
    "platform": "other",
    "location": "EU",
    "full_every_days": 7,
    "retention": {"keep_days": 90, "keep_at_least": 3, "partial_days": 7},
    "protected_projects": [],
    "tables": [{"table": "sales.orders", "group": "a"}, {"table": "sales.items", "group": "a"}],
    "datasets": [{"dataset": "events", "tables": "all", "group": "b", "exclude": ["tmp_*"]}],
    "buckets": [{"bucket": "raw-one"}, {"bucket": "raw-two"}],
    "databases": [{"database": "(default)"}, {"database": "orders"}],
    "resources": [{"type": "pubsub/topic"}],
}
AGREED = """
mock_provider "google" {{}}

variables {{
  project         = "some-platform"
  vault_project   = "some-vault-project"
  vault_bucket    = "some-vault"
  landing_bucket  = "some-landing"
  bundle          = "../dist/functions-0123456789abcdef.zip"
  catalog         = "{catalog}"
  region          = "europe-west1"
  adopt_databases = false
  second_place    = {{ bucket = "some-configuration", project = "some-third-project", location = "US" }}
}}

run "agreed" {{
  assert {{
    condition     = keys(google_bigquery_dataset_iam_member.protected) == {datasets}
    error_message = "datasets"
  }}
  assert {{
    condition     = keys(google_storage_bucket_iam_member.protected) == {buckets}
    error_message = "buckets"
  }}
  assert {{
    condition     = keys(google_firestore_backup_schedule.daily) == {databases}
    error_message = "databases"
  }}
  assert {{
    condition     = google_bigquery_dataset.working["scratch"].default_table_expiration_ms == {scratch_ms}
    error_message = "scratch"
  }}
  assert {{
    condition     = google_bigquery_dataset.working["undo"].default_table_expiration_ms == {undo_ms}
    error_message = "undo"
  }}
  assert {{
    condition     = google_project_iam_custom_role.side["backup/resources"].permissions == toset(["cloudasset.assets.searchAllResources", "pubsub.topics.get", "pubsub.topics.getIamPolicy", "pubsub.topics.list", "resourcemanager.projects.get", "serviceusage.services.get", "serviceusage.services.list"])
    error_message = "configuration"
  }}
  assert {{
    condition     = google_storage_bucket.configuration[0].name == "some-configuration"
    error_message = "second bucket"
  }}
  assert {{
    condition     = google_storage_bucket.configuration[0].retention_policy[0].retention_period == "{kept_seconds}"
    error_message = "configuration is kept for 400 days"
  }}
  assert {{
    condition     = length([for rule in google_storage_bucket.configuration[0].lifecycle_rule : rule if anytrue([for done in rule.action : done.type == "Delete"])]) == 0
    error_message = "configuration goes by age"
  }}
  assert {{
    condition     = keys(output.environment) == {environment}
    error_message = "environment"
  }}
  assert {{
    condition     = output.environment["REBOUND_SCRATCH_DATASET"] == "{scratch}" && output.environment["REBOUND_UNDO_DATASET"] == "{undo}"
    error_message = "names"
  }}
  assert {{
    condition     = tostring(var.lease_seconds) == "{lease}"
    error_message = "lease"
  }}
}}
"""
DAY_MS = 24 * 3600 * 1000


def defaults(settings: type) -> dict[str, object]:
    """Return the settings of a side with their defaults."""
    return {name: field.default for name, field in settings.model_fields.items()}  # type: ignore[attr-defined]


def test_terraform_reads_the_catalog_and_the_settings_as_the_code_does(tmp_path: Path):
    """What it makes for a catalog is what the code finds in it, under the names that it reads."""
    copy, path = tmp_path / "terraform", tmp_path / "catalog.json"
    shutil.copytree(ROOT / "terraform", copy, ignore=shutil.ignore_patterns("tests", ".terraform*"))
    shutil.copytree(ROOT / "manifests", tmp_path / "manifests")
    path.write_text(json.dumps(CATALOG))
    catalog, operator = load_catalog(path), defaults(recovery.settings.Settings)
    text = AGREED.format(
        catalog=path,
        datasets=json.dumps(sorted(catalog.dataset_ids)),
        buckets=json.dumps(sorted(entry.bucket for entry in catalog.buckets)),
        databases=json.dumps(sorted(entry.database for entry in catalog.databases)),
        scratch_ms=SCRATCH_DAYS * DAY_MS,
        kept_seconds=400 * 24 * 3600,
        undo_ms=int(str(operator["undo_days"])) * DAY_MS,
        environment=json.dumps(sorted(f"REBOUND_{name.upper()}" for name in needed())),
        scratch=operator["scratch_dataset"],
        undo=operator["undo_dataset"],
        lease=defaults(functions.settings.FunctionSettings)["lease_seconds"],
    )
    (copy / "tests").mkdir()
    (copy / "tests" / "agreed.tftest.hcl").write_text(text)
    done = Terraform().run(copy, "test", "-no-color")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout


def needed() -> set[str]:
    """Return what an operator has to set, and what Terraform may name otherwise."""
    fields = recovery.settings.Settings.model_fields
    required = {name for name, field in fields.items() if field.is_required()}
    others = {"scratch_dataset", "undo_dataset", "undo_days", "region", "sandbox", "trusted_keys"}
    return required | others | {"operator_keys", "second_bucket"}


def test_functions_are_set_what_has_no_default():
    """What a function must be set is in its environment, and nothing that it does not read."""
    fields = functions.settings.FunctionSettings.model_fields
    _, _, environment = SOURCES["functions.tf"].partition("environment = {")
    given = set(re.findall(r"REBOUND_(\w+)", environment))
    required = {name.upper() for name, field in fields.items() if field.is_required()}
    of_drills = {name.upper() for name in recovery.settings.Settings.model_fields}
    assert (
        required
        <= given
        <= {name.upper() for name in fields} | (of_drills & {"SANDBOX", "OPERATOR_KEY"})
    )


def test_functions_are_those_of_the_bundle():
    """Each function that is deployed is an entry point of the bundle's main.py."""
    _, _, block = SOURCES["functions.tf"].partition("  nightly = {\n")
    names = re.findall(r"^    (\w+) = \{$", block, re.MULTILINE)
    assert names[-1] == "drill"
    for name in names[:-1]:
        assert f'    "{name}": "functions.'.encode() in ENTRY_POINT
    assert b"\ndrill = " in DRILL_ENTRY_POINT


def test_functions_have_room_for_what_was_measured():
    """What Terraform gives each function is held against what each was seen to take.

    Two files are compared: a function that takes more is seen when `python -m tests.bench.functions` measures anew.
    """
    record = json.loads(RECORD.read_text())
    small, large = record["small"]["taken"], record["large"]["taken"]
    assert set(small) == set(large) == set(record["large"]["at_once"]) == set(given())
    few = [ratio for ratio in recorded() if not ratio.is_met]
    assert not few, "\n".join(map(str, few))


def test_no_role_is_a_basic_one_and_no_member_is_everybody():
    """Every role is of the table of calls, or one of few whose reason is known."""
    named = set(re.findall(r"roles/[\w.]+", TEXT))
    assert named == PREDEFINED
    assert not re.search(r"allUsers|allAuthenticatedUsers|domain:", TEXT)
    roles = re.findall(r"^\s+role\s+= (.*)$", TEXT, re.MULTILINE)
    own = re.compile(r"google_project_iam_custom_role\.\w+\[.+\]\.id")
    assert [role for role in roles if not own.fullmatch(role)]
    assert {role.strip('"') for role in roles if not own.fullmatch(role)} == PREDEFINED
    assert not re.search(r"_iam_(policy|binding)\"", TEXT)


def test_what_checkov_skips_has_a_reason():
    """Each policy that is not kept says why, beside the thing that does not keep it."""
    skipped = re.findall(r"checkov:skip(.*)$", TEXT, re.MULTILINE)
    assert skipped
    assert all(re.fullmatch(r"=CKV2?_GCP_\d+:\w.{20,}", each) for each in skipped)


def test_the_catalog_expects_only_whom_terraform_lets_delete():
    """Of Rebound's identities an armed expire alone deletes in the vault; people are named by name."""
    deleting = re.findall(r'^ +(\w+) = .*"expiry"', SOURCES["identities.tf"], re.MULTILINE)
    assert deleting
    expected = {f"serviceAccount:rebound-{name}@*" for name in deleting}
    assert set(load_catalog(None).operations.security.deleters) == expected


def test_the_schema_that_is_kept_is_what_is_used():
    """Every type in the kept schema is used, so that it stays small."""
    wanted = wanted_types(TYPES.read_text())
    used = set(re.findall(r'^(?:resource|data) "(\w+)"', TEXT, re.MULTILINE))
    assert used == {*wanted["resource"], *wanted["data"]}


@pytest.mark.parametrize("side", ["functions", "rebound"])
def test_deployment_names_each_of_its_steps(side: str):
    """The page about it has the commands of both sides in order."""
    page = (ROOT / "terraform" / "README.md").read_text()
    steps = {"functions": ["make bundle", "terraform apply"], "rebound": ["terraform output"]}
    places = [page.index(step) for step in steps[side]]
    assert places == sorted(places)


def test_a_sandbox_uses_what_drills_restore_there():
    """Each type that a drill restores is of a service that Terraform enables in the sandbox."""
    enabled = set(re.findall(r'"([a-z]+\.googleapis\.com)"', SOURCES["sandbox.tf"]))
    assert {kind.host for kind in table.TYPES if not kind.why_not_drilled} <= enabled
    assert set(SANDBOX_APIS) <= enabled
