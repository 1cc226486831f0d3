"""The operator's shell words, in bash and zsh: what each runs, that it asks, and that it lints."""

import json
import os
import pty
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from functions.main import run_request
from recovery.cli.commands import COMMANDS
from recovery.ops.monitoring import monitoring_queries
from tests.deployed import ROOT
from tests.runbooks.alias_calls import CALLS, DANGEROUS

RUNBOOKS = ROOT / "runbooks"
FILE = RUNBOOKS / "aliases.sh"
ALIASES = set(re.findall(r"^alias ([a-z0-9-]+)=", FILE.read_text(), re.MULTILINE))
FUNCTIONS = set(re.findall(r"^([a-z]+-[a-z-]+)\(\) \{", FILE.read_text(), re.MULTILINE))
TOOLS = ("rebound", "gcloud", "bq", "curl", "make", "deploy")
# A tool that writes down how it was called: what it is given, and what stands on its input.
RECORDER = f"""#!{sys.executable}
import json, os, sys
said = "" if os.isatty(0) else sys.stdin.read()
with open(os.environ["RECORD"], "a") as record:
    record.write(json.dumps([os.path.basename(sys.argv[0]), *sys.argv[1:], said]) + "\\n")
print("a-token" if "print-identity-token" in sys.argv else "gs://raw/x")
"""
ELSEWHERE = {
    "gs-today",
    "gs-yesterday",
    "nba-incident",
    "dr-help",
    "cd-nba",
    "nba-venv",
    "nba-help",
}
"""What is tried by a test of its own."""


@pytest.fixture(params=["bash", "zsh"])
def shell(request: pytest.FixtureRequest) -> str:
    """Return a shell that is here."""
    found = shutil.which(request.param)
    if found is None:
        pytest.skip(f"{request.param} is not installed: the aliases were NOT tried in it")
    return found


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """Return the environment of a shell whose tools write down how they are called."""
    for tool in TOOLS:
        path = tmp_path / tool
        path.write_text(RECORDER)
        path.chmod(0o755)
    return {
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "RECORD": str(tmp_path / "record"),
        "NBA_RUNBOOKS": str(RUNBOOKS),
        "REBOUND_PROJECT": "a-project",
        "REBOUND_VAULT_BUCKET": "a-vault",
        "REGION": "us-west2",
        "NBA_BUCKET": "raw",
        "NBA_PROJECT_ROOT": "/a root",
        "FUNCTION": "https://backup.example/",
        "NBA_DEPLOY": str(tmp_path / "deploy"),
    }


def script(shell: str, line: str) -> list[str]:
    """Return the command that types a line into a shell that has read the file."""
    # Aliases are read when a line is, and not in a shell that nobody types in.
    aliases = "shopt -s expand_aliases" if shell.endswith("bash") else "setopt aliases"
    return [shell, "-c", f'{aliases}; . "$NBA_RUNBOOKS/aliases.sh"; eval "$1"', "shell", line]


