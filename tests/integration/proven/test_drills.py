"""What was shown to restore: the age of proof, and drills that would have told of damage."""

import json
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from recovery.runbooks import page_digests
from tests.harness import RUN_SECONDS, Rebound
from tests.integration import auditing, drills, lake
from tests.standin.projects import project_number

_BESIDE_SECONDS = 60
"""What a command takes besides its drill, on a machine with much else to do."""


WHO = ("--by", "mia", "--approver", "ada")


def part_of(told: dict[str, Any], label: str) -> dict[str, Any]:
    """Return what a status tells of one part."""
    (found,) = (item for item in told["parts"] if item["label"] == label)
    assert isinstance(found, dict)
    return found


def test_status_tells_what_was_shown_to_restore_and_what_never_was(
    rebound: Rebound, tmp_path: Path
):
    """What no recovery brought back from the vault is unknown; what one did has an age."""
    never = part_of(rebound.json("status", code=10), lake.EMPTY)
    assert (never["health"], never["run_id"], never["proven_at"]) == ("unknown", "night", None)
    words = ("--table", lake.EMPTY, "--into-prefix", "shown_", "--confirm-project", rebound.project)
    rebound.run("recover", "bigquery-dataset-loss", *words, "--yes")
    page = tmp_path / "status.html"
    shown = part_of(rebound.json("status", "--html", str(page), code=10), lake.EMPTY)
    assert (shown["health"], shown["how"], shown["proven_point"]) == (
        "healthy",
        "recovery",
        shown["recovery_point"],
    )
    assert shown["estimated_seconds"] > 0
    told = rebound.run("status", code=10)
    assert told.stdout.splitlines()[1].startswith("Nobody knows: ")
    assert "was not shown to restore within" in page.read_text()
    assert "hint: " in told.stderr


def test_status_looks_again_and_again(rebound: Rebound):
    """Until Ctrl-C, which is no failure of what was looked at."""
    process = rebound.begin_installed("status", "--watch", "1")
    assert process.stdout is not None
    looks = 0
    for line in process.stdout:
        looks += f" in {rebound.project}, " in line
        if looks == 2:
            break
    assert looks == 2, "it ended before it was told to"
    process.send_signal(signal.SIGINT)
    process.communicate(RUN_SECONDS)
    assert process.returncode == 130


def test_status_tells_what_it_could_not_look_at(rebound: Rebound):
    """A screen that cannot read the proofs says so, and is not healthy."""
    refused = {"status": 403, "match": "proofs", "times": None}
    with rebound.cloud.fault("storage", "storage.objects.list", "status", **refused):
        told = rebound.json("status", code=10)
    assert ("proofs", "unknown") in [(item["check"], item["health"]) for item in told["others"]]
    assert {item["proven_at"] for item in told["parts"]} == {None}


@pytest.fixture(scope="module")
def sandbox(rebound: Rebound) -> str:
    """Return a project that is labelled as a sandbox."""
    return drills.sandbox(rebound)


def drilled(rebound: Rebound, sandbox: str, *words: str, code: int = 0) -> dict[str, Any]:
    """Run a drill into the sandbox and return its record."""
    record = rebound.json("drill", *words, *WHO, "--project", sandbox, code=code)
    assert isinstance(record, dict)
    return record


@contextmanager
def written_since(rebound: Rebound) -> Iterator[None]:
    """Overwrite one row of a table and write one more document, and take both back."""
    games = f"`{rebound.project}.{lake.GAMES}`"
    more = rebound.firestore_client.document("done/later")
    change = f"UPDATE {games} SET points = points {{}} 1 WHERE game_id = 'g1' AND TRUE"
    rebound.query(change.format("+"))
    more.set({"n": 4})
    yield
    rebound.query(change.format("-"))
    more.delete()


