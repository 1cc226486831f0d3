"""One look at a platform of a day ago: what it finds, at what cost, and when nothing can be read."""

import json
import re
import signal
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from manifests import layout
from manifests.catalog import load_catalog
from manifests.store.envelope import encode
from recovery.health import Health
from recovery.ops.facts import Frame
from recovery.ops.readiness.model import shipped_criteria
from tests.harness import RUN_SECONDS, Rebound, whole_minute
from tests.integration.configuration import call, enable, make_job
from tests.integration.test_ops_query import make_platform
from tests.standin.cloud import Cloud
from tests.unit.samples import manifest

PROJECT = "ops-day"
EXECUTIONS = "workflowexecutions.googleapis.com/v1"
WORKFLOWS = {"good": "return: 1", "bad": "raise: no"}
MISSING = "nba_precompute.player_daily_cache"


def write_catalog(folder: Path) -> tuple[str, Frame]:
    """Write the shipped catalog with a season around now; return its path, and the light of it."""
    now = whole_minute()
    shipped = json.loads(load_catalog().model_dump_json())
    season = {"first": now.date() - timedelta(60), "last": now.date() + timedelta(60)}
    shipped["processors"]["seasons"] = [
        {"name": "now", **{name: f"{day}" for name, day in season.items()}}
    ]
    shipped["operations"]["workflows"] = list(WORKFLOWS)
    shipped["resources"] = []
    path = folder / "catalog.json"
    path.write_text(json.dumps(shipped))
    catalog = load_catalog(path)
    return str(path), Frame(now, catalog.operations, catalog.processors)


def fill(rebound: Rebound, frame: Frame) -> None:
    """Give every table but one rows of the day that is due, and the schedule its games."""
    assert frame.processors is not None
    day = frame.day
    rebound.query("CREATE SCHEMA nba_raw OPTIONS(location='us-west2')")
    rebound.query(
        "CREATE TABLE nba_raw.nbac_schedule (game_date DATE, game_id STRING, game_status INT64)"
    )
    rebound.query(f"INSERT INTO nba_raw.nbac_schedule VALUES (DATE '{day}', '0022600001', 3)")
    for processor in frame.processors.processors[:9]:
        columns = dict.fromkeys(processor.key, "'k'")
        columns |= {processor.date_column: f"DATE '{day}'"}
        columns |= dict.fromkeys(processor.most_empty, "20")
        if processor.table != MISSING:
            names = ", ".join(columns)
            values = ", ".join(columns.values())
            rebound.query(f"INSERT INTO {processor.table} ({names}) VALUES ({values})")
    rebound.query(
        "INSERT INTO nba_orchestration.processor_output_validation (`timestamp`, severity, reason) "
        "VALUES (CURRENT_TIMESTAMP(), 'ERROR', 'late'), (CURRENT_TIMESTAMP(), 'INFO', 'fine')"
    )


def orchestrate(rebound: Rebound) -> None:
    """Make workflows that ran, schedules that did not, and what was logged of it."""
    enable(rebound, *(f"{it}.googleapis.com" for it in ("cloudscheduler", "workflows", "workflowexecutions")))  # fmt: skip
    parent = f"projects/{rebound.project}/locations/us-west2/workflows"
    for name, step in WORKFLOWS.items():
        source = {"sourceContents": f"main:\n  steps:\n  - a:\n      {step}\n"}
        call(rebound, "POST", f"workflows.googleapis.com/v1/{parent}", source, workflowId=name)
        call(rebound, "POST", f"{EXECUTIONS}/{parent}/{name}/executions", {})
    make_job(rebound, "hourly")
    log(rebound, "app", {"severity": "ERROR", "textPayload": "no"})
    log(rebound, "app", {"severity": "WARNING", "textPayload": "late"})
    log(rebound, "cloudaudit.googleapis.com%2Factivity", {"severity": "ERROR"})


def log(rebound: Rebound, name: str, *entries: dict[str, Any]) -> None:
    """Write entries to a log of the project."""
    resource = {"type": "cloud_run_revision", "labels": {"service_name": "scrapers"}}
    body = {
        "logName": f"projects/{rebound.project}/logs/{name}",
        "resource": resource,
        "entries": list(entries),
    }
    call(rebound, "POST", "logging.googleapis.com/v2/entries:write", body)


