"""Each alert is raised by what the functions really printed, and by nothing that a good night prints."""

import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest
import requests

from tests.harness import LOCATION, Rebound, await_that, make_rebound
from tests.integration import lake
from tests.integration.configuration import call, enable, jobs_path, make_job
from tests.integration.test_drill_function import DRILLED
from tests.judges.alert_filters import (
    FILTERS,
    QUERIES,
    Entry,
    entry_of,
    fires,
    moved,
    raised_by,
)
from tests.judges.alert_lines import LIMITS, PROJECT, SLOW_SECONDS
from tests.served import Function, serving
from tests.standin.cloud import Cloud

HERE = {
    "backup-failed",
    "permission-denied",
    "call-refused",
    "tables-gone",
    "tables-unprotected",
    "damaged-backup",
    "verify-failed",
    "expire-failed",
}
"""The alerts on lines that the bad nights below raise."""
OF_LIMITS = {
    "drill-overdue": "age_of_drill_seconds",
    "fence-standing": "age_of_fence_seconds",
    "point-too-old": "age_of_newest_point_seconds",
    "proof-too-old": "age_of_proven_point_seconds",
    "run-growth": "growth_of_parts_percent",
    "vault-growth": "vault_growth_percent",
    "vault-large": "vault_times",
}
"""The number of the hourly look that raises each alert on lines once it is above its limit."""
SLOW = "slow-backup"
OF_GAUGE = {
    "missed-backup": "age_of_newest_point_seconds",
    "silent-verify": "age_of_verification_seconds",
    "silent-expire": "age_of_expiry_seconds",
    "silent-drill": "age_of_sample_seconds",
}
"""The age, as the hourly look tells it, that keeps each alert on absence silent while it is young."""
OF_OTHERS = {"silent-tick", "silent-schedule", "refused-schedule"}
"""The other alerts on queries, each with a test below."""
LOOKED_HOURS = 3
"""For so many hours a look counts."""


_OF_SCHEDULES = 'resource.type="cloud_scheduler_job"'


class Printed(NamedTuple):
    """What was logged: in good nights, in bad ones, and of the schedules' calls."""

    good: list[Entry]
    bad: list[Entry]
    attempts: list[Entry]


def entries(functions: Mapping[str, Function], *, behind: Mapping[str, int]) -> list[Entry]:
    """Return every line that the functions printed behind so many of each, as Cloud Run logs it."""
    now = datetime.now(UTC)
    return [
        entry_of(name, line, now)
        for name, function in functions.items()
        for line in function.log_lines()[behind.get(name, 0) :]
    ]


