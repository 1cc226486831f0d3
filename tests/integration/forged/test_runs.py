"""Whoever can write runs into the vault commands neither operator nor function."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from manifests.kinds.buckets.model import BucketBackup
from manifests.kinds.tables.kind import TABLES
from manifests.kinds.tables.model import TableBackup
from manifests.model.run import Manifest, Owner, Receipt, RunStart
from manifests.store.envelope import encode
from manifests.values import RunId
from tests.harness import Rebound
from tests.integration import lake
from tests.integration.forged_runs import FORGED, NIGHT, SCENARIO, states
from tests.served import Function, serving

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
TWO_RUNS = {"keep_days": 1, "keep_at_least": 2, "partial_days": 1}


@pytest.mark.parametrize(
    "whose", [Owner(platform="lake", project="staging-proj"), Owner(platform="other", project="")]
)
def test_the_run_of_another_platform_is_passed_over(
    rebound: Rebound, forge: Callable[..., Manifest], whose: Owner
):
    """The newest run in the vault is not restored when it is another's, nor deleted."""
    project = whose.project or rebound.project
    forge(platform=whose.platform, project=project)
    assert states(rebound) == {NIGHT: "complete", FORGED: "foreign"}
    plan = rebound.run("plan", SCENARIO).stdout
    assert f"run {NIGHT}" in plan
    assert f"passed over {FORGED}: foreign: it is a run of the platform {whose.platform}" in plan
    assert rebound.run("verify").stdout.startswith(f"{NIGHT}: ")
    kept = {item["run_id"]: item for item in rebound.json("expire")}
    assert kept[FORGED]["keep"]
    assert "not ours to delete" in kept[FORGED]["reason"]
    assert kept[NIGHT]["reason"] == "the last complete run"


def test_the_run_of_another_project_needs_two_words(
    rebound: Rebound, forge: Callable[..., Manifest]
):
    """Only its name takes it, only when the project it goes to is named; the plan says so first."""
    forge(project="staging-proj")
    refused = rebound.run("recover", SCENARIO, "--run", FORGED, "--yes", code=5)
    assert "the run is of the project staging-proj" in refused.stderr
    assert f"`--into-project {rebound.project}`" in refused.stderr
    words = ("--run", FORGED, "--into-project", rebound.project)
    plan = rebound.run("plan", SCENARIO, *words).stdout
    assert plan.splitlines()[2].startswith("NOT OURS: it is a run of the platform lake")


def test_a_run_from_the_future_is_damaged(rebound: Rebound, forge: Callable[..., Manifest]):
    """It is never the newest, it deletes no genuine run, and a nightly check goes red over it."""
    future = datetime(2099, 1, 1, tzinfo=UTC)
    forge(recovery_point=future, started_at=future, finished_at=future)
    assert states(rebound) == {NIGHT: "complete", FORGED: "damaged"}
    assert rebound.json("plan", SCENARIO)["run_id"] == NIGHT
    rebound.run("expire", "--yes")
    assert states(rebound) == {NIGHT: "complete", FORGED: "damaged"}
    found = rebound.run("verify", code=4)
    assert found.stdout.startswith(f"{NIGHT}: ")
    assert f"{FORGED}: it claims to have ended in the future, 2099-01-01T00:00Z" in found.stderr
    everything = rebound.json("verify", "--all", code=4)
    assert [item["run_id"] for item in everything["runs"]] == [NIGHT]
    assert list(everything["damaged"]) == [FORGED]
    rebound.run("verify", NIGHT)


@pytest.mark.parametrize(
    "views",
    [
        ({"tableReference": "text"},),
        ({"tableReference": {"tableId": ["x"]}, "view": None},),
    ],
)
def test_a_document_that_breaks_a_check_is_damaged(
    rebound: Rebound, forge: Callable[..., Manifest], views: tuple[Any, ...]
):
    """Whatever a stored document does to a check, the other runs go on."""
    genuine = rebound.manifest(NIGHT)
    dataset = genuine.datasets[0].model_copy(update={"views": views})
    forge(datasets=(dataset,))
    assert states(rebound) == {NIGHT: "complete", FORGED: "damaged"}
    assert rebound.json("plan", SCENARIO)["run_id"] == NIGHT
    assert rebound.json("expire")
    refused = rebound.run("plan", SCENARIO, "--run", FORGED, code=3)
    assert "damaged" in refused.stderr


def test_only_the_named_run_is_read(rebound: Rebound, forge: Callable[..., Manifest]):
    """With `--run`, what is wrong with another run is no obstacle."""
    forge()
    refusal = {"status": 403, "match": rf"runs(%2F|/){FORGED}", "times": None}
    with rebound.cloud.fault("storage", r"storage\.objects\..*", "status", **refusal):
        rebound.run("plan", SCENARIO, code=9)
        assert rebound.json("plan", SCENARIO, "--run", NIGHT)["run_id"] == NIGHT


def test_forged_runs_of_fewer_tables_let_nothing_expire(
    rebound: Rebound, forge: Callable[..., Manifest]
):
    """They are newer, and complete in themselves: the run that holds all is kept all the same."""
    genuine = rebound.manifest(NIGHT)
    old = genuine.model_copy(update={"run_id": "old", "kit": None, "recovery_point": LONG_AGO})
    old = old.model_copy(update={"started_at": LONG_AGO, "finished_at": LONG_AGO})
    start = RunStart(**said(old), run_id=RunId("old"), base_run_id=None)
    blobs = [rebound.vault.blob(f"runs/old/{name}.json") for name in ("start", "manifest")]
    for blob, document in zip(blobs, (start, old), strict=True):
        blob.upload_from_string(encode(document))
    lake.write_catalog(rebound.folder, retention=TWO_RUNS)
    try:
        forge(tables=genuine.tables[:1])
        kept = {item["run_id"]: item["reason"] for item in rebound.json("expire")}
        assert kept[FORGED] == "the last complete run"
        assert kept["old"] == "one of the newest that hold all that is asked for"
    finally:
        lake.write_catalog(rebound.folder)
        for blob in blobs:
            blob.delete()


