"""Drills that a schedule asks for: through the function, in the bundle that it is deployed in."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta

import pytest
import requests

from manifests import drill_layout as layout
from manifests.layout import recovery_begun_at
from manifests.records_layout import records_folder
from tests.harness import Rebound, whole_minute
from tests.integration.drills import left, platform
from tests.integration.drills import sandbox as make_sandbox
from tests.judges.alert_lines import raised
from tests.served import serving
from tests.standin.cloud import SERVICES, Cloud

DRILLED = {"drill-failed"}
"""The alerts that a drill of the function raises."""


@pytest.fixture(scope="module")
def rebound(local_cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rebound]:
    """Return the platform with one complete night."""
    yield platform(local_cloud, tmp_path_factory.mktemp("drills"))
    for service in SERVICES:
        local_cloud.clear_faults(service)


@pytest.fixture(scope="module")
def sandbox(rebound: Rebound) -> str:
    """Return a project that drills may fill."""
    return make_sandbox(rebound)


def test_a_schedule_drills_by_itself(rebound: Rebound, sandbox: str):
    """Once for its time, however often it calls; what a killed call left is removed by a later one."""
    at = whole_minute(timedelta(minutes=150))
    slow = {"match": "-planted", "times": None}
    with (
        serving(rebound, "drill", REBOUND_SANDBOX=sandbox) as killed,
        rebound.cloud.held("storage", "storage.objects.insert", is_done=False, **slow),
    ):
        with suppress(requests.Timeout):
            killed.scheduled(at, "rebound-drill", deadline_seconds=0.5)
        rebound.cloud.await_fault("storage")
        killed.kill()
    assert left(rebound, sandbox)
    with serving(rebound, "drill", REBOUND_SANDBOX=sandbox) as function:
        busy = function.scheduled(at, "rebound-drill")
        assert (busy.status_code, busy.json()["error"]) == (503, "RunInProgressError")
        _let_it_be_over(rebound, busy.json()["subject"])
        _begin_beforehand(rebound, busy.json()["subject"])
        done = function.scheduled(at, "rebound-drill")
        assert done.status_code == 200, done.text
        told = done.json()
        assert (told["state"], told["caught"]) == ("passed", told["planted"])
        again = function.scheduled(at, "rebound-drill")
        assert again.json()["drill_id"] == told["drill_id"]
        forced = function.scheduled(whole_minute(-timedelta(days=1)), "rebound-drill")
        assert forced.json()["drill_id"] != told["drill_id"]
        (line, *_) = [it for it in function.log_lines() if it["message"] == "drill passed"]
        assert line["drill_id"] == told["drill_id"]
    assert left(rebound, sandbox) == []
    (kept,) = (
        it for it in rebound.json("drill", "--history") if it["drill_id"] == told["drill_id"]
    )
    assert (kept["begun"]["operator"], kept["record"]["verdict"]) == ("rebound-drill", "pass")


def _let_it_be_over(rebound: Rebound, drill_id: str) -> None:
    """Let a drill have begun two hours earlier, so that no call can be at it any more."""
    began = recovery_begun_at(drill_id) - timedelta(hours=2)
    earlier = layout.drill_id("sample", began, layout.mark_of(drill_id))
    folder = records_folder(rebound.project)
    blob = rebound.vault.blob(folder + layout.begun_name(drill_id))
    rebound.vault.rename_blob(blob, folder + layout.begun_name(earlier))


def _begin_beforehand(rebound: Rebound, drill_id: str) -> None:
    """Plant half an hour before that another drill began when this one did."""
    mark, began = layout.mark_of(drill_id), recovery_begun_at(drill_id)
    drills = rebound.vault.list_blobs(prefix=records_folder(rebound.project))
    (kept,) = (item for item in drills if item.name.endswith(f"-{mark}/begun.json"))
    content = kept.download_as_bytes()
    planted = layout.begun_name(layout.drill_id("sample", began, "abcdef"))
    with rebound.cloud.minutes_ago(30, ("storage",)):
        rebound.landing.blob(planted).upload_from_string(content)


def test_a_drill_that_does_not_pass_raises_its_alert(rebound: Rebound, sandbox: str):
    """Whether no sandbox is named, or the newest run is damaged; a retry is told the same."""
    with serving(rebound, "drill") as function:
        unset = function.call()
        assert (unset.status_code, unset.json()["message"]) == (500, "no sandbox is named")
        assert {it for line in function.log_lines() for it in raised(line)} == DRILLED
    name = next(it.name for it in rebound.vault.list_blobs() if "/databases/" in it.name)
    kept = rebound.vault.blob(name).download_as_bytes(raw_download=True)
    rebound.cloud.order("storage", "corrupt", bucket=rebound.vault.name, object=name)
    with serving(rebound, "drill", REBOUND_SANDBOX=sandbox) as function:
        failed = function.call()
        assert failed.status_code >= 400, failed.text
        assert "fail" in failed.json()["message"]
        assert {it for line in function.log_lines() for it in raised(line)} == DRILLED
    rebound.vault.blob(name).upload_from_string(kept)
    rebound.run("drill", "--clean", "--project", sandbox, "--yes")
