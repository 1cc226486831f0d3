"""The judge of the bundle: what `make bundle` writes, deployed, and called as Cloud Scheduler calls."""

import json
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from functions.bundle import DRILL, FUNCTIONS
from manifests import __version__
from tests.deployed import ROOT, own_bundle, python_of, unpacked
from tests.harness import Rebound, whole_minute
from tests.integration import lake
from tests.served import serving_bundle


@pytest.fixture(scope="module")
def made() -> Path:
    """Run `make bundle` and return the file it wrote."""
    command = ["make", "--silent", "bundle"]
    subprocess.run(command, cwd=ROOT, check=True)
    return ROOT / "dist" / "functions.zip"


@pytest.fixture
def source(made: Path, tmp_path: Path) -> Path:
    """Unpack the bundle in an empty folder, and return the folder."""
    return unpacked(made, tmp_path / "deployed")


def test_deployed_bundle_completes_what_scheduler_asks(
    source: Path, new_rebound: Callable[..., Rebound], tmp_path: Path
):
    """A schedule's call, with the body {} and with none, ends in a backup that `verify` accepts.

    Every line that the process writes is JSON, those of the server that serves it included.
    """
    rebound = new_rebound(REBOUND_CATALOG=lake.write_catalog(tmp_path))
    lake.fill(rebound)
    with serving_bundle(source, rebound, GUNICORN_LOG_LEVEL="info") as function:
        for days_ago, body in ((1, b"{}"), (0, None)):
            answer = function.scheduled(whole_minute(timedelta(days=days_ago)), body=body)
            assert answer.status_code == 200, answer.text
            run_id = answer.json()["run_id"]
            assert rebound.manifest(run_id).rebound_version == __version__
            rebound.run("verify", run_id)
    lines = [json.loads(line) for line in function.log.read_text().splitlines()]
    assert any(line["message"].startswith("Listening at: ") for line in lines)
    assert {line["severity"] for line in lines} <= {"INFO", "WARNING"}


@pytest.mark.parametrize(
    "name", ["manifests/errors.py", "functions/exports/tables/exporter.py", "main.py"]
)
def test_bundle_that_lacks_a_file_is_condemned(
    source: Path, new_rebound: Callable[..., Rebound], name: str
):
    """What a bundle lacks is found nowhere else: it does not start."""
    (source / name).unlink()
    with (
        pytest.raises(AssertionError, match=Path(name).stem),
        serving_bundle(source, new_rebound()),
    ):
        pass


def test_deployed_environment_does_not_know_this_checkout(source: Path):
    """The function's Python finds neither our packages nor the metadata of an installed Rebound."""
    code = "from importlib.metadata import version; version('rebound')"
    for words in ("import recovery", "import tests", code):
        done = subprocess.run(
            [python_of(source), "-I", "-c", words], capture_output=True, text=True, check=False
        )
        assert "NotFoundError" in done.stderr, done


_TIMED = """
import json, sys, time
sys.path.insert(0, ".")
began = time.process_time()
import fastavro, functions_framework, google.auth.transport.requests, pydantic, structlog, tenacity
libraries = time.process_time() - began
import main
main.{name}
whole = time.process_time() - began
print(json.dumps([whole / libraries, len(sys.modules), "google.cloud.bigquery" in sys.modules]))
"""


@pytest.mark.parametrize(
    ("name", "most_modules", "most_times"),
    [
        ("backup", 1500, 3.5),
        ("verify", 1300, 3),
        ("tick", 1300, 3),
        ("expire", 1300, 3),
        ("drill", 1800, 4.5),
    ],
)
def test_a_function_is_imported_in_a_moment(name: str, most_modules: int, most_times: float):
    """A cold start is most of what a call of the hourly look takes: nothing is imported that it does not use.

    Modules are counted, because their number is the same on every machine. Seconds are not: an import may
    take so many times the processor's time that libraries take which each function needs, measured in the
    same second, at the best of five at most; the first one compiles. `make bench` says how many seconds.
    """
    source = own_bundle(DRILL if name == "drill" else FUNCTIONS)
    words = [python_of(source), "-I", "-c", _TIMED.format(name=name)]
    told: list[tuple[float, int, bool]] = []
    while len(told) < 2 or (told[-1][0] >= most_times and len(told) < 5):
        done = subprocess.run(words, cwd=source, capture_output=True, check=True)
        told.append(json.loads(done.stdout))
    assert min(times for times, _, _ in told) < most_times
    assert told[0][1] <= most_modules
    assert told[0][2] == (name in ("backup", "drill"))