@pytest.fixture(scope="module")
def rebound(local_cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Rebound:
    """Return a platform of two tables that are named, a dataset protected whole, and a bucket."""
    folder, project = tmp_path_factory.mktemp("alerts"), f"p-{uuid.uuid4().hex[:10]}"
    raw = f"{project}-raw"
    catalog = lake.write_catalog(
        folder,
        [f"{lake.DATASET}.a", f"{lake.DATASET}.b"],
        datasets=[{"dataset": "whole", "tables": "all", "group": "lake"}],
        buckets=[{"bucket": raw}],
    )
    made = make_rebound(local_cloud, folder, project, REBOUND_CATALOG=catalog)
    with local_cloud.minutes_ago(90):
        made.storage_client.create_bucket(raw, location=LOCATION).blob("x").upload_from_string("x")
        lake.fill_with(
            made, "; ".join(f"CREATE TABLE `{{lake}}.{it}` AS SELECT 1 AS id" for it in "ab")
        )
        made.query(f"CREATE SCHEMA `{project}.whole` OPTIONS(location='{LOCATION}')")
        made.query(f"CREATE TABLE `{project}.whole.c` AS SELECT 1 AS id")
        made.query(f"CREATE TABLE `{project}.whole.d` AS SELECT 1 AS id")
    return made


@pytest.fixture(scope="module")
def printed(rebound: Rebound) -> Iterator[Printed]:
    """Return what the functions print in good nights, and when all goes wrong that an alert is about."""
    with ExitStack() as stack:
        functions = {
            name: stack.enter_context(serving(rebound, name, REBOUND_VERIFY_NIGHTS="1"))
            for name in ("backup", "verify", "tick", "expire")
        }
        functions["backup"].complete("good")
        for name in ("verify", "expire", "tick"):
            assert functions[name].call().status_code == requests.codes.ok
        good = entries(functions, behind={})
        printed = {name: len(function.log_lines()) for name, function in functions.items()}
        _go_wrong(rebound, functions)
        yield Printed(good, entries(functions, behind=printed), _attempts(rebound))


def _go_wrong(rebound: Rebound, functions: Mapping[str, Function]) -> None:
    backup, cloud = functions["backup"], rebound.cloud
    assert requests.post(backup.url, data="{", timeout=60).status_code == requests.codes.bad_request
    refusal = {"status": 403, "match": f"{rebound.project}-raw", "times": None}
    with cloud.fault("storage", "storage.objects.list", "status", **refusal):
        assert backup.manual("refused").status_code >= requests.codes.bad_request
    backup.complete("refused")
    damaged = max(
        blob.name for blob in rebound.vault.list_blobs(prefix=f"runs/good/tables/{lake.DATASET}.a/")
    )
    cloud.order("storage", "corrupt", bucket=rebound.vault.name, object=damaged)
    assert functions["verify"].call().status_code == requests.codes.server_error
    with cloud.minutes_ago(3):  # before the next recovery point
        rebound.query(f"DROP TABLE `{rebound.project}.whole.d`")
    rebound.query(f"CREATE TABLE `{rebound.project}.{lake.DATASET}.extra` AS SELECT 1 AS id")
    backup.complete("last")
    refusal = {"status": 403, "match": rebound.vault.name, "times": None}
    with cloud.fault("storage", "storage.objects.list", "status", **refusal):
        assert functions["expire"].call().status_code >= requests.codes.bad_request


def _attempts(rebound: Rebound) -> list[Entry]:
    """Let schedules call, one whose address is nobody's and one that succeeds; return what is logged."""
    enable(rebound, "cloudscheduler.googleapis.com", "pubsub.googleapis.com")
    topic = f"projects/{rebound.project}/topics/nightly"
    call(rebound, "PUT", f"pubsub.googleapis.com/v1/{topic}", {})
    make_job(rebound, "rebound-verify", httpTarget={"uri": "https://nobody.run.app/"})
    job = {
        "name": f"projects/{rebound.project}/locations/{LOCATION}/jobs/rebound-tick",
        "schedule": "0 6 * * *",
        "pubsubTarget": {"topicName": topic, "data": "e30="},
    }
    call(rebound, "POST", jobs_path(rebound), job)
    called = ["rebound-verify"] * 6 + ["rebound-tick"]
    for name in called:
        call(rebound, "POST", f"{jobs_path(rebound)}/{name}:run", {})

    def have_ended() -> bool:
        found = [it["jsonPayload"]["@type"] for it in _logged(rebound)]
        return sum(kind.endswith("AttemptFinished") for kind in found) == len(called)

    await_that(have_ended)
    return [moved(entry, PROJECT) for entry in _logged(rebound)]


def _logged(rebound: Rebound) -> Iterator[Entry]:
    asked = {"resourceNames": [f"projects/{rebound.project}"], "filter": _OF_SCHEDULES}
    while True:
        page = call(rebound, "POST", "logging.googleapis.com/v2/entries:list", asked)
        yield from page.get("entries", [])
        if not page.get("nextPageToken"):
            return
        asked["pageToken"] = page["nextPageToken"]


def test_every_alert_is_raised_somewhere():
    """An alert that no test raises may wait for a line that nobody prints."""
    assert {*HERE, *OF_LIMITS, SLOW, *DRILLED} == set(FILTERS)
    assert {*OF_GAUGE, *OF_OTHERS} == set(QUERIES)


@pytest.mark.parametrize(("alert", "gauge"), OF_LIMITS.items())
def test_a_number_above_its_limit_raises_it(printed: Printed, alert: str, gauge: str):
    """The line that the look really printed raises it with such a number, and at the limit does not."""
    limit = LIMITS["growth_percent" if gauge.endswith("_percent") else gauge]
    assert raised_by(looked(printed.good, gauge, limit)) == set()
    assert raised_by(looked(printed.good, gauge, limit + 1)) == {alert}


@pytest.mark.parametrize("alert", sorted(HERE))
def test_what_goes_wrong_raises_it(printed: Printed, alert: str):
    """The lines of bad nights raise it, those of good ones do not, and no other service's do."""
    assert alert in raised_by(printed.bad)
    assert alert not in raised_by(printed.good)
    others = [
        {**entry, "resource": {"type": "cloud_run_revision", "labels": {"service_name": "nba-x"}}}
        for entry in printed.bad
    ]
    assert raised_by(others) == set()


def test_a_run_that_takes_long(printed: Printed):
    """The line of a complete run raises it once its duration is four fifths of what a call may take."""
    (line,) = (it for it in printed.good if it["jsonPayload"]["message"] == "backup complete")
    assert 0 < line["jsonPayload"]["duration_seconds"] < SLOW_SECONDS
    assert SLOW not in raised_by([*printed.good, *printed.bad])
    slow = {**line["jsonPayload"], "duration_seconds": SLOW_SECONDS + 0.5}
    assert raised_by([{**line, "jsonPayload": slow}]) == {SLOW}


def looked(entries: Iterable[Entry], gauge: str, value: float | None = None) -> list[Entry]:
    """Return what the hourly look tells of one gauge, or would if it had another value."""
    found = [it for it in entries if it["jsonPayload"].get("gauge") == gauge]
    assert found
    if value is None:
        return found
    return [{**it, "jsonPayload": {**it["jsonPayload"], "value": value}} for it in found]


@pytest.mark.parametrize(("alert", "gauge"), OF_GAUGE.items())
def test_absence_is_judged_on_the_hourly_look(printed: Printed, alert: str, gauge: str):
    """It fires where nobody looks, and where each look finds it too old; the job's own lines say nothing."""
    now, limit = datetime.now(UTC), LIMITS[gauge]
    assert fires(alert, [], now)
    others = [it for it in printed.good if it["jsonPayload"].get("gauge") != gauge]
    assert fires(alert, others, now)
    well = looked(printed.good, gauge, None if gauge != "age_of_sample_seconds" else limit)
    assert not fires(alert, well, now)
    assert not fires(alert, looked(printed.good, gauge, limit), now)
    assert fires(alert, looked(printed.good, gauge, limit + 0.5), now)
    assert not fires(alert, well, now + timedelta(hours=LOOKED_HOURS - 1))
    assert fires(alert, well, now + timedelta(hours=LOOKED_HOURS + 1))


def test_a_look_that_does_not_come(printed: Printed):
    """Whatever it tells: that it looked is enough."""
    now = datetime.now(UTC)
    assert fires("silent-tick", [], now)
    assert not fires("silent-tick", looked(printed.good, "vault_bytes"), now)
    assert fires("silent-tick", printed.good, now + timedelta(hours=LOOKED_HOURS + 1))


def test_schedules_that_do_not_call_or_are_refused(printed: Printed):
    """AttemptFinished is counted, whatever the answer; only refusals of one schedule are, in threes of hours."""
    now, attempts = datetime.now(UTC) + timedelta(minutes=1), printed.attempts
    assert fires("silent-schedule", [], now)
    assert not fires("silent-schedule", attempts, now)
    assert fires("silent-schedule", attempts, now + timedelta(hours=LOOKED_HOURS + 1))
    begun = [it for it in attempts if "Started" in it["jsonPayload"]["@type"]]
    assert begun
    assert fires("silent-schedule", begun, now)
    assert fires("refused-schedule", attempts, now)
    assert not fires("refused-schedule", [], now)
    assert not fires("refused-schedule", attempts, now + timedelta(hours=4))
    well = [it for it in attempts if it["severity"] != "ERROR"]
    assert not fires("refused-schedule", well, now)
