"""Calls of the served function: what is refused, what is answered, what is logged."""

import json
from dataclasses import replace

import pytest
import requests

from tests.harness import Function, Rebound, serving
from tests.integration import lake


def test_every_log_line_names_its_run(function: Function):
    """Lines are Cloud Logging's JSON; those of a run carry its id, those of a table its name."""
    function.complete("logged")
    lines = function.log_lines()
    assert {"run begins", "exported", "backup complete"} <= {line["message"] for line in lines}
    assert {(line["severity"], line["run_id"]) for line in lines} == {("INFO", "logged")}
    exported = [line["table"] for line in lines if line["message"] == "exported"]
    assert set(exported) == set(lake.TABLES)
    for line in lines:
        assert {"severity", "message", "time"} <= set(line), json.dumps(line)


@pytest.mark.parametrize(
    ("method", "body", "content_type", "status"),
    [
        ("GET", b"", "application/json", 405),
        ("PUT", b"{}", "application/json", 405),
        ("POST", b"a=b", "application/x-www-form-urlencoded", 400),
        ("POST", b"{", "application/json", 400),
        ("POST", b"[]", "application/json", 400),
        ("POST", b"{}", "application/json", 400),
        ("POST", b'{"run_id": "../../x"}', "application/json", 400),
        ("POST", b'{"run_id": "ok1", "type": "daily"}', "application/json", 400),
        ("POST", b'{"run_id": "ok1", "full": "yes"}', "application/json", 400),
        ("POST", b" " * 5000, "application/json", 413),
    ],
)
def test_bad_calls_are_refused(  # noqa: PLR0917 - one row of the table above
    rebound: Rebound,
    function: Function,
    method: str,
    body: bytes,
    content_type: str,
    status: int,
):
    """What is no call for a run gets a 4xx that says why, and nothing is written."""
    answer = requests.request(
        method, function.url, data=body, headers={"Content-Type": content_type}, timeout=30
    )
    assert answer.status_code == status, answer.text
    assert answer.json()["exit_code"] == 2
    assert not list(rebound.vault.list_blobs())


def test_misconfigured_function_is_an_error(rebound: Rebound):
    """A setting that is missing is no caller's mistake: 500, and a line that pages somebody."""
    broken = replace(rebound, env={**rebound.env, "REBOUND_VAULT_BUCKET": ""})
    with serving(broken) as function:
        answer = function.manual("misconfigured")
        assert (answer.status_code, answer.json()["error"]) == (500, "MisconfiguredError")
        (line,) = [item for item in function.log_lines() if item.get("run_id") == "misconfigured"]
    assert line["severity"] == "ERROR"
    assert "REBOUND_VAULT_BUCKET" in line["reason"]
