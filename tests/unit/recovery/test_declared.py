"""What people declare of readiness: what nothing asks for is refused, each key by its name."""

import json
from pathlib import Path

import pytest

from manifests.errors import UsageError
from recovery.ops.readiness.model import read_declared

SAID = {"by": "ada", "on": "2026-11-01", "expires": "2027-11-01", "evidence": "T-1"}


def test_each_key_that_nothing_asks_for_is_named(tmp_path: Path):
    """Also those that somebody declared when nothing looked at them."""
    path, points = tmp_path / "declared.json", {**SAID, "points": 3}
    keys = ("operations/alerting", "documentation/operations", "weather")
    level = {"promised/the model is trained again": {**SAID, "value": 3}}
    path.write_text(json.dumps({**dict.fromkeys(keys, points), **level}))
    told = (
        "nothing asks anybody for: documentation/operations, which is looked at; operations/alerting, "
        "which is looked at; promised/the model is trained again; weather"
    )
    with pytest.raises(UsageError, match=told):
        read_declared(path)