def typed(shell: str, line: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Type a line where nobody can be asked."""
    return subprocess.run(
        script(shell, line), env=env, input="", capture_output=True, text=True, check=False
    )


def typed_and_answered(shell: str, line: str, env: dict[str, str], answer: str) -> int:
    """Type a line at a terminal, and an answer; return the exit code."""
    return answered(shell, line, env, answer).returncode


def answered(
    shell: str, line: str, env: dict[str, str], answer: str
) -> subprocess.CompletedProcess[bytes]:
    """Type a line at a terminal, and an answer."""
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "r+b", buffering=0) as terminal:
        terminal.write(f"{answer}\n".encode())
        done = subprocess.run(
            script(shell, line), env=env, stdin=theirs, capture_output=True, timeout=60, check=False
        )
        os.close(theirs)
    return done


def no_header(_: str) -> None:
    """Give no header: who calls is no schedule."""


def calls(env: dict[str, str]) -> list[list[str]]:
    """Return how tools were called, the last word what stood on their input."""
    record = Path(env["RECORD"])
    return [json.loads(line) for line in record.read_text().splitlines()] if record.exists() else []


def test_it_lints():
    """Nothing in it surprises a shell."""
    command = Path(sys.executable).with_name("shellcheck")
    done = subprocess.run([command, FILE], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_loading_says_nothing(shell: str, env: dict[str, str]):
    """There is no banner, and nothing is called."""
    done = typed(shell, "true", env)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert not calls(env)


def test_help_lists_all(shell: str, env: dict[str, str]):
    """Each alias and function is listed, with what it does."""
    lines = typed(shell, "nba-help", env).stdout.splitlines()
    assert {line.split()[0] for line in lines} == ALIASES | FUNCTIONS
    assert all(len(line.split()) > 1 for line in lines)
    assert not [line for line in lines if "_nba_" in line], "what a word runs is no inner name"
    assert (len(ALIASES), len(FUNCTIONS)) == (40, 10)


@pytest.mark.parametrize("line", CALLS)
def test_word_calls(shell: str, env: dict[str, str], line: str):
    """Each runs what it says, in the project and region of the environment."""
    done = typed(shell, line, env)
    assert done.returncode == 0, done.stderr
    assert [call[:-1] for call in calls(env)] == CALLS[line]


def test_each_word_is_tried():
    """A word that nobody typed may run anything."""
    typed_words = {line.split()[0] for line in (*CALLS, *DANGEROUS)}
    assert typed_words | ELSEWHERE == ALIASES | FUNCTIONS
    assert not typed_words & ELSEWHERE
    source = Path(__file__).read_text()
    assert all(re.search(rf'typed\([^)]*"[^"]*\b{word}\b', source) for word in ELSEWHERE)


def test_words_about_the_checkout(shell: str, env: dict[str, str], tmp_path: Path):
    """The help is the index of the pages; the checkout is where it says, with its environment."""
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "activate").write_text("ACTIVE=yes\n")
    env["NBA_PROJECT_ROOT"] = str(tmp_path)
    assert typed(shell, "dr-help", env).stdout == (RUNBOOKS / "README.md").read_text()
    done = typed(shell, "cd-nba && pwd && nba-venv && echo $ACTIVE", env)
    assert done.stdout.split() == [str(tmp_path), "yes"]


def test_services_and_what_deploys_them_are_named(shell: str, env: dict[str, str], tmp_path: Path):
    """Another platform has other services, and its own script in its own checkout."""
    env["NBA_SERVICES"] = "mail=a-mailer web=a-web"
    assert typed_and_answered(shell, "nba-deploy web", env, "y") == 0
    refused = typed(shell, "nba-deploy analytics", env)
    assert (refused.returncode, refused.stderr) == (2, "nba-deploy mail|web\n")
    (tmp_path / "bin").mkdir()
    (tmp_path / "deploy").rename(tmp_path / "bin" / "deploy-service.sh")
    env |= {"NBA_DEPLOY": "", "NBA_PROJECT_ROOT": str(tmp_path)}
    assert typed_and_answered(shell, "nba-deploy mail", env, "y") == 0
    assert [call[:-1] for call in calls(env)] == [
        ["deploy", "a-web"],
        ["deploy-service.sh", "a-mailer"],
    ]


def test_days_are_new_yorks(shell: str, env: dict[str, str]):
    """Objects of a day are listed below two folders, not in the whole bucket."""
    typed(shell, "gs-today; gs-yesterday", env)
    named = [call[3] for call in calls(env)]
    assert all(re.fullmatch(r"gs://raw/\*/\*/\d{4}-\d\d-\d\d/", name) for name in named)
    assert named[1] < named[0]


@pytest.mark.parametrize("line", DANGEROUS)
def test_dangerous_words_ask(shell: str, env: dict[str, str], line: str):
    """Nothing happens without a yes, and without somebody to say it."""
    assert "nobody is there to say yes" in typed(shell, line, env).stderr
    assert typed_and_answered(shell, line, env, "n") != 0
    assert not calls(env)
    assert typed_and_answered(shell, line, env, "y") == 0
    assert calls(env)[0][:-1] == DANGEROUS[line]


def test_token_is_in_no_list_of_processes(shell: str, env: dict[str, str]):
    """A service is called with the token on standard input."""
    assert typed(shell, "nba-curl https://a.example", env).returncode == 0
    curl = calls(env)[-1]
    assert curl[-1] == "Authorization: Bearer a-token\n"
    assert not [word for word in curl[:-1] if "a-token" in word]


def test_a_backup_now_is_a_run_of_its_own(shell: str, env: dict[str, str]):
    """It asks the function for a run that no schedule has; one that broke off goes on by its name."""
    for line in ("backup-now", "backup-now by-hand-1"):
        assert typed_and_answered(shell, line, env, "y") == 0
    posted = [call[:-1] for call in calls(env) if call[0] == "curl"]
    assert [call[-1] for call in posted] == ["https://backup.example/"] * 2
    new, again = (
        run_request(call[call.index("--data") + 1].encode(), no_header) for call in posted
    )
    assert re.fullmatch(r"by-hand-\d{8}-\d{6}", new.run_id)
    assert (new.scheduled_at, again.run_id) == (None, "by-hand-1")


def test_a_backup_that_is_not_complete_says_how_it_goes_on(shell: str, env: dict[str, str]):
    """The name that it was given is told, so that nothing is made twice."""
    (Path(env["RECORD"]).parent / "curl").write_text("#!/bin/sh\nexit 22\n")
    done = answered(shell, "backup-now", env, "y")
    assert done.returncode == 1
    assert re.search(rb"goes on with it: backup-now by-hand-\d{8}-\d{6}\n$", done.stderr)


@pytest.mark.parametrize("line", ["gs-nba", "sched-list", "bq-list", "backup-now", "nba-test"])
def test_what_is_not_set_is_named(shell: str, env: dict[str, str], line: str):
    """Nothing is called with an empty project, bucket or region."""
    bare = {key: env[key] for key in ("PATH", "RECORD", "NBA_RUNBOOKS")}
    done = typed(shell, line, bare)
    assert done.returncode != 0
    assert "set NBA_" in done.stderr
    assert not calls(env)


def test_the_pages_are_found_beside_the_file(shell: str, env: dict[str, str]):
    """Whoever reads the file has to set nothing for the list of words."""
    words = [shell, "-c", '. "$1"; nba-help', "shell", str(FILE)]
    done = subprocess.run(
        words, env={"PATH": env["PATH"]}, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "\nnba-help  this list." in done.stdout


def test_wrong_words_are_refused(shell: str, env: dict[str, str]):
    """A severity and a service that there are not."""
    assert typed(shell, "nba-incident P9", env).returncode == 2
    assert typed(shell, "nba-deploy mail", env).returncode == 2
    assert re.match(r"INC-\d{8}-\d{4} P0", typed(shell, "nba-incident P0", env).stdout)


def test_rebound_has_what_is_called():
    """Each command and query of `rebound` that the file names is there."""
    used = set(re.findall(r"\brebound ([a-z]+)", FILE.read_text()))
    assert {"fence", "thaw", "ops"} <= used <= set(COMMANDS)
    asked = set(re.findall(r"\brebound ops query ([a-z0-9-]+)", FILE.read_text()))
    assert asked <= set(monitoring_queries())
