"""No stand-in outlives the process that started it."""

import json
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.standin.cloud import SERVICES

ROOT = Path(__file__).resolve().parents[2]
_PARENT = """
import subprocess, sys
words = [sys.executable, "-m", sys.argv[1], "--data-dir", sys.argv[2]]
child = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
print(child.stdout.readline(), flush=True)
"""
_LONGEST_SECONDS = 240


def is_listening(port: int) -> bool:
    """Whether anything takes connections at a port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.parametrize("service", SERVICES)
def test_ends_with_its_parent(service: str, tmp_path: Path):
    """A service tells its address in one line, and ends when its parent is gone, without a word."""
    parent = subprocess.run(
        [sys.executable, "-c", _PARENT, f"tests.standin.{service}", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        check=True,
        timeout=_LONGEST_SECONDS,
    )
    assert parent.stderr == b""
    port = int(json.loads(parent.stdout)["url"].rpartition(":")[2])
    deadline = time.monotonic() + _LONGEST_SECONDS
    while is_listening(port):
        assert time.monotonic() < deadline, "it outlived its parent"
        time.sleep(0.05)
