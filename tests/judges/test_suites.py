"""The list of what Google's system tests are expected to fail condemns every change of it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SUITES = Path(__file__).parent / "suites"
SUITE = """
import pytest
def test_passes(): pass
@pytest.mark.parametrize("number", [1, 2])
def test_fails(number): raise ValueError
def test_hangs(): raise SystemExit
"""
LIST = """
passed = 1
fails = [
    { reason = "fails", tests = ["test_them.py::test_fails"] },
    { reason = "hangs", run = false, tests = ["test_them.py::test_hangs"] },
]
"""


@pytest.mark.parametrize(
    ("suite", "listed", "said"),
    [
        (SUITE, LIST, "1 passed, 3 xfailed"),
        (SUITE.replace("pass\n", "raise ValueError\n"), LIST, "FAILED test_them.py::test_passes"),
        (SUITE.replace("raise ValueError", "assert number"), LIST, "[XPASS(strict)] fails"),
        (SUITE.replace("pass\n", "pytest.skip()\n"), LIST, "CHANGED 0 tests passed, not 1"),
        (
            SUITE,
            LIST.replace("test_hangs", "test_hang"),
            "that is not there: test_them.py::test_ha",
        ),
    ],
)
def test_a_change_of_the_list_fails(tmp_path: Path, suite: str, listed: str, said: str):
    """A failure, a pass, a skip and a line without a test each end the run with a failure."""
    (tmp_path / "test_them.py").write_text(suite)
    (tmp_path / "list.toml").write_text(listed)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-c", os.devnull, "-rf", "-p", "expectations"],
        cwd=tmp_path,
        env={
            **os.environ,
            "EXPECTATIONS": "list.toml",
            "PYTHONPATH": str(SUITES),
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert said in done.stdout
    assert done.returncode == (0 if (suite, listed) == (SUITE, LIST) else 1)
