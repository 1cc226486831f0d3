"""Terraform as a judge: what it condemns, that its schema is kept whole, and what it says of ours."""

import gzip
import json
import re
import shutil
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.deployed import ROOT
from tests.judges.terraform.offline import Terraform
from tests.judges.terraform.schema import KEPT, TYPES, wanted_types

DEPLOYMENT = ROOT / "terraform"
RED = ROOT / "tests" / "judges" / "terraform" / "red"
PLANTED = [
    ("Unsupported argument", 'An argument named "uniform_bucket_level_acess"'),
    ("Incorrect attribute value type", 'value for attribute "default_event_based_hold"'),
    ("Missing required argument", 'The argument "enabled" is required'),
    ("Unsupported argument", 'An argument named "locked"'),
    ("Unsupported block type", 'Blocks of type "encryption_key"'),
    ("Missing required argument", 'The argument "location" is required'),
    ("Invalid resource type", 'does not support resource type "google_storage_buckets"'),
    ("Value for unconfigurable attribute", '"uri" is set by the provider alone'),
    ("Unsupported attribute", 'attribute named "mail"'),
    ("Unsupported attribute", 'attribute named "url"'),
]


@pytest.fixture(scope="module")
def terraform() -> Terraform:
    """Return Terraform as `make check` runs it."""
    return Terraform()


def errors(terraform: Terraform, folder: Path) -> list[dict[str, Any]]:
    """Return the errors that Terraform finds in a module, in their order in the file."""
    said = json.loads(terraform.run(folder, "validate", "-json").stdout)
    found = [each for each in said["diagnostics"] if each["severity"] == "error"]
    return sorted(found, key=lambda each: int(each["range"]["start"]["line"]))


@pytest.mark.parametrize("is_library", [False, True], ids=["installed", "library"])
def test_planted_mistakes_are_found(*, is_library: bool):
    """Terraform finds each mistake that was planted and no other, installed or as a library."""
    found = errors(Terraform(is_library=is_library), RED)
    assert [each["summary"] for each in found] == [summary for summary, _ in PLANTED]
    for each, (_, detail) in zip(found, PLANTED, strict=True):
        assert detail in each["detail"]


def test_schema_is_that_of_the_types_and_of_its_notice():
    """What is kept is what is listed, each type is used, and the notice names its source."""
    kept = json.loads(gzip.decompress(KEPT.read_bytes()))
    wanted = wanted_types(TYPES.read_text())
    assert sorted(kept["resource_schemas"]) == sorted(wanted["resource"])
    assert sorted(kept["data_source_schemas"]) == sorted(wanted["data"])
    notice = (TYPES.parent / "NOTICE.md").read_text()
    assert kept["source"]["sha256"] in notice
    assert kept["source"]["provider"].split()[1] in notice
    assert "Mozilla Public" in notice


class Broken(NamedTuple):
    """A protection that is lost, and what a deployment's own tests say of it."""

    file: str
    before: str
    after: str
    said: str


BROKEN = [
    Broken(
        "vault.tf",
        "default_event_based_hold    = true",
        "default_event_based_hold    = false",
        "What is written to the vault has to be held.",
    ),
    Broken(
        "vault.tf",
        'with_state                 = "ARCHIVED"',
        'with_state                 = "ANY"',
        "No rule may delete what is live: runs share their content.",
    ),
    Broken(
        "landing.tf",
        '["extracts/"]',
        '["extracts/", "recoveries/"]',
        "Only extracts may go by themselves.",
    ),
]


_PLANNED = """
mock_provider "google" {}

variables {
  adopt_databases = false
  restore_until   = "2026-12-01T18:00:00Z"
}

run "guide" {
  command = plan
  assert {
    condition     = output.environment["REBOUND_VAULT_BUCKET"] == "some-platform-vault" && output.environment["REBOUND_LANDING_BUCKET"] == "some-platform-landing"
    error_message = "The guide says which buckets there are."
  }
  assert {
    condition     = google_storage_bucket.vault.project == "some-vault-project" && length(google_project_iam_member.restore) == 1
    error_message = "The vault has a project of its own, and who recovers a grant."
  }
  assert {
    condition     = keys(google_service_account_iam_member.operator) == ["user:ada@example.com"] && keys(google_storage_bucket_iam_member.vault_expiry) == ["user:ada@example.com"]
    error_message = "Whoever follows the guide may act as who recovers, and hold runs."
  }
  assert {
    condition     = output.environment["REBOUND_SANDBOX"] == "some-sandbox" && length(google_project_iam_member.sandbox) == 1 && google_storage_bucket.configuration[0].name == "some-platform-configuration" && google_storage_bucket.configuration[0].project == "some-third-project"
    error_message = "There is where drills recover to, and where the configuration is kept for longer."
  }
  assert {
    condition     = keys(google_storage_bucket_iam_member.configuration_restore) == ["fences", "vault"]
    error_message = "Who recovers reads the second place where the vault is lost."
  }
}
"""


def test_the_guide_plans_a_deployment(terraform: Terraform, tmp_path: Path):
    """The variables that the page has somebody write are all that a deployment needs."""
    page = (ROOT / "runbooks" / "deploy.md").read_text()
    found = re.search(
        r"deployment\.auto\.tfvars <<END\n(.*?)\n\s*END$", page, re.DOTALL | re.MULTILINE
    )
    assert found
    filled = {
        "<PROJECT>": "some-platform",
        "<VAULT_PROJECT>": "some-vault-project",
        "<THIRD_PROJECT>": "some-third-project",
        "<DIGEST>": "0" * 16,
        "<DRILL_DIGEST>": "1" * 16,
        "<YOU>": "ada@example.com",
        "<SANDBOX>": "some-sandbox",
        "<BILLING_ACCOUNT>": "000000-000000-000000",
    }
    copy = tmp_path / "terraform"
    shutil.copytree(DEPLOYMENT, copy, ignore=shutil.ignore_patterns(".terraform*", "tests"))
    shutil.copytree(ROOT / "manifests", tmp_path / "manifests")
    variables = re.sub(r"<[A-Z_]+>", lambda name: filled[name[0]], found[1])
    (copy / "deployment.auto.tfvars").write_text(variables)
    (copy / "tests").mkdir()
    (copy / "tests" / "guide.tftest.hcl").write_text(_PLANNED)
    done = terraform.run(copy, "test", "-no-color")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout


def test_broken_deployments_are_condemned(terraform: Terraform, tmp_path: Path):
    """Its own tests condemn a deployment that lost protections, for each of them and nothing else."""
    copy = tmp_path / "terraform"
    shutil.copytree(DEPLOYMENT, copy, ignore=shutil.ignore_patterns(".terraform*"))
    shutil.copytree(ROOT / "manifests", tmp_path / "manifests")
    for broken in BROKEN:
        text = (copy / broken.file).read_text()
        assert text.count(broken.before) == 1
        (copy / broken.file).write_text(text.replace(broken.before, broken.after))
    done = terraform.run(copy, "test", "-no-color", "-filter=tests/buckets.tftest.hcl")
    assert done.returncode == 1
    found = re.findall(r"^Error: (.*)$", done.stderr, re.MULTILINE)
    assert found == ["Test assertion failed"] * len(BROKEN)
    assert all(broken.said in done.stderr for broken in BROKEN), done.stderr
