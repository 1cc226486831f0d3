"""Google's own system tests of its clients, run against the local cloud: `make suites`.

The tests lie in the source archives of the very versions that are installed. What each suite is
expected to fail is listed beside this module; any change of that list fails.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from typing import NamedTuple

import grpc

from tests.judges.environments import UnavailableError, environment
from tests.judges.suites.archives import source
from tests.standin.cloud import PROJECT, client_environment, running
from tests.standin.firestore.creation import create_over

_HERE = Path(__file__).resolve().parent
_TEST_SECONDS = 60
_SUITE_SECONDS = 480
_PYTEST = (
    *("-m", "pytest", "--quiet", "--tb=short", "-rfE", f"--timeout={_TEST_SECONDS}"),
    *("-c", os.devnull, "-p", "no:cacheprovider", "-p", "expectations", "--durations=5"),
    *("-o", "asyncio_default_fixture_loop_scope=session"),
    *("-o", "asyncio_default_test_loop_scope=session"),
)
_DATABASES = ("(default)", "system-tests-named-db", "enterprise-db-native")
"""The Firestore databases that its tests expect to find."""
_NOTHING_LEAVES = {"https_proxy": "http://127.0.0.1:9", "no_proxy": "127.0.0.1,localhost"}


class Suite(NamedTuple):
    """The tests of one of Google's packages.

    Attributes:
        name: What its list of expected failures is called.
        package: The package whose source archive holds them.
    """

    name: str
    package: str


SUITES = (
    Suite("bigquery", "google-cloud-bigquery"),
    Suite("firestore", "google-cloud-firestore"),
    Suite("storage", "google-cloud-storage"),
)


def main() -> int:
    """Run the suites and return the exit code: 0 when all is as expected."""
    parser = argparse.ArgumentParser(prog="python -m tests.judges.suites", description=__doc__)
    parser.add_argument("--suite", action="append", choices=[suite.name for suite in SUITES])
    parser.add_argument(
        "--where-available", action="store_true", help="only warn where the archives are not"
    )
    arguments = parser.parse_args()
    suites = [suite for suite in SUITES if suite.name in (arguments.suite or suite)]
    try:
        python = environment("suites", sees_ours=True)
        sources = {suite: source(suite.package) for suite in suites}
    except UnavailableError as error:
        sys.stderr.write(f"{error}\nWARNING: GOOGLE'S SYSTEM TESTS WERE NOT RUN, see above\n")
        return 0 if arguments.where_available else 1
    return int(not all(_hold(python, sources)))


def _hold(python: Path, sources: Mapping[Suite, Path]) -> list[bool]:
    """Run suites side by side, and return which of them are as expected."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="suites-")))
        cloud = stack.enter_context(running(folder / "cloud"))
        with closing(grpc.insecure_channel(cloud.urls["firestore"])) as channel:
            for database_id in _DATABASES:
                create_over(channel, PROJECT, database_id)
        env = client_environment(cloud, **_NOTHING_LEAVES, PYTHONPATH=str(_HERE))
        env["GCLOUD_PROJECT"] = env["GOOGLE_CLOUD_PROJECT"]
        started = [
            (
                suite.name,
                folder / suite.name,
                _start(python, suite, where, folder / suite.name, env),
            )
            for suite, where in sources.items()
        ]
        held = [_ended(*each) for each in started]
        if any(suite.name == "firestore" for suite in sources):
            held.append(_conforms(folder / "conformance"))
        return held


def _conforms(output: Path) -> bool:
    """Send what Google's conformance files prescribe, with this project's own pytest."""
    words = ("-m", "pytest", "--quiet", str(_HERE / "conformance.py"))
    process = subprocess.Popen(
        [sys.executable, *words], stdout=output.open("wb"), stderr=subprocess.STDOUT
    )
    return _ended("conformance", output, process)


def _start(
    python: Path, suite: Suite, where: Path, output: Path, env: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [python, *_PYTEST, f"--rootdir={where}", "tests/system"],
        cwd=where,
        env={**env, "EXPECTATIONS": str(_HERE / f"{suite.name}.toml")},
        stdout=output.open("wb"),
        stderr=subprocess.STDOUT,
    )


def _ended(name: str, output: Path, process: subprocess.Popen[bytes]) -> bool:
    try:
        code = process.wait(_SUITE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        code = process.wait()
    sys.stdout.write(f"{name}\n{output.read_text()}\n")
    sys.stdout.flush()
    return code == 0


if __name__ == "__main__":
    sys.exit(main())
