"""Each side may do what it does and nothing else: the table of calls that its roles are made of."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import grimp
import pytest

from manifests.catalog_writers import WriterType
from manifests.kinds.resources.table import TYPES
from tests.commands import MODULES
from tests.deployed import ROOT
from tests.judges.recorded import Calls, recorded
from tests.standin.discovery.documents import methods

TABLE: dict[str, dict[str, list[dict[str, Any]]]] = json.loads(
    (ROOT / "manifests" / "permissions.json").read_text()
)
ENTRY = {
    "backup": "functions.main",
    "restore": "recovery.cli",
    "expiry": "recovery.cli",
    "verify": "functions.maintenance",
    "watch": "functions.maintenance",
    "doctor": "recovery.cli",
    "drill": "recovery.drill.called",
}
READING = re.compile(
    r".*\.(get|list|getData|getIamPolicy|getMetadata|overrideTimeTravelRestrictions)"
)
JUDGED = 30
"""So many calls of the table, at least, are ones of which Google's document tells permissions."""


def rows() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield each call with its side and what it is about."""
    for side, scopes in TABLE.items():
        for on, calls in scopes.items():
            for row in calls:
                yield side, on, row


def method_of(row: dict[str, Any]) -> str:
    """Return the method of a call, which a note on its purpose follows."""
    method: str = row["call"].partition(":")[0]
    return method


def granted(side: str, on: str) -> set[str]:
    """Return the permissions that a side's role has on something."""
    return {need for row in TABLE[side][on] if "withheld" not in row for need in row["needs"]}


def granted_in_sandbox() -> set[str]:
    """Return the permissions that who drills has in a sandbox, as terraform/sandbox.tf makes the role of them."""
    given = TABLE["restore"]["project"] + [
        row for row in TABLE["restore"]["resources"] if row.get("drilled")
    ]
    return {
        need for row in given if not row["call"].startswith("cloudkms") for need in row["needs"]
    }


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Calls]:
    """Return what each side really calls; what a side has no role of its own on is the project's."""
    found = recorded(tmp_path_factory.mktemp("recorded"))
    configured = found.pop("sandbox")
    # In a sandbox a drill may whatever a recovery may, and that has to be what it does there.
    in_sandbox = {call for on, call in found["drill"] if on == "sandbox"}
    found["drill"] = {item for item in found["drill"] if item[0] != "sandbox"}
    assert "bigquery.datasets.delete" in in_sandbox
    assert in_sandbox <= {method_of(row) for row in TABLE["restore"]["project"]}
    told = {
        side: {(on if on in TABLE[side] else "project", call) for on, call in those}
        for side, those in found.items()
    }
    # Who recovers writes fences and erasures into the vault, and who looks each hour the history into
    # landing: by roles that Terraform confines to their folders.
    for side, bucket, folder in (
        ("restore", "vault", "fences"),
        ("watch", "landing", "history"),
        ("drill", "vault", "records"),
    ):
        written = (bucket, "storage.objects.insert")
        assert written in told[side]
        told[side] = (told[side] - {written}) | {(folder, written[1])}
    return {**told, "sandbox": configured}


@pytest.mark.parametrize("side", TABLE)
def test_every_call_is_in_the_table(calls: dict[str, Calls], side: str):
    """Whatever a side calls, and on what, the table knows the permissions of."""
    known = {(on, method_of(row)) for on, those in TABLE[side].items() for row in those}
    untold = {call for call in calls[side] if call[0] != "resources"} - known
    assert not untold, f"each has a row of `{side}` in manifests/permissions.json"


def test_every_call_of_an_outage_is_permitted(calls: dict[str, Calls]):
    """What makes the platform's configuration again has the permission of each call that it made."""
    made = {call for on, call in calls["restore"] if on == "resources" and call}
    # Who asks what he has himself needs nothing (Resource Manager REST, projects.testIamPermissions).
    made = {call for call in made if not call.endswith(".testIamPermissions")}
    assert any(call.endswith(".functions.create") for call in made)
    given = granted("restore", "resources") | granted("restore", "project")
    lacking = {call for call in made if permission_of(call) not in given}
    assert not lacking, "`needs` of a row of `restore`, `resources`, in manifests/permissions.json"


