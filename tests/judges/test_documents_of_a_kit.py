"""What a kit writes documents with, in a Python of nothing but its own library, against Google's emulator."""

import base64
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.cloud.firestore_v1 import types

from functions.kit import documents, firestore
from tests.contract.firestore.parts import emulator, emulator_missing

pytestmark = pytest.mark.skipif(emulator_missing() is not None, reason=str(emulator_missing()))
PROJECT = "kit-of-a-run"
FIELDS = {
    "none": {"null_value": None},
    "on": {"boolean_value": False},
    "n": {"integer_value": -(2**63)},
    "ratio": {"double_value": 0.1},
    "whole": {"double_value": 3.0},
    "endless": {"double_value": float("-inf")},
    "at": {"timestamp_value": {"seconds": -1, "nanos": 120_000_000}},
    "first": {"timestamp_value": {"seconds": -62_135_596_800}},
    "text": {"string_value": 'Dončić "x"'},
    "raw": {"bytes_value": b"\x00\xff"},
    "court": {"geo_point_value": {"latitude": 0, "longitude": -2.5}},
    "list": {"array_value": {"values": [{"integer_value": 0}, {"map_value": {}}]}},
    "nothing": {"array_value": {}},
    "deep": {
        "map_value": {"fields": {"a/b": {"map_value": {"fields": {"ü": {"integer_value": 1}}}}}}
    },
}
PATHS = ("states/ü", "states/a b?c#d", "states/b/games/1")


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run the emulator, and return where it answers."""
    with emulator(tmp_path_factory.mktemp("emulator") / "log") as service:
        yield f"http://{service.host}"


def line(path: str, fields: dict[str, Any]) -> str:
    """Return a document as `check.py` prints it and `documents.py` shows it."""
    message = types.Document.pb(types.Document(fields=fields)).SerializeToString()
    printed = json.dumps({"path": path, "fields": base64.b64encode(message).decode()})
    return _run(documents.__file__, printed).stdout


def _run(
    script: str | None, text: str, *words: str, code: int = 0, **env: str
) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(script), *words],
        input=text,
        env={"PATH": "/nowhere"} | env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stderr
    return done


def test_documents_are_written_where_they_are_not_there(host: str, tmp_path: Path):
    """Every type of value, any path; again changes nothing, and what is another stays and is named."""
    gcloud = tmp_path / "gcloud"
    gcloud.write_text("#!/bin/sh\necho owner\n")
    gcloud.chmod(0o755)
    env = {"PROJECT": PROJECT, "FIRESTORE": host, "PATH": str(tmp_path)}
    words = ("(default)",)
    lines = "".join(line(path, FIELDS) for path in PATHS)
    for _ in range(2):
        told = _run(firestore.__file__, lines, *words, **env).stderr
        assert told == "3 documents of (default) were looked at: 0 not as they were\n"
    other = line(PATHS[0], {**FIELDS, "n": {"integer_value": 7}})
    told = _run(firestore.__file__, other, *words, code=1, **env).stderr
    assert told.splitlines()[0] == f"{PATHS[0]}: it is there, and is another"
    again = _run(firestore.__file__, lines, *words, **env).stderr
    assert again == "3 documents of (default) were looked at: 0 not as they were\n"


def test_it_says_how_it_is_called():
    """Without a database, or a project."""
    assert "python3 firestore.py DATABASE <" in _run(firestore.__file__, "", code=2).stderr
