"""Whatever a document in the vault or the landing bucket holds, it does nothing but be read."""

import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime

from manifests.model.run import Manifest
from manifests.store.envelope import encode
from manifests.values import Skew
from recovery.kinds.tables.rules.tables import TableStep
from recovery.outcome import PlannedRecovery
from tests.bench.peaks import function_peak_mib
from tests.harness import RUN_SECONDS, Rebound, of_kind
from tests.integration import lake
from tests.integration.forged_runs import (
    FORGED,
    NIGHT,
    PLANTED,
    SCENARIO,
    planted,
    reported,
)
from tests.served import serving

MOST_MEBIBYTES = 512


def ended(rebound: Rebound, *words: str) -> tuple[int, str, str]:
    """Run `rebound` to its end, within its memory; return its exit code and both outputs."""
    process = rebound.begin(*words)
    outputs = process.communicate(RUN_SECONDS)
    assert 0 < process.peak_mib <= MOST_MEBIBYTES, words
    assert process.returncode is not None
    return process.returncode, *outputs


def test_a_bomb_is_damaged(rebound: Rebound):
    """What is small in a bucket and large in memory is not unpacked, and hides no other run."""
    genuine = rebound.manifest(NIGHT)
    zipped = gzip.compress(encode(genuine.model_copy(update={"run_id": "zipped", "kit": None})))
    brackets = b"[" * 63_000_000
    planted = {
        "zipped": (zipped, "gzip"),
        "zeros": (gzip.compress(bytes(200_000_000)), "gzip"),
        "brackets": (brackets, None),
        "values": (b'{"digest":"","document":[' + b"[]," * 3_000_000 + b"[]]}", None),
    }
    blobs = {run_id: rebound.vault.blob(f"runs/{run_id}/manifest.json") for run_id in planted}
    journal = rebound.landing.blob(f"recoveries/{PLANTED}/plan.json")
    try:
        for run_id, (content, encoding) in planted.items():
            blobs[run_id].content_encoding = encoding
            blobs[run_id].upload_from_string(content)
        _, told, _ = ended(rebound, "list", "--json")
        found = {run["run_id"]: run["state"] for run in json.loads(told)}
        assert found == {NIGHT: "complete", **dict.fromkeys(planted, "damaged")}
        _, told, _ = ended(rebound, "plan", SCENARIO, "--json")
        assert json.loads(told)["run_id"] == NIGHT
        code, _, told = ended(rebound, "verify", "zipped")
        assert (code, "not a whole JSON document" in told) == (4, True)
        code, _, told = ended(rebound, "recover", SCENARIO, "--run", "brackets", "--yes")
        assert (code, "brackets" in told) == (3, True)
        journal.upload_from_string(brackets)
        code, _, told = ended(rebound, "resume", PLANTED, "--yes")
        assert (code, f"recoveries/{PLANTED}/plan.json" in told) == (4, True)
        with serving(rebound) as function:
            function.complete("beside")
            assert 0 < function_peak_mib(function) <= MOST_MEBIBYTES
    finally:
        for blob in (*blobs.values(), *rebound.vault.list_blobs(prefix="runs/beside/")):
            blob.delete()
        if journal.exists():
            journal.delete()


def test_nothing_acts_on_the_terminal(rebound: Rebound, forge: Callable[..., Manifest]):
    """Escapes and turned text of a manifest are printed as they are written in a program."""
    evil = "\x1b[2J\u202eok\nall"
    forge(platform=evil, skews=(Skew(subject=evil, skew_seconds=1),), rebound_version=evil)
    for words in (("list",), ("show", FORGED), ("plan", SCENARIO), ("expire",)):
        told = rebound.run(*words).stdout
        assert "\\x1b[2J\\u202eok\\nall" in told
        assert told.replace("\n", "").isprintable()
    told = rebound.run("show", FORGED, "--json").stdout
    assert told.isascii()
    assert json.loads(told)["platform"] == evil


def test_a_lease_that_cannot_be_read_is_told_and_broken(rebound: Rebound):
    """It keeps its own run out for a while, stops no `expire`, and goes with a word."""
    blob = rebound.landing.blob("leases/stuck.json")
    blob.upload_from_string(b"[" * 100_000)
    assert "a lease cannot be read (run_id stuck" in rebound.run("expire").stderr
    with serving(rebound) as function:
        answer = function.manual("stuck")
        assert answer.status_code == 503
        assert "`rebound unlock stuck --why" in answer.json()["hint"]
        rebound.run("unlock", "stuck", code=2)
        rebound.run("unlock", "stuck", "--why", "the machine is gone")
        rebound.run("unlock", "stuck", "--why", "again", code=2)
        function.complete("stuck")
    (record,) = rebound.landing.list_blobs(prefix="unlocks/stuck/")
    assert b"the machine is gone" in record.download_as_bytes()
    for item in rebound.vault.list_blobs(prefix="runs/stuck/"):
        item.delete()


