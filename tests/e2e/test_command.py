"""The command as an operator meets it: words, refusals, interruptions, exit codes."""

import fcntl
import json
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import termios
import time
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.harness import LOCATION, RUN_SECONDS, Rebound, make_rebound
from tests.integration import lake
from tests.integration.damages import DAMAGES, destroy
from tests.served import serving
from tests.standin.cloud import Cloud

SCENARIO = "bigquery-dataset-loss"
# What looks for a service before a command begins says so, and waits this long at most. No call that
# is made again for minutes ends with these words.
UNREACHABLE = "Google Cloud could not be reached: "
SILENT = "no answer within 3 s"


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


def test_pages(rebound: Rebound, tmp_path: Path):
    """A plan and a report are pages, too: what is lacking stands on it, equal input is equal bytes."""
    destroy(rebound, DAMAGES["truncated"])
    page = tmp_path / "page.html"
    rebound.run("plan", SCENARIO, "--html", str(page))
    planned = page.read_text()
    assert "<strong>NOT YET</strong>" in planned
    assert "<code>--overwrite lake.games</code>" in planned
    assert "</th><td>lake.games: " in planned
    words = ("recover", SCENARIO, "--overwrite", "*", "--yes")
    recovery = rebound.json(*words)["recovery_id"]
    rebound.run("report", recovery, "--html", str(page))
    written = page.read_text()
    assert "<strong>proven</strong>" in written
    rebound.json("report", recovery, "--html", str(page))
    assert page.read_text() == written
    rebound.run("report", "--html", str(page))
    assert f"<td>{recovery}</td>" in page.read_text()
    for command in (("report", recovery, "--html"), ("plan", SCENARIO, "--out")):
        refused = rebound.run(*command, str(tmp_path / "none" / "x"), code=2).stderr
        assert "cannot be written: No such file" in refused


def test_interrupted_recovery_says_how_to_go_on(rebound: Rebound):
    """Ctrl-C ends a recovery at once with 130, names it, and another is not begun beside it."""
    destroy(rebound, DAMAGES["table gone"])
    with rebound.cloud.held("bigquery", r"bigquery\.tables\.insert", is_done=False, times=None):
        process = rebound.begin_installed("recover", SCENARIO, "--yes")
        rebound.cloud.await_fault("bigquery", process)
        process.send_signal(signal.SIGINT)
        # It does not wait for the answer, which comes when the block ends.
        _, err = process.communicate(timeout=RUN_SECONDS)
    assert process.returncode == 130
    again = err.partition("interrupted; `")[2].partition("`")[0]
    recovery = again.split()[2]
    assert recovery.startswith(SCENARIO)

    refused = rebound.run("recover", SCENARIO, code=5).stderr
    for word in (
        "2 options",
        f"`{again}` continues it, `--anew`",
        "`--yes` says",
    ):
        assert word in refused
    assert "`--anew` begins another" in rebound.run("plan", SCENARIO).stderr
    assert f"{recovery}  under way" in rebound.run("report").stdout
    assert "waiting    lake." in rebound.run("report", recovery).stdout
    assert rebound.json("abandon", recovery, "--why", "the wrong\nnight")["recovery_id"] == recovery
    assert "the wrong\\nnight" in rebound.run("report", recovery).stdout
    assert "the wrong\\nnight" in rebound.run("resume", recovery, "--yes", code=5).stderr
    rebound.run("resume", "--yes", code=2)

    rebound.run("recover", SCENARIO, "--yes")
    states = {item["recovery_id"]: item["state"] for item in rebound.json("report")}
    assert states.pop(recovery) == "abandoned"
    assert set(states.values()) == {"proven"}
    other = max(states)
    assert rebound.run("resume", other, "--yes").stdout == rebound.run("report", other).stdout
    assert "it is proven already" in rebound.run("abandon", other, "--why", "x", code=5).stderr


def test_interrupted_while_its_plan_is_written(rebound: Rebound):
    """Ctrl-C between the yes and the first change names the recovery, too."""
    destroy(rebound, DAMAGES["table gone"])
    # What is written first says who recovers; the second object is the plan.
    with rebound.cloud.held("storage", "storage.objects.insert", skip=1):
        process = rebound.begin_installed("recover", SCENARIO, "--yes")
        rebound.cloud.await_fault("storage", process)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=RUN_SECONDS)
    assert process.returncode == 130
    assert f"interrupted; `rebound resume {SCENARIO}-" in err


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


def test_unreachable_bigquery(rebound: Rebound):
    """A recovery of tables begins with BigQuery, and tells at once that it is not there."""
    endpoint = "http://127.0.0.1:9"
    done = rebound.run("plan", SCENARIO, code=9, BIGQUERY_EMULATOR_HOST=endpoint)
    assert done.stderr.startswith(f"error: {endpoint}: {UNREACHABLE}")