def test_every_call_of_a_drill_is_permitted_in_a_sandbox(calls: dict[str, Calls]):
    """What a drill makes of a configuration, looks at and removes, it may, of each type that it drills."""
    made = {call for _, call in calls["sandbox"] if call}
    made = {call for call in made if not call.endswith(".testIamPermissions")}
    for verb in ("create", "delete"):
        assert any(call.endswith(f".roles.{verb}") for call in made)
    needed = {permission_of(call): call for call in made}
    lacking = needed.keys() - granted_in_sandbox()
    assert {name: needed[name] for name in lacking} == {}


def test_a_row_of_configuration_says_whether_drills_make_it():
    """Terraform knows no types: who drills has the rows of those alone that a drill restores."""
    drilled = {method_of(row) for row in TABLE["restore"]["resources"] if row.get("drilled")}
    assert drilled == {kind.name for kind in TYPES if not kind.why_not_drilled}


def permission_of(call: str) -> str:
    """Return the permission of a call of the control plane: as a rule it is called like the method."""
    service, *_, collection, verb = call.split(".")
    if service == "bigquerydatatransfer":
        collection = "transferConfigs"  # it has no permission for its locations alone
    service = {
        "bigqueryconnection": "bigquery",
        "bigquerydatatransfer": "bigquery",
        "cloudresourcemanager": "resourcemanager",
    }.get(service, service)
    collection = {
        "metrics": "logMetrics",
        "transferConfigs": "transfers",
        "workerPools": "workerpools",
    }.get(collection, collection)
    verb = {
        "generateDownloadUrl": "sourceCodeGet",
        "generateUploadUrl": "sourceCodeSet",
        "modifyPushConfig": "update",
        "patch": "update",
        "resume": "enable",
        "seek": "consume",
    }.get(verb, verb)
    if collection == "transfers":
        verb = "get" if verb in ("get", "list") else "update"
    return f"{service}.{collection}.{verb}"


@pytest.mark.parametrize("side", TABLE)
def test_every_permission_has_a_call(calls: dict[str, Calls], side: str):
    """A call of the table is seen, or names the code that makes it where all goes less well."""
    unnamed = {
        (on, method_of(row))
        for on, those in TABLE[side].items()
        for row in those
        if "code" not in row
    }
    assert unnamed
    assert unnamed - calls[side] == set()


def test_code_that_makes_a_call_is_there_and_is_that_sides():
    """The code that a call names is in a module that its side imports."""
    graph = grimp.build_graph("functions", "recovery", "manifests", cache_dir=None)
    # The modules of commands are imported by name, so that nothing seems to need them.
    texts = {
        side: "\n".join(
            source(module)
            for each in {entry, *(MODULES if entry == "recovery.cli" else ())}
            for module in {each, *graph.find_upstream_modules(each)}
        )
        for side, entry in ENTRY.items()
    }
    for side, on, row in rows():
        if "code" in row:
            assert row["code"] in texts[side], (side, on, row)


def source(module: str) -> str:
    """Return the source of a module; nothing of a package's own, which has none here."""
    path = ROOT / f"{module.replace('.', '/')}.py"
    return path.read_text() if path.exists() else ""


def test_every_writer_can_be_paused():
    """Who recovers may pause each type of writers, and resume it."""
    calls = map(method_of, TABLE["restore"]["project"])
    assert {call for call in calls if "/" in call} == set(get_args(WriterType.__value__))
    # A list may leave fields out: what is listed is read by itself.
    for name in get_args(WriterType.__value__):
        rows_of = [row for row in TABLE["restore"]["project"] if method_of(row) == name]
        needs = {need.rpartition(".")[2] for row in rows_of for need in row["needs"]}
        assert "get" in needs, name


def test_a_thaw_may_act_as_the_account_in_whose_name_a_subscription_pushes():
    """Whoever sets that has to be (Pub/Sub RPC, PushConfig.OidcToken), also where nothing is made anew."""
    assert "iam.serviceAccounts.actAs" in granted("restore", "project")


def test_who_asks_a_history_knows_what_that_takes():
    """External tables are read with the permissions of who asks, and made only by who pastes a script."""
    reads = [row for row in TABLE["doctor"]["landing"] if "external tables" in row["call"]]
    assert [row["needs"] for row in reads] == [["storage.objects.get"]]
    made = [row for row in TABLE["doctor"]["project"] if "`ops query --sql`" in row["call"]]
    assert ["bigquery.tables.create" in row["needs"] for row in made] == [True]
    assert "bigquery.tables.create" not in granted("doctor", "project")