def test_a_plan_of_another_recovery_is_damaged(rebound: Rebound):
    """A plan that was copied to another place is not resumed."""
    plan = rebound.json("plan", SCENARIO, "--run", NIGHT)
    renamed = {"recovery_id": f"{PLANTED}ef"}
    with planted(rebound, plan, lambda planned: planned.model_copy(update=renamed)):
        told = rebound.run("resume", PLANTED, "--yes", code=4).stderr
    assert "it is the plan of another recovery" in told


def test_a_planted_repair_of_no_table_is_damaged(rebound: Rebound):
    """Nor is one of two: a repair is of one table."""
    plan = rebound.json("plan", SCENARIO, "--run", NIGHT)
    name = PLANTED.replace(SCENARIO, "repair")
    begun = {
        "recovery_id": name,
        "started_at": "2026-01-01T00:00:00Z",
        "plan": plan | {"steps": []},
    }
    blob = rebound.landing.blob(f"recoveries/{name}/plan.json")
    blob.upload_from_string(encode(PlannedRecovery.model_validate(begun)))
    try:
        for words in (("report", name), ("resume", name, "--yes")):
            told = rebound.run(*words, code=4).stderr
            assert "what it was made of is not in its journal" in told
    finally:
        blob.delete()


def test_a_manifest_that_was_written_again_is_not_the_plans(
    rebound: Rebound, forge: Callable[..., Manifest]
):
    """What is resumed is made of the very manifest that was agreed to, however whole another is.

    And that it is another platform's is told, and refused, whatever the journal says of it.
    """
    forge(project="staging-proj")
    words = ("--run", FORGED, "--into-project", rebound.project, "--into-prefix", "copy_")
    plan = rebound.json("plan", SCENARIO, *words) | {"foreign": ""}
    with planted(rebound, plan):
        told = rebound.run("resume", PLANTED, code=5)
        assert "NOT OURS: it is a run of the platform lake" in told.stdout
    plan["request"]["project_was_named"] = False
    with planted(rebound, plan):
        told = rebound.run("resume", PLANTED, "--yes", code=5)
        assert "the run is of the project staging-proj" in told.stderr
    plan["request"]["project_was_named"] = True
    forge(project="staging-proj", rebound_version="another")
    with planted(rebound, plan):
        told = rebound.run("resume", PLANTED, "--yes", code=4)
        assert "its manifest is not the one that the plan was made of" in told.stderr


def test_a_planted_journal_is_asked_about(rebound: Rebound):
    """`resume` shows what a journal says was agreed to, refuses what recover does, and asks."""
    plan = rebound.json("plan", SCENARIO, "--run", NIGHT, "--exact")
    plan["request"]["overwrite"] = ["*"]
    of_kind(plan, "table")[0] |= {"action": "replace partitions", "loses_rows": True}
    with planted(rebound, plan):
        refused = rebound.run("resume", PLANTED, code=5)
        assert "REPLACES WHAT IS THERE" in refused.stdout
        assert "nobody is there to say yes" in refused.stderr
        try:
            lake.write_catalog(rebound.folder, protected_projects=[rebound.project])
            refused = rebound.run("resume", PLANTED, "--yes", code=5)
            for word in (f"--confirm-project {rebound.project}", "--overwrite '*'", "--exact"):
                assert f"`{word}`" in refused.stderr
        finally:
            lake.write_catalog(rebound.folder)