def test_unreachable_services(rebound: Rebound):
    """Each service is told of at once, not only those that hold data; what it knows is unknown."""
    done = rebound.run("security", code=10, REBOUND_API_ENDPOINT="http://127.0.0.1:9")
    assert UNREACHABLE in done.stdout
    assert "is as it should be" not in done.stdout


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:9", "http://rebound.invalid", "silent"])
def test_unreachable_cloud(rebound: Rebound, endpoint: str):
    """A cloud that refuses, has no address or says nothing is looked for once, and told of."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        if endpoint == "silent":
            endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        done = rebound.run("list", code=9, STORAGE_EMULATOR_HOST=endpoint)
        is_silent = endpoint.endswith(f":{silent.getsockname()[1]}")
    assert done.stderr.startswith(f"error: {endpoint}: {UNREACHABLE}")
    assert (SILENT in done.stderr) == is_silent
    assert "hint: check the network" in done.stderr
    assert done.stderr.count("\n") == 2
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
        ("plan", SCENARIO, "--at", "2026-11-24T09:00"),
        ("plan", SCENARIO, "--at", "2999-01-01T00:00Z"),
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


def test_a_narrow_terminal(rebound: Rebound):
    """What goes to stderr is folded to the terminal that it is, whatever stdout is."""
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 60, 0, 0))
    words = [
        Path(sys.executable).with_name("rebound"),
        "plan",
        SCENARIO,
        "--at",
        "2026-11-24T09:00",
    ]
    with os.fdopen(ours, "rb", buffering=0) as terminal:
        subprocess.run(
            words, env=rebound.env, stdin=theirs, stdout=subprocess.PIPE, stderr=theirs, check=False
        )
        # A slow machine says meanwhile that it waits, on a line that goes again.
        told = terminal.read(4096).decode().rpartition("\r\x1b[K")[2]
    os.close(theirs)
    told = re.sub(r"\x1b\[[0-9;]*m", "", told)
    assert told.startswith("error: 2026-11-24T09:00: a time without a zone")
    assert "say 2026-11-24T09:00Z" in " ".join(told.split())
    assert max(map(len, told.splitlines())) <= 60


def test_missing_settings(cloud: Cloud, rebound: Rebound):
    """Every setting that is missing is named."""
    bare = {key: value for key, value in os.environ.items() if not key.startswith("REBOUND_")}
    done = Rebound(cloud, "x", bare, rebound.folder).run("list", code=2)
    for name in ("PROJECT", "VAULT_BUCKET", "LANDING_BUCKET"):
        assert f"REBOUND_{name}" in done.stderr


def test_holds_are_shown(rebound: Rebound):
    """A held run says so in the list, and releasing says whether it was held."""
    rebound.run("hold", "night")
    assert rebound.run("list").stdout.endswith("  held\n")
    assert rebound.json("list")[0]["held"] is True
    assert rebound.json("release", "night") == [{"run_id": "night", "held": False}]
    assert "was not held" in rebound.run("release", "night").stdout
    assert "held" not in rebound.run("list").stdout


def test_runs_are_listed(rebound: Rebound):
    """A table with a header; a vault that is empty, another bucket or none is told apart."""
    header, night = rebound.run("list", "--limit", "1").stdout.splitlines()
    assert header.split() == ["run", "state", "recovery", "point", "(UTC)", "age", "parts", "size"]
    assert night.split()[:2] == ["night", "complete"]
    since = rebound.run("list", "--since", "2999-01-01T00:00Z")
    assert (since.stdout, "since then" in since.stderr) == ("", True)

    name = f"{rebound.project}-other"
    bucket = rebound.storage_client.create_bucket(name, location=LOCATION)
    empty = rebound.run("list", REBOUND_VAULT_BUCKET=name)
    assert empty.stderr == f"no runs in gs://{name}/\n"
    bucket.blob("photos/1.jpg").upload_from_string("not a backup")
    other = rebound.run("list", code=2, REBOUND_VAULT_BUCKET=name)
    assert "it holds other things, as photos/1.jpg" in other.stderr
    assert "hint: check REBOUND_VAULT_BUCKET" in other.stderr
    missing = rebound.run("list", code=9, REBOUND_VAULT_BUCKET=f"{name}-too")
    assert "hint: check REBOUND_VAULT_BUCKET" in missing.stderr


def test_words_about_the_command(rebound: Rebound):
    """It tells its version, and shells complete its scenarios."""
    assert rebound.run("--version").stdout == f"rebound {version('rebound')}\n"
    for shell in ("bash", "zsh", "fish"):
        assert "_REBOUND_COMPLETE" in rebound.run(_REBOUND_COMPLETE=f"source_{shell}").stdout
    completed = rebound.run(
        _REBOUND_COMPLETE="complete_bash", COMP_WORDS="rebound plan fire", COMP_CWORD="2"
    )
    assert completed.stdout.split() == ["firestore-state-loss"]
