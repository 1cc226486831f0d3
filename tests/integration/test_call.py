"""Calls of the served function: what is refused, what is answered, what is logged."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import requests
from google.cloud import bigquery

from manifests import layout
from manifests.model.run import RunStart
from manifests.store.envelope import encode
from tests.harness import LOCATION, Rebound
from tests.integration import lake
from tests.served import Function, serving

_STEP_WORDS = ("step begins", "step ends")


def test_every_log_line_names_its_run(rebound: Rebound, function: Function):
    """Lines are Cloud Logging's JSON: each step of each part begins and ends, with what it did."""
    trace = "0af7651916cd43dd8448eb211c80319c"
    headers = {"traceparent": f"00-{trace}-b7ad6b7169203331-01"}
    first, again = (
        requests.post(function.url, json={"run_id": "logged"}, headers=headers, timeout=600).json()
        for _ in range(2)
    )
    lines = function.log_lines()
    assert {(line["severity"], line["run_id"]) for line in lines} == {("INFO", "logged")}
    told = f"projects/{rebound.project}/traces/{trace}"
    assert {line["logging.googleapis.com/trace"] for line in lines} == {told}
    for line in lines:
        assert {"severity", "message", "time"} <= set(line), json.dumps(line)

    steps = [line for line in lines if "step" in line]
    assert {line["attempt"] for line in steps} == {1}
    for step in ("back up", "freeze", "extract", "store"):
        mine = [line for line in steps if line["step"] == step]
        assert {line["part"] for line in mine} == set(lake.TABLES)
        begun, ended = ([line for line in mine if line["message"] == word] for word in _STEP_WORDS)
        assert len(begun) == len(ended) == len(mine) / 2
        assert all(line["seconds"] >= 0 for line in ended)
    stored = [line for line in steps if (line["step"], line["message"]) == ("store", "step ends")]
    assert sum(line["rows"] for line in stored) == first["rows"]
    assert sum(line["bytes"] for line in stored) == first["stored_bytes"]

    assert [line["message"] for line in lines][-1] == "run was already complete"
    assert "duration_seconds" in first
    assert "duration_seconds" not in again


def _point(time: str) -> bytes:
    """Return the body of a call that fixes its instant."""
    return json.dumps({"run_id": "ok1", "recovery_point": time}).encode()


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
        ("POST", _point("0001-01-01T00:00:00+14:00"), "application/json", 400),
        ("POST", _point("9999-12-31T23:59:00-14:00"), "application/json", 400),
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


@pytest.mark.parametrize(
    "time",
    ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-11-24T08:00:00", "x" * 5000],
)
def test_times_of_no_schedule_are_refused(rebound: Rebound, function: Function, time: str):
    """A year that UTC does not have, a time without a zone and a long one are the caller's mistake."""
    headers = {"X-CloudScheduler-JobName": "nightly", "X-CloudScheduler-ScheduleTime": time}
    answer = requests.post(function.url, data=b"{}", headers=headers, timeout=30)
    assert answer.status_code == 400, answer.text
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


@pytest.mark.parametrize(
    ("unfit", "reason"),
    [
        ({"location": "EU"}, "in EU"),
        ({"defaultPartitionExpirationMs": "86400000"}, "partitions expire"),
    ],
)
def test_scratch_dataset_that_cannot_hold_copies_is_refused(
    rebound: Rebound, function: Function, unfit: dict[str, str], reason: str
):
    """A run begins only where its frozen copies stay whole: nothing is written otherwise."""
    scratch = bigquery.Dataset(f"{rebound.project}.rebound_scratch")
    scratch = bigquery.Dataset.from_api_repr(
        {**scratch.to_api_repr(), "location": LOCATION, **unfit}
    )
    rebound.bigquery_client.create_dataset(scratch)
    answer = function.manual("unfit")
    assert (answer.status_code, answer.json()["error"]) == (500, "MisconfiguredError")
    assert reason in answer.json()["message"]
    assert not list(rebound.vault.list_blobs())


def test_scratch_dataset_that_cannot_be_created_is_refused(rebound: Rebound, function: Function):
    """An identity that may not create it is told so before anything is written."""
    with rebound.cloud.fault("bigquery", "bigquery.datasets.insert", "status", status=403):
        answer = function.manual("denied")
    assert (answer.status_code, answer.json()["error"]) == (500, "MisconfiguredError")
    assert "roles/bigquery.user" in answer.json()["hint"]
    assert not list(rebound.vault.list_blobs())


@pytest.mark.parametrize(
    ("platform", "said"), [("lake", "before its time"), ("pond", "platform pond")]
)
def test_what_was_placed_before_is_not_tonights_run(
    rebound: Rebound, function: Function, platform: str, said: str
):
    """A run of an earlier instant, or another's, is not continued under the name of this night."""
    scheduled_at = datetime.now(UTC).replace(microsecond=0)
    run_id = layout.scheduled_run_id("nightly", scheduled_at)
    days = 5 if platform == "lake" else 0
    point = (scheduled_at - timedelta(days=days)).replace(second=0)
    start = RunStart(
        run_id=run_id, platform=platform, recovery_point=point, started_at=point, base_run_id=None
    )
    rebound.vault.blob(layout.start_name(run_id)).upload_from_string(encode(start))
    answer = function.scheduled(scheduled_at)
    assert (answer.status_code, answer.json()["error"]) == (409, "RefusedError"), answer.text
    assert said in answer.json()["message"]
    assert rebound.json("list")[0]["state"] != "complete"