@pytest.mark.parametrize(
    ("scenario", "controls"),
    [
        (
            "bigquery-dataset-loss",
            {"a changed row", "a missing row", "a leftover row", "a missing policy tag"},
        ),
        ("gcs-bucket-corruption", {"a changed object"}),
        ("firestore-state-loss", {"a changed document"}),
    ],
)
def test_a_drill_restores_proves_and_catches_what_it_planted(
    rebound: Rebound, sandbox: str, scenario: str, controls: set[str]
):
    """Each scenario of data: everything comes back, each damage is told of, nothing is left."""
    with written_since(rebound):
        began = time.time()
        record = drilled(rebound, sandbox, scenario)
        outside_seconds = time.time() - began
    assert record["verdict"] == "pass", record["why"]
    stored = {"a flipped byte", "a missing file", "a stale manifest"}
    planted = {item["name"] for item in record["controls"] if item["is_planted"]}
    assert planted == stored | controls
    assert all(item["is_caught"] for item in record["controls"] if item["is_planted"])
    assert {item["state"] for item in record["parts"]} == {"proven"}
    assert record["begun"]["pages"] == page_digests()
    check_agreed(record["begun"])
    since = {item["label"]: item["since"] for item in record["parts"] if item["since"]}
    assert since, "nobody looked at what was written since"
    lost = {label: told["things"] for label, told in since.items()}
    # As many rows as before, one of them another; one document that the run does not know.
    written = {f"table {lake.GAMES}": 1, "database (default)": 1}
    assert lost == {label: written.get(label, 0) for label in since}
    assert (bool(record["made"]), record["left"]) == (True, [])
    assert drills.left(rebound, sandbox) == []
    phases = record["phases"]
    names = ["PREPARING", "FENCING", "RESTORING", "PROVING", "CLEANING_UP"]
    assert [item["name"] for item in phases] == names
    assert all(item["seconds"] > 0 for item in phases)
    # Three clocks: the machine's own of the phases, Cloud Storage's, and ours, around the command.
    summed = sum(item["seconds"] for item in phases)
    assert summed == pytest.approx(record["seconds"], abs=2)
    assert summed < outside_seconds < summed + _BESIDE_SECONDS
    proven = json.loads(rebound.ended("status", "--json").stdout)["parts"]
    assert {it["how"] for it in proven if it["scenario"] == scenario} == {"drill"}
    auditing.check_evidence(rebound, record)


def check_agreed(begun: dict[str, Any]) -> None:
    """See that the criteria are what the catalog agrees on, where it says something of the scenario."""
    agreed = drills.AGREED.get(begun["scenario"], {})
    assert agreed.items() <= begun["criteria"].items()


def test_what_is_no_sandbox_is_never_written_to(rebound: Rebound, sandbox: str):
    """The protected project, one without the label, and one in which a right is missing."""
    words = ("drill", "gcs-bucket-corruption", "--project")
    own = rebound.run(*words, rebound.project, code=5)
    assert "never writes to the project that is protected" in own.stderr
    drills.label(rebound, rebound.project, {"rebound-sandbox": "true"})
    for clean in ((), ("--clean", "--yes")):
        by_number = rebound.run(*words, project_number(rebound.project), *clean, code=5)
        assert f"{rebound.project}: a drill never writes to the project" in by_number.stderr
    drills.label(rebound, rebound.project, {})
    other = rebound.run(*words, f"{rebound.project}-other", code=5)
    assert "has no label rebound-sandbox=true" in other.stderr
    rebound.cloud.order("platform", "lacking", permissions=["storage.buckets.delete"])
    try:
        weak = rebound.run(*words, sandbox, code=5)
    finally:
        rebound.cloud.order("platform", "lacking", permissions=[])
    assert "storage.buckets.delete" in weak.stderr
    refused = {"status": 403, "match": sandbox, "times": None}
    with rebound.cloud.fault("platform", "cloudresourcemanager.projects.get", "status", **refused):
        unseen = rebound.run(*words, sandbox, code=5)
    assert "no sandbox of ours" in unseen.stderr
    assert drills.left(rebound, sandbox) == []


def test_a_drill_that_was_killed_is_cleaned_up_and_told_of(rebound: Rebound, sandbox: str):
    """What it made has its names; its beginning was written before anything was made."""
    words = ("gcs-bucket-corruption", "--project", sandbox, "--by", "mia")
    before = {item["drill_id"] for item in rebound.json("drill", "--history")}
    slow = {"match": "-planted", "times": None}
    with rebound.cloud.held("storage", "storage.objects.insert", is_done=False, **slow):
        killed = rebound.begin("drill", *words)
        rebound.cloud.await_fault("storage", killed)
        killed.kill()
        killed.communicate(RUN_SECONDS)
    assert (there := drills.left(rebound, sandbox)) != []
    assert "no record" in rebound.run("drill", "--history").stdout
    running = rebound.run("drill", "--clean", "--project", sandbox, "--yes", code=5)
    assert "bucket rebound-drill-" in running.stdout
    assert "the drill may be under way" in running.stderr
    assert drills.left(rebound, sandbox) == there
    stopped = running.stderr.partition("`--stopped ")[2].partition("`")[0]
    box = project_number(sandbox)
    rebound.run("drill", "--clean", "--project", box, "--stopped", stopped, "--yes")
    assert drills.left(rebound, sandbox) == []
    (told,) = (it for it in rebound.json("drill", "--history") if it["drill_id"] not in before)
    assert told["record"] is None
    assert told["begun"]["operator"] == "mia"


