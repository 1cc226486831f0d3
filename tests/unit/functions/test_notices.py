"""What the outside is told of a call, and where."""

from typing import Any

import pytest

from functions.notices import Notice, ended, heartbeat_address
from functions.settings import FunctionSettings
from manifests.errors import UsageError
from manifests.settings import read_settings


@pytest.mark.parametrize(
    ("body", "status", "expected"),
    [
        (
            {"state": "complete", "run_id": "night"},
            200,
            Notice("success", "backup night: complete. Next: `rebound status`"),
        ),
        (
            {"error": "PartialError", "message": "a failed", "subject": "night", "hint": "`x`"},
            500,
            Notice("failure", "backup FAILED: night: a failed. Next: `x`"),
        ),
        (
            {"error": "ReboundError", "message": "a bug: KeyError", "subject": "", "hint": ""},
            422,
            Notice("failure", "backup FAILED: a bug: KeyError. Next: `rebound doctor`"),
        ),
        ({"error": "RunInProgressError", "message": "busy"}, 503, None),
        ({"error": "LeaseLostError", "message": "busy"}, 503, None),
    ],
)
def test_how_a_call_ended(body: dict[str, Any], status: int, expected: Notice | None):
    """Each end has its next command; what another call is still at has not ended."""
    assert ended((body, status), "backup") == expected


@pytest.mark.parametrize(
    ("address", "start", "success"),
    [
        ("https://h.example/a1", "https://h.example/a1/start", "https://h.example/a1"),
        ("https://h.example/a1/", "https://h.example/a1/start", "https://h.example/a1"),
        ("https://h.example/a?k=1", "https://h.example/a/start?k=1", "https://h.example/a?k=1"),
    ],
)
def test_addresses_of_heartbeats(address: str, start: str, success: str):
    """A state is told behind the path, before a query."""
    assert heartbeat_address(address, "start") == start
    assert heartbeat_address(address, "success") == success
    assert heartbeat_address(address, "failure") == start.replace("start", "fail")


def test_addresses_are_secrets(monkeypatch: pytest.MonkeyPatch):
    """Neither a wrong one nor a right one is in what is printed of the settings."""
    for name in ("PROJECT", "VAULT_BUCKET", "LANDING_BUCKET"):
        monkeypatch.setenv(f"REBOUND_{name}", f"some-{name.lower().replace('_', '-')}")
    monkeypatch.setenv("REBOUND_WEBHOOK_URL", "https://hooks.example/T0/secret")
    assert "secret" not in repr(read_settings(FunctionSettings))
    monkeypatch.setenv("REBOUND_WEBHOOK_URL", "hooks secret")
    with pytest.raises(UsageError, match="REBOUND_WEBHOOK_URL is wrong") as refused:
        read_settings(FunctionSettings)
    assert "secret" not in str(refused.value)
