"""The command as an operator meets it: words, refusals, interruptions, exit codes."""

import json
import os
import signal
import time
from pathlib import Path

import pytest

from tests.harness import Rebound, make_rebound
from tests.integration import lake
from tests.integration.damages import DAMAGES, destroy
from tests.served import serving
from tests.standin.cloud import Cloud

SCENARIO = "bigquery-dataset-loss"


@pytest.fixture(scope="module")
def rebound(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Rebound:
    """Return a platform with one complete run, called `night`; each test leaves it whole."""
    folder = tmp_path_factory.mktemp("command")
    catalog = lake.write_catalog(folder)
    made = make_rebound(cloud, folder, f"command-{time.time_ns()}", REBOUND_CATALOG=catalog)
    lake.fill(made)
    with serving(made) as function:
        function.complete("night")
    return made


def test_interrupted_recovery_says_how_to_go_on(rebound: Rebound):
    """Ctrl-C ends a recovery at once with 130, names it, and another is not begun beside it."""
    destroy(rebound, DAMAGES["table gone"])
    with rebound.cloud.fault("bigquery", r"bigquery\.jobs\.get", "latency", seconds=6, times=None):
        process = rebound.begin("recover", SCENARIO, "--yes")
        assert process.stderr is not None
        assert any(line.startswith("recovery ") for line in process.stderr)
        rebound.cloud.await_fault("bigquery")
        process.send_signal(signal.SIGINT)
        began = time.monotonic()
        _, err = process.communicate(timeout=300)
    assert process.returncode == 130
    assert time.monotonic() - began < 5, "it waited for the answer"
    recovery = err.partition("interrupted; `rebound resume ")[2].partition("`")[0]
    assert recovery.startswith(SCENARIO)

    refused = rebound.run("recover", SCENARIO, "--yes", code=5)
    assert f"`rebound resume {recovery}` continues it" in refused.stderr
    assert f"{recovery}  not ended" in rebound.run("report").stdout
    rebound.run("report", recovery, code=5)
    rebound.run("resume", "--yes")
    rebound.run("resume", "--yes", code=2)
    assert f"{recovery}  proven" in rebound.run("report").stdout
    assert [item["state"] for item in rebound.json("report")] == ["proven"]


def test_unmeasured_content_is_no_damage(rebound: Rebound):
    """Where nobody may query, nothing is taken for damaged: exit 9, and nothing is planned."""
    with rebound.cloud.fault(
        "bigquery",
        r"bigquery\.jobs\..*",
        "status",
        status=403,
        reason="accessDenied",
        times=None,
    ):
        done = rebound.run("plan", SCENARIO, code=9)
    assert "differ" not in done.stdout
    assert "hint: the identity lacks a permission" in done.stderr


def test_no_credentials(rebound: Rebound, tmp_path: Path):
    """Without credentials there is one line that says what to do, and no traceback."""
    env = {key: value for key, value in rebound.env.items() if "EMULATOR" not in key}
    env |= {"HOME": str(tmp_path), "NO_GCE_CHECK": "true"}
    del env["GOOGLE_APPLICATION_CREDENTIALS"]
    offline = Rebound(rebound.cloud, rebound.project, env, tmp_path)
    done = offline.run("list", code=9)
    assert "Traceback" not in done.stderr
    assert "hint: log in with `gcloud auth application-default login`" in done.stderr


def test_unreachable_cloud(rebound: Rebound):
    """A cloud that does not answer is told of while it is tried again, and is exit 9."""
    done = rebound.run("list", code=9, STORAGE_EMULATOR_HOST="http://127.0.0.1:9")
    assert "warning: trying again (attempt 4;" in done.stderr
    assert "could not be reached" in done.stderr
    assert not done.stdout


@pytest.mark.parametrize(
    "words",
    [
        ("plan", "no-such-scenario"),
        ("plan", "gcs-bucket-corruption", "--into-prefix", "drill_"),
        ("plan", SCENARIO, "--into-database", "other"),
        ("plan", SCENARIO, "--into-prefix", "a/b"),
        ("plan", SCENARIO, "--into-project", "Bad Project/.."),
        ("plan", SCENARIO, "--table", "lake.nothing"),
        ("plan", SCENARIO, "--partition", "20240101"),
        ("plan", SCENARIO, "--at", "yesterday"),
        ("plan", SCENARIO, "--run", "no-such-run"),
        ("show", "no-such-run"),
        ("verify", "no-such-run"),
        ("hold", "no-such-run"),
        ("release", "no-such-run"),
        ("resume", "no-such-recovery"),
        ("report", "../x"),
    ],
    ids=" ".join,
)
def test_bad_words(rebound: Rebound, words: tuple[str, ...]):
    """What cannot be meant is refused with exit 2 and a sentence, before anything is touched."""
    done = rebound.run(*words, code=2)
    assert done.stderr.startswith("error: ")
    assert not done.stdout
    told = json.loads(rebound.run(*words, "--json", code=2).stderr)
    assert (told["error"], told["exit_code"]) in {("UsageError", 2), ("CatalogError", 2)}


def test_missing_settings(cloud: Cloud, rebound: Rebound):
    """Every setting that is missing is named."""
    bare = {key: value for key, value in os.environ.items() if not key.startswith("REBOUND_")}
    done = Rebound(cloud, "x", bare, rebound.folder).run("list", code=2)
    for name in ("PROJECT", "VAULT_BUCKET", "LANDING_BUCKET"):
        assert f"REBOUND_{name}" in done.stderr


def test_holds_are_shown(rebound: Rebound):
    """A held run says so in the list, and releasing says whether it was held."""
    rebound.run("hold", "night")
    assert "night  held" in rebound.run("list").stdout
    assert rebound.json("list")[0]["held"] is True
    assert rebound.json("release", "night") == {"run_id": "night", "held": False}
    assert "was not held" in rebound.run("release", "night").stdout
    assert "held" not in rebound.run("list").stdout