def test_a_failed_drill_keeps_its_evidence(rebound: Rebound, sandbox: str, tmp_path: Path):
    """Criteria that were written down before and are not met fail it; nothing is removed."""
    criteria = tmp_path / "criteria.json"
    criteria.write_text('{"rto_seconds": 0.001, "rpo_seconds": 86400}')
    words = ("firestore-state-loss", "--criteria", str(criteria))
    record = drilled(rebound, sandbox, *words, code=8)
    assert (record["verdict"], record["why"]) == ("fail", "not met: RTO")
    assert record["left"]
    assert drills.left(rebound, sandbox) != []
    rebound.run("drill", "--clean", "--project", sandbox, "--yes")
    assert drills.left(rebound, sandbox) == []


def test_a_sample_is_small_and_counts_as_one(rebound: Rebound, sandbox: str):
    """One table, one prefix and one collection; somebody else signs the record off.

    What was not restored is in the record, as all that went otherwise than planned.
    """
    with auditing.holding(rebound):
        record = drilled(rebound, sandbox, "--sample", "--random")
    assert {told.partition(": ")[0] for told in record["deviations"]} == {"not restored"}
    auditing.check_kept(rebound, record)
    assert record["verdict"] == "pass", record["why"]
    assert (record["begun"]["chosen"], record["begun"]["is_newest"]) == ("random", True)
    assert len(record["recoveries"]) == 3
    drill_id = record["begun"]["drill_id"]
    (done,) = (item for item in rebound.json("actions") if item["subject"] == drill_id)
    assert done["verb"] == "drill"
    for recovery in record["recoveries"]:
        blob = rebound.landing.blob(f"recoveries/{recovery}/plan.json")
        assert json.loads(blob.download_as_bytes())["document"]["operator"] == done["operator"]
    own = rebound.run("drill", "--sign-off", drill_id, "--by", "Mia", code=5)
    assert "somebody else has to agree" in own.stderr
    signed = rebound.run("drill", "--sign-off", drill_id, "--by", "noor", "--json")
    assert json.loads(signed.stdout)["verifier"] == "noor"
    assert "NOT CHECKED that they are two people" in signed.stderr
    auditing.check_findings(rebound, drill_id)
    year = record["begun"]["began_at"][:4]
    kept = json.loads(rebound.run("drill", "--evidence", year).stdout)
    (mine,) = (item for item in kept if item["drill_id"] == drill_id)
    assert mine["signed"]["record_digest"] == mine["record_digest"]
    assert [item["owner"] for item in mine["findings"]] == ["mia", "ada"]
    assert [(item["number"], item["by"]) for item in mine["closed"]] == [(1, "ada")]
    assert not auditing.missing(mine)
    assert "noor (NOT CHECKED who that is)" in rebound.run("drill", "--history").stdout


def test_what_cannot_be_looked_at_keeps_no_other_from_being_drilled(rebound: Rebound, sandbox: str):
    """The record names the kind that was not drilled, and the drill does not pass."""
    asked = {"status": 403, "match": f"{sandbox}/databases/"}
    with rebound.cloud.fault("platform", ".*", "status", **asked):
        record = drilled(rebound, sandbox, "--sample", code=6)
    assert record["verdict"] == "incomplete"
    states = {part["label"].split()[0]: part["state"] for part in record["parts"]}
    assert states.pop("database") == "NOT LOOKED AT"
    assert states == dict.fromkeys(("table", "dataset", "bucket"), "proven")
    assert "not drilled, because it could not be looked at: database" in record["why"]
    rebound.run("drill", "--clean", "--project", sandbox, "--yes")


def test_a_damaged_backup_fails_a_drill(rebound: Rebound, sandbox: str):
    """What cannot be restored is told before anything is made, and the record says so."""
    blob = next(
        item
        for item in rebound.vault.list_blobs(prefix="runs/night/tables/lake.games/")
        if item.name.endswith(".avro")
    )
    content = blob.download_as_bytes()
    blob.upload_from_string(content[:-1] + bytes([content[-1] ^ 1]))
    try:
        record = drilled(rebound, sandbox, "bigquery-dataset-loss", code=7)
    finally:
        blob.upload_from_string(content)
    assert record["verdict"] == "fail"
    assert record["phases"][0]["state"] == "FAILED"
    assert record["parts"] == []