def test_a_night_builds_on_nothing_that_was_planted(
    rebound: Rebound, forge: Callable[..., Manifest]
):
    """Neither on a manifest that no record of its run bears out, nor on a receipt of before it."""
    forge()
    (games,) = (table for table in rebound.manifest(NIGHT).tables if table.name == lake.GAMES)
    receipt = Receipt[TableBackup](run_id=RunId("third"), kind="tables", part=games)
    name = TABLES.receipt_name(RunId("third"), lake.GAMES)
    rebound.vault.blob(name).upload_from_string(encode(receipt))
    try:
        with serving(rebound) as function:
            function.complete("second")
            answer = function.manual("third")
        start = json.loads(rebound.vault.blob("runs/second/start.json").download_as_bytes())
        assert start["document"]["base_run_id"] == NIGHT
        exports = {
            item.run_id for table in rebound.manifest("second").tables for item in table.exports
        }
        assert exports == {NIGHT}
        assert answer.status_code == 422
        assert "it does not name this run's start" in answer.text
        assert "make another, with another run_id" in answer.text
        assert states(rebound)["third"] == "partial"
    finally:
        for run in ("second", "third"):
            for item in list(rebound.vault.list_blobs(prefix=f"runs/{run}/")):
                item.delete()


def test_what_the_catalog_does_not_name_is_left_out(
    rebound: Rebound, forge: Callable[..., Manifest]
):
    """A table or bucket that only the manifest names is shown, and recovered only with a word."""
    genuine = rebound.manifest(NIGHT)
    bucket = BucketBackup(
        bucket=rebound.landing.name,
        resource={"name": rebound.landing.name},
        listed_at=genuine.started_at,
        finished_at=genuine.started_at,
        shards=(),
    )
    forge(buckets=(bucket,))
    left_out = rebound.json("plan", SCENARIO, "--run", FORGED)["left_out"]
    assert left_out == [f"bucket {rebound.landing.name}"]
    plan = rebound.run("plan", SCENARIO, "--run", FORGED).stdout
    assert f"not in the catalog, left out: bucket {rebound.landing.name}" in plan
    words = ("recover", "gcs-bucket-corruption", "--run", FORGED, "--yes")
    rebound.run(*words, code=3)
    refused = rebound.run(*words, "--not-in-catalog", code=5)
    assert "backups and journals are kept there" in refused.stderr
    assert not rebound.recoveries


def test_a_manifest_that_was_there_first_is_no_backup(rebound: Rebound):
    """A night whose place is taken by a run that lacks something, or is another's, is no success."""
    genuine = rebound.manifest(NIGHT)
    now = datetime.now(UTC).replace(microsecond=0)
    tonight = f"nightly-{now:%Y%m%dT%H%M%SZ}"
    begun = {"recovery_point": now.replace(second=0), "started_at": now, "finished_at": now}
    placed = {
        "empty": genuine.model_copy(update={"tables": (), "datasets": ()}),
        "staging": genuine.model_copy(update={"project": "staging-proj"}),
        "alone": genuine,
        tonight: genuine.model_copy(update=begun),
    }
    for run_id, manifest in placed.items():
        start = RunStart(**said(manifest), run_id=RunId(run_id), base_run_id=None)
        whole = {
            "manifest": manifest.model_copy(update={"run_id": run_id, "kit": None}),
            "start": start,
        }
        with rebound.cloud.minutes_ago(5 if run_id == tonight else 0):
            for name in ("manifest",) if run_id == "alone" else ("start", "manifest"):
                blob = rebound.vault.blob(f"runs/{run_id}/{name}.json")
                blob.upload_from_string(encode(whole[name]))
    try:
        with serving(rebound) as function:
            answers = {run_id: function.manual(run_id) for run_id in ("empty", "staging", "alone")}
            answers[tonight] = function.scheduled(now)
    finally:
        for run_id in placed:
            for item in list(rebound.vault.list_blobs(prefix=f"runs/{run_id}/")):
                item.delete()
    assert {answer.status_code for answer in answers.values()} == {409}
    assert "without a backup of lake.games" in answers["empty"].text
    assert "in the project staging-proj" in answers["staging"].text
    assert "its start record does not say so" in answers["alone"].text
    assert "before its time" in answers[tonight].text


def said(run: Manifest) -> dict[str, Any]:
    """Return what the start record of a run says as its manifest does."""
    return {name: getattr(run, name) for name in ("platform", "recovery_point", "started_at")}


def test_a_manual_run_cannot_stand_for_a_night(rebound: Rebound):
    """A manual run's id cannot be that of a scheduled one, which would then find it complete."""
    with serving(rebound) as function:
        answer = refused_id(function, "nightly-20990101T080000Z")
    assert "cannot have the id of a scheduled one" in answer


def refused_id(function: Function, run_id: str) -> str:
    """Ask for a manual run, insist that it is refused, and return why."""
    answer = function.manual(run_id)
    assert answer.status_code == 400
    return answer.text