def test_every_type_of_configuration_can_be_read():
    """The backup may list each type, and read what is kept with it: policy, versions, source."""
    needs = {method_of(row): " ".join(row["needs"]) for row in TABLE["backup"]["resources"]}
    assert {name for name in needs if "/" in name} == {kind.name for kind in TYPES}
    for kind in TYPES:
        assert ("getIamPolicy" in needs[kind.name]) == bool(kind.policy), kind.name
        assert ("versions.list" in needs[kind.name]) == ("versions" in kind.below), kind.name
        assert ("sourceCodeGet" in needs[kind.name]) == kind.has_archive, kind.name


def test_every_type_of_configuration_can_be_made():
    """Who recovers may make each type, and add to its policy; build what is built, run its images."""
    needs = {method_of(row): " ".join(row["needs"]) for row in TABLE["restore"]["resources"]}
    assert {name for name in needs if "/" in name} == {kind.name for kind in TYPES}
    for kind in TYPES:
        words = needs[kind.name]
        makes = r"\.create|\.enable|transfers\.update|buckets\.update"
        assert bool(re.search(makes, words)) == (kind.naming != "given"), kind.name
        assert ("setIamPolicy" in words) == bool(kind.policy), kind.name
        assert ("sourceCodeSet" in words) == kind.has_archive, kind.name
        assert ("artifactregistry.versions.get" in words) == kind.has_images, kind.name


def test_permissions_are_those_that_google_names():
    """What a BigQuery method takes is what its discovery document says it takes."""
    documents = methods("bigquery.v2")
    judged = 0
    for side, on, row in rows():
        item = documents.get(row["call"])
        _, heading, text = item.description.partition("# IAM Permissions") if item else ("", "", "")
        # Of jobs it tells what is needed for those of others, too.
        if heading and not row["call"].startswith("bigquery.jobs."):
            judged += 1
            expected = set(re.findall(r"`(bigquery\.[\w.]+)`", text))
            assert set(row["needs"]) == expected, (side, on, row["call"])
    assert judged >= JUDGED


def test_the_backup_only_adds_to_the_vault_and_only_reads_the_platform():
    """No role of the backup deletes or overwrites in the vault, or writes what is protected."""
    assert granted("backup", "vault") == {
        "storage.buckets.get",
        "storage.objects.create",
        "storage.objects.get",
        "storage.objects.list",
    }
    for on in ("datasets", "buckets"):
        assert all(READING.fullmatch(each) for each in granted("backup", on))
    others = {each for each in granted("backup", "project") if not READING.fullmatch(each)}
    assert others == {"bigquery.jobs.create", "serviceusage.services.use"}


def test_only_expiry_deletes_in_the_vault():
    """The operator who restores reads the vault, and can do nothing else to it."""
    assert all(READING.fullmatch(each) for each in granted("restore", "vault"))
    assert "storage.objects.delete" in granted("expiry", "vault")


def test_who_looks_changes_nothing_but_what_it_tells():
    """What reads the vault at night, every hour, in a drill or from an operator's machine only reads it."""
    told = {
        ("verify", "landing"): {"storage.objects.create", "storage.objects.delete"},
        ("drill", "landing"): {"storage.objects.create"},
        ("drill", "records"): {"storage.objects.create"},
        ("watch", "history"): {"storage.objects.create", "storage.objects.delete"},
    }
    for side in ("verify", "watch", "doctor", "drill"):
        for on in TABLE[side]:
            writes = {each for each in granted(side, on) if not READING.fullmatch(each)}
            assert writes == told.get((side, on), set()), (side, on)


def test_every_call_names_its_source():
    """Each row says where its permissions are written down; each that is withheld says why."""
    for side, on, row in rows():
        assert row["source"], (side, on, row)
        # Whoever calls may ask what they may.
        assert row["needs"] or method_of(row).endswith(".testIamPermissions"), (side, on, row)
        assert row.keys() <= {"call", "needs", "source", "code", "withheld", "drilled"}
        assert len(row.get("withheld", "a reason")) > 5
    assert Path(ROOT / "manifests" / "permissions.json").read_text().isascii()