def test_a_planted_journal_that_hides_what_goes_takes_nothing(rebound: Rebound):
    """Rows that a journal does not tell of stay, whatever it says was seen, and whoever says yes.

    Nor does a planted report that all is proven end a `resume` well, and `report` says what it is.
    """
    games = f"`{rebound.project}.{lake.GAMES}`"
    rebound.query(f"UPDATE {games} SET home = 'nobody' WHERE game_date = DATE '2024-01-06'")
    try:
        plan = rebound.json("plan", SCENARIO, "--run", NIGHT, "--overwrite", "*")
        with planted(rebound, plan), reported(rebound, plan):
            told = rebound.run("resume", PLANTED, "--yes", code=7).stderr
            assert "the report says that everything was proven, and it is not so now: lake." in told
            told = rebound.run("report", PLANTED, code=8).stdout
            assert "nothing was looked at again: `rebound plan bigquery-dataset-loss`" in told
            assert f"the manifest of run {NIGHT} is the one that was restored" in told
        with planted(rebound, plan), reported(rebound, plan, of=0):
            assert "under way" in rebound.run("report", PLANTED).stdout
            assert "not believed: it says nothing of lake." in rebound.run("report").stdout
        (changed,) = (item for item in of_kind(plan, "table") if item["loses_rows"])
        changed |= {"loses_rows": False}
        with planted(rebound, plan):
            told = rebound.run("resume", PLANTED, "--overwrite", "*", "--yes", code=6).stdout
        assert "rows appeared since the plan was made; they were left alone" in told
        found = rebound.query(f"SELECT COUNT(*) AS n FROM {games} WHERE home = 'nobody'")
        assert next(iter(found))["n"] > 0
    finally:
        rebound.run("recover", SCENARIO, "--run", NIGHT, "--overwrite", "*", "--anew", "--yes")


def test_names_in_a_planted_journal_are_checked(rebound: Rebound):
    """No partition id of a journal becomes SQL: such a journal is damaged."""

    def forge(planned: PlannedRecovery) -> PlannedRecovery:
        sql = "x') OR TRUE; DROP TABLE `lake.games"
        first = planned.plan.of(TableStep)[0].model_copy(update={"removed_partitions": (sql,)})
        return planned.model_copy(
            update={"plan": planned.plan.model_copy(update={"steps": (first,)})}
        )

    with planted(rebound, rebound.json("plan", SCENARIO, "--run", NIGHT), forge):
        refused = rebound.run("resume", PLANTED, "--yes", code=4)
    assert "plan.steps.0.table.removed_partitions.0" in refused.stderr


def test_a_planted_journal_takes_nothing_elsewhere(rebound: Rebound):
    """What goes to another project needs that project's name again; a plan is whole, or refused."""
    other = f"{rebound.project}-eve"
    plan = rebound.json("plan", SCENARIO, "--run", NIGHT, "--into-project", other)
    with planted(rebound, plan):
        told = rebound.run("resume", PLANTED, "--access", "--yes", code=5).stderr
    assert f"it goes to the project {other}, which is not REBOUND_PROJECT" in told
    assert f"hint: `--confirm-project {other}`" in told
    plan = rebound.json("plan", SCENARIO, "--run", NIGHT)
    for steps in ([], [*plan["steps"], of_kind(plan, "table")[0]]):
        with planted(rebound, plan | {"steps": steps}):
            told = rebound.run("resume", PLANTED, "--yes", code=4).stderr
        assert "the plan is not about what was asked for" in told


def test_a_planted_journal_asks_for_nothing_that_drills_do(rebound: Rebound):
    """A label on everything, which no text tells: neither a resume nor an undo takes it."""
    plan = rebound.json("plan", SCENARIO, "--run", NIGHT)
    plan["request"]["target"] |= {"label": "planted"}
    with planted(rebound, plan):
        for verb in ("resume", "undo"):
            told = rebound.run(verb, PLANTED, "--yes", code=5).stderr
            assert "it asks for `target.label`, and only a drill does" in told


def test_a_planted_object_stops_no_other_command(rebound: Rebound):
    """A date that is none, a report that cannot be read, and one of another recovery."""
    plan = rebound.json("plan", SCENARIO, "--run", NIGHT)
    impossible = f"recoveries/{SCENARIO}-20261399T999999Z-abcd/plan.json"
    report = rebound.landing.blob(f"recoveries/{PLANTED}/report.json")
    # What runs processors again needs no run, so that it keeps none.
    dates = f"recoveries/processor-failure-{datetime.now(UTC):%Y%m%dT%H%M%SZ}-abcd/plan.json"
    blobs = [rebound.landing.blob(impossible), rebound.landing.blob(dates), report]
    try:
        for blob in blobs[:2]:
            blob.upload_from_string(b"{}")
        (night,) = (item for item in rebound.json("expire") if item["run_id"] == NIGHT)
        assert night["reason"] == "the last complete run"
        for content in (b"garbage", b"{}"):
            report.upload_from_string(content)
            with planted(rebound, plan):
                rebound.run("plan", SCENARIO, "--run", NIGHT)
                rebound.run("expire")
    finally:
        for blob in blobs:
            blob.delete()
