"""What follows from what a doctor sees; the rest is planted in tests/integration/test_doctor.py."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from manifests.catalog import Catalog
from manifests.catalog_decisions import LeftOut
from manifests.errors import CloudError
from recovery.doctor.check import Check, examined
from recovery.doctor.rules import coverage, datasets, deployment, own, permissions
from recovery.doctor.rules.problem import Problem
from recovery.health import Health, HealthFinding
from recovery.permitted import needed, permission_table
from recovery.report.health import health_document
from recovery.report.html import page_of
from recovery.report.text import text_of
from tests.deployed import ROOT
from tests.unit.samples import POINT

NOW = POINT + timedelta(hours=1)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"defaultTableExpirationMs": "172800000"}, ""),
        ({}, "what is left over in it never expires"),
        ({"defaultTableExpirationMs": "3600000"}, "its tables live 1 h"),
        ({"location": "EU", "defaultTableExpirationMs": "172800000"}, "it is in EU"),
    ],
)
def test_working_datasets(settings: dict[str, Any], told: str):
    """Copies live as long as they are needed, where the tables are, and no longer than that."""
    found = datasets.working_problems(
        {"location": "us-west2", **settings}, "s", project="p", location="us-west2", days=2
    )
    assert "; ".join(item.what for item in found).startswith(told)


JOB = {
    "state": "ENABLED",
    "attemptDeadline": "1800s",
    "httpTarget": {"oidcToken": {"serviceAccountEmail": "a@b"}},
    "lastAttemptTime": f"{NOW - timedelta(hours=2):%Y-%m-%dT%H:%M:%SZ}",
    "status": {},
}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, ""),
        ({"status": {"code": 13}}, "failed, with code 13"),
        ({"lastAttemptTime": "2026-11-20T08:00:00Z"}, "has not called since 2026-11-20 08:00"),
        ({"httpTarget": {}}, "calls without an identity"),
        ({"attemptDeadline": "180s"}, "it waits 180s"),
        ({"state": "PAUSED"}, "it is paused"),
    ],
)
def test_schedules(changes: dict[str, Any], told: str):
    """A schedule that does not call, or whose call fails, is told of."""
    found = deployment.schedule_problems(
        {**JOB, **changes}, "j", region="r", silent_hours=27, now=NOW
    )
    assert told in "; ".join(item.what for item in found)


def test_a_schedule_that_never_called_is_new():
    """It has neither a time nor a status that tells anything."""
    job = {key: item for key, item in JOB.items() if key != "lastAttemptTime"}
    (found,) = deployment.schedule_problems(job, "j", region="r", silent_hours=27, now=NOW)
    assert (found.health, found.what) == (Health.WARNING, "it has not called yet")


CATALOG = Catalog.model_validate(
    {
        "platform": "p",
        "location": "EU",
        "full_every_days": 7,
        "retention": {"keep_days": 90, "keep_at_least": 3, "partial_days": 7},
        "protected_projects": [],
        "tables": [
            {"table": "a.one", "group": "g"},
            {"table": "a.two", "group": "g", "backup": "best effort"},
        ],
        "datasets": [{"dataset": "b", "tables": "all", "group": "g", "exclude": ["tmp_*"]}],
    }
)


def test_tables_of_the_catalog_and_of_the_project():
    """What is required is missed; what is left out on purpose is not."""
    gone = list(coverage.table_problems((["view"], []), "a", catalog=CATALOG))
    assert [item.health for item in gone] == [Health.CRITICAL, Health.WARNING]
    there = ["one", "two", "three", "view"]
    (more,) = coverage.table_problems((there, there[:3]), "a", catalog=CATALOG)
    assert more.what == "1 table of it nobody protects: three"
    (apart,) = coverage.table_problems((["tmp_x", "rows"], ["tmp_x", "rows"]), "b", catalog=CATALOG)
    assert (apart.health, apart.what.rpartition(": ")[2]) == (Health.HEALTHY, "tmp_x")
    assert not list(coverage.table_problems((["rows"], ["rows"]), "b", catalog=CATALOG))


def test_what_somebody_decided_to_leave_out_is_no_problem():
    """While the decision holds, by its kind."""
    day = date(2026, 11, 30)
    decision = LeftOut(
        kind="bucket", names=("log*",), decided_by="ada", decided_on=day, until=day, why="logs"
    )

    def told(noun: str, on: date) -> list[str]:
        found = coverage.unnamed_problems(
            ("own", "logs", "more"), noun, named=("own",), decisions=(decision,), on=on
        )
        return [f"{item.health} {item.what}" for item in found]

    decided = f"healthy in no backup: 1 bucket: logs: logs; the decision of ada until {day}"
    assert told("bucket", day) == ["warning nobody protects 1 bucket: more", decided]
    assert told("bucket", day + timedelta(days=1)) == [
        "warning nobody protects 2 buckets: logs, more"
    ]
    assert told("dataset", day) == ["warning nobody protects 2 datasets: logs, more"]


def test_a_decision_about_what_a_drill_shows_changes_nothing_and_is_told():
    """No drill may have shown it when it was decided: the catalog is read all the same."""

    def told(*parts: str, on: date = date(2027, 1, 29)) -> list[Problem]:
        decided = {"parts": parts, "decided_by": "ada", "why": "x"}
        days = {"decided_on": "2026-11-30", "until": "2027-03-01"}
        edited = CATALOG.model_dump() | {"drills": {"not_shown": [decided | days]}}
        made = Catalog.model_validate(edited)
        return list(coverage.decision_problems(made, on=on))

    (found,) = told("a.one", "resources run/service", "no.such")
    assert (found.health, found.what.count("a.one")) == (Health.WARNING, 1)
    assert "run/service" not in found.what
    assert "`drills.not_shown`" in found.mend
    assert told("resources run/service") == []
    (lapses,) = told("resources run/service", on=date(2027, 1, 30))
    assert (lapses.health, "until 2027-03-01 lapses then" in lapses.what) == (Health.WARNING, True)
    assert "decide again in `drills.not_shown`" in lapses.mend


def test_permissions_are_those_that_terraform_grants():
    """What is withheld is not asked for, and of the configuration only what the catalog names."""
    table = permission_table()
    none = permissions.of_project("backup", types=[], table=table)
    assert "bigquery.jobs.create" in none
    assert "bigquery.datasets.create" not in none
    assert not any(item.startswith("pubsub.") for item in none)
    some = permissions.of_project("backup", types=["pubsub/topic"], table=table)
    assert {"pubsub.topics.list", "resourcemanager.projects.get"} <= some - none
    assert not any(item.startswith("pubsub.subscriptions") for item in some)
    assert permissions.of_table("backup", table=table) >= {"bigquery.tables.getData"}
    assert needed("expiry", "datasets", types=[], table=table) == frozenset()


@pytest.mark.parametrize(
    ("name", "side"),
    [
        ("rebound-backup", "backup"),
        ("rebound-verify", "verify"),
        ("rebound-expire", "watch"),
        ("rebound-tick", "watch"),
        ("rebound-drill", "drill"),
        ("rebound-restore", "restore"),
        ("rebound-backup-of-others", "restore"),
    ],
)
def test_the_identity_of_a_function_has_its_own_side(name: str, side: str):
    """Whoever is none of them recovers, as a person does; each side has calls on the vault."""
    found = permissions.side_of(f"{name}@platform.iam.gserviceaccount.com")
    assert found == side
    table = permission_table()
    assert needed(found, "vault", types=[], table=table)
    assert permissions.side_of("") == "restore"


def test_what_is_missing_lacks_no_permission():
    """Of a table that is gone nobody is told that a role has to be granted."""
    (found,) = permissions.permission_problems(["a.b.c"], None, side="backup", who="ada@x")
    assert "missing" in found.what
    assert "lacks" not in found.what
    assert list(permissions.permission_problems(["a.b.c"], [], side="backup", who="ada@x"))


def test_many_lacking_permissions_are_counted():
    """A list that nobody reads to its end is none."""
    wanted = [f"a.b.c{number}" for number in range(9)]
    (found,) = permissions.permission_problems(wanted, ["a.b.c0"], side="restore", who="ada@x")
    assert found.what.endswith("a.b.c5 and 3 more")
    assert not list(permissions.permission_problems(wanted, wanted, side="restore", who="ada@x"))


@pytest.mark.parametrize(
    ("seconds", "healths"),
    [(-29, []), (31, [Health.WARNING]), (-301, [Health.CRITICAL])],
)
def test_clocks(seconds: int, healths: list[Health]):
    """A clock that is minutes off makes tokens that are refused."""
    found = list(own.clock_problems(NOW + timedelta(seconds=seconds), NOW))
    assert [item.health for item in found] == healths


@pytest.mark.parametrize(
    ("contacts", "told"),
    [
        ({"a": [{"b": "ada@example.com"}], "c": 1}, []),
        ({"a": [{"b": "TODO: who?"}]}, ["a.0.b is still a placeholder: TODO: who?"]),
        (
            {"a": [{"b": "TODO: who?"}, {"b": "<name>"}]},
            ["2 entries are still placeholders: a.0.b, a.1.b"],
        ),
        ("<name>", ["it is still a placeholder: <name>"]),
    ],
)
def test_contacts(contacts: object, told: list[str]):
    """Whoever is called at night has a number."""
    assert [item.what for item in own.contact_problems(contacts, "f")] == told


def test_deployment_is_what_terraform_makes():
    """APIs, functions and identities are those of terraform/."""
    services = (ROOT / "terraform" / "services.tf").read_text()
    assert all(f'"{name}"' in services for name in deployment.SERVICES)
    assert services.count(".googleapis.com") == len(deployment.SERVICES)
    functions = (ROOT / "terraform" / "functions.tf").read_text()
    block = functions.partition("  nightly = {\n")[2].partition("\n  environment = {\n")[0]
    names = re.findall(r"^    (\w+) = \{$", block, re.MULTILINE)
    assert sorted(names) == sorted(deployment.deployed(has_sandbox=True))
    assert "drill" not in deployment.deployed(has_sandbox=False)
    text = (ROOT / "terraform" / "variables.tf").read_text()
    assert f"silent_hours    = optional(number, {deployment.SILENT_DRILL_HOURS})" in text


def failing(error: Exception) -> Callable[[], list[Problem]]:
    """Return a look that fails."""

    def look() -> list[Problem]:
        raise error

    return look


def test_a_check_that_cannot_run_is_unknown():
    """It passes for nothing, hides no other, and says what to do; a bug is a bug."""
    refused = CloudError("answered 403", hint="grant it")
    checks = [Check("a", "x", failing(refused), "well"), Check("b", "y", list, "well")]
    found = examined(checks)
    assert found == (
        HealthFinding(
            "a", "x", Health.UNKNOWN, "could not be looked at: answered 403", mend="grant it"
        ),
        HealthFinding("b", "y", Health.HEALTHY, "well"),
    )
    with pytest.raises(ZeroDivisionError):
        examined([Check("a", "x", failing(ZeroDivisionError()), "well")])


def test_the_worst_stands_first_and_what_mends_it_below():
    """A screen that is read at night begins with what is wrong; a page escapes names."""
    findings = (
        HealthFinding("clock", "here", Health.HEALTHY, "it agrees"),
        HealthFinding("vault", "<v>", Health.CRITICAL, "it is open", mend="gcloud close <v>"),
        HealthFinding("dataset", "d", Health.UNKNOWN, "refused", mend="gcloud close <v>"),
    )
    document = health_document(findings, title="p")
    text = text_of(document)
    places = [text.index(word) for word in ("CRITICAL", "it is open", "refused", "it agrees")]
    assert places == sorted(places)
    assert text.count("gcloud close <v>") == 1
    assert text.splitlines()[1] == "CRITICAL 1, UNKNOWN 1, warning 0, healthy 1"
    assert "<v>" not in page_of(document)
    assert document.conclusion is not None
    assert document.conclusion.state == "CRITICAL"