def store_run(rebound: Rebound) -> str:
    """Put a complete run into the vault, an hour old; return its id."""
    point = whole_minute(timedelta(hours=1))
    made = manifest(
        platform="nba-props-platform",
        project=rebound.project,
        recovery_point=point,
        started_at=point,
        finished_at=point + timedelta(minutes=2),
    )
    rebound.vault.blob(layout.manifest_name(made.run_id)).upload_from_string(encode(made))
    return made.run_id


@pytest.fixture(scope="module")
def rebound(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Rebound:
    """Return a platform of which most is well."""
    path, frame = write_catalog(tmp_path_factory.mktemp("catalog"))
    made = make_platform(cloud, tmp_path_factory, PROJECT)
    made.env["REBOUND_CATALOG"] = path
    fill(made, frame)
    orchestrate(made)
    store_run(made)
    return made


def found(told: dict[str, Any], check: str) -> list[tuple[str, str]]:
    """Return the health and the subject of each finding of a check."""
    return [(it["health"], it["subject"]) for it in told["findings"] if it["check"] == check]


def test_everything_is_looked_at(rebound: Rebound, tmp_path: Path):
    """Each source has its finding, queries are bounded, and one page tells it all."""
    page = tmp_path / "day.html"
    told = rebound.json("ops", "--html", str(page), code=10)
    assert told["unread"] == {}
    assert found(told, "day") == [("warning", told["day"])]
    assert [it["what"] for it in told["findings"] if it["check"] == "day"] == [
        "8 of 9 tables have rows, missing: player_daily_cache"
    ]
    assert ("healthy", "player_game_summary") in found(told, "freshness")
    assert found(told, "features") == [
        ("critical" if name in ("ts_pct", "efg_pct", "assists", "paint_attempts") else "healthy", name)
        for name in ("assists", "efg_pct", "minutes_played", "paint_attempts", "ts_pct", "usage_rate")
    ]  # fmt: skip
    assert found(told, "validation") == [("warning", "")]
    assert found(told, "schedules") == [("healthy", "")]
    assert found(told, "workflows") == [("warning", "bad"), ("critical", "")]
    assert [it["what"] for it in told["findings"] if it["check"] == "errors"] == [
        "1 error in 24 h: scrapers 1"
    ]
    assert found(told, "backup") == [("healthy", "nightly-20261124T080000Z")]
    assert found(told, "fences") == [("healthy", "")]
    assert told["billed_bytes"] <= told["most_bytes"] == 7 * 2**30
    written = page.read_text()
    assert written.index("Can we recover now?") < written.index("What broke since yesterday")
    assert "player-games a day" in written
    assert "<svg" in written


def test_quick_is_a_text_with_what_to_do(rebound: Rebound):
    """The worst first; below, the commands that mend it; the error says that it is not well."""
    told = rebound.run("ops", "quick", code=10)
    assert re.search(r"Can we recover now\?\n(No|Nobody knows): ", told.stdout)
    assert "gcloud workflows executions list bad --location=us-west2" in told.stdout
    assert "day" in told.stdout.partition("What to do now")[2]
    assert "rebound plan processor-failure --date" in told.stdout
    assert "error: not healthy" in told.stderr
    assert re.search(r"read .*, billed .* of at most 1\.0 GiB", told.stderr)


def test_queries_are_asked_at_once(rebound: Rebound):
    """No query waits for the answer of another, so that all take as long as the slowest."""
    cloud, client = rebound.cloud, rebound.bigquery_client
    earlier = {job.job_id for job in client.list_jobs()}
    with cloud.held("bigquery", "bigquery.jobs.(insert|getQueryResults)", times=None):
        process = rebound.begin("ops", "full")
        calls = awaited_calls(rebound, 4)
    assert all(".insert " in line for line in calls[:4]), (
        "jobs are begun before any answer is there"
    )
    process.communicate(RUN_SECONDS)
    assert process.returncode == 10
    assert len({job.job_id for job in client.list_jobs()} - earlier) == 8


def awaited_calls(rebound: Rebound, count: int) -> list[str]:
    """Wait until so many calls of BigQuery are held up, and return them in their order."""
    last = time.monotonic() + RUN_SECONDS
    while time.monotonic() < last:
        (fault,) = rebound.cloud.faults("bigquery")
        if fault["fired"] >= count:
            calls: list[str] = fault["calls"]
            return calls
        time.sleep(0.02)
    raise TimeoutError(count)


@pytest.mark.parametrize(
    ("mode", "check", "service", "method"),
    [
        ("errors", "errors", "platform", "logging.entries.list"),
        ("workflows", "workflows", "platform", "workflowexecutions.projects.locations.workflows.executions.list"),
        ("backups", "backup", "storage", "storage.objects.list"),
        ("backfill", "coverage", "bigquery", "bigquery.jobs.insert"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_unknown(
    rebound: Rebound, mode: str, check: str, service: Any, method: str  # noqa: ANN401 - a service
):  # fmt: skip
    """A refusal is told as such, ends with 10, and stops no other look."""
    with rebound.cloud.fault(service, method, "status", status=403, times=None):
        told = rebound.json("ops", mode, code=10)
    assert ("unknown", "") in found(told, check)
    assert told["health"] in (Health.UNKNOWN, Health.CRITICAL)
    assert "answered 403" in json.dumps(told["unread"])


def test_it_is_looked_at_again_and_again(rebound: Rebound):
    """Until Ctrl-C, which is no failure of what was looked at."""
    process = rebound.begin_installed("ops", "backups", "--watch", "5")
    assert process.stdout is not None
    looks = 0
    while looks < 2:
        line = process.stdout.readline()
        assert line, "it ended before it was told to"
        looks += "Can we recover now?" in line
    process.send_signal(signal.SIGINT)
    process.communicate(RUN_SECONDS)
    assert process.returncode == 130


def test_readiness_is_computed(rebound: Rebound, tmp_path: Path):
    """The score is the weighted sum of what was looked at; what was kept is the past of the next look."""
    said = {
        "points": 20,
        "by": "Ann",
        "on": "2020-01-01",
        "expires": "2999-01-01",
        "evidence": "rota",
    }
    declared = tmp_path / "said.json"
    declared.write_text(json.dumps({"documentation/API": said, "security/compliance": {**said, "expires": "2021-01-01"}}))  # fmt: skip
    page = tmp_path / "readiness.html"
    words = ("readiness", "--declared", str(declared), "--html", str(page))
    told = rebound.json(*words, "--keep", code=10)
    weights = {item.name: item.weight for item in shipped_criteria().dimensions}
    computed = sum(weights[name] * score / 100 for name, score in told["dimensions"].items())
    assert told["score"] == pytest.approx(computed, abs=0.1)
    points = {f"{it['dimension']}/{it['name']}": it["scored"] for it in told["criteria"]}
    assert points["documentation/API"] == 20
    assert points["security/compliance"] == 0
    (alerting,) = (it for it in told["criteria"] if it["name"] == "alerting")
    assert (alerting["scored"], alerting["basis"]) == (0, "looked at")
    assert "0 of 0 enabled alerts" in alerting["evidence"]
    assert [it["name"] for it in told["levels"] if it["is_met"] is None and not it["why"]] == []
    assert points["operations/disaster recovery"] == 0, "nothing was shown to restore"
    assert points["data pipeline/phases 3 and 4"] > 0
    assert all(it["evidence"] for it in told["criteria"])
    assert told["gaps"][0]["lost"] >= told["gaps"][-1]["lost"] > 0
    assert told["past"] == []
    assert "The score of past looks" in page.read_text()
    with rebound.cloud.fault("platform", "logging.entries.list", "status", status=403, times=None):
        blind = rebound.json(*words, code=10)
    assert [it["score"] for it in blind["past"]] == [told["score"]]
    errors = [it for it in blind["criteria"] if it["name"] == "error handling"]
    assert [(it["scored"], "could not be read" in it["evidence"]) for it in errors] == [(0, True)]
    declared.write_text("[]")
    rebound.run(*words, code=2)
