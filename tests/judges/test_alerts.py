"""Alerts are about what the functions really print, and each names a page."""

import ast
import re
from datetime import UTC, datetime

import pytest

from manifests.gauges import Watched, gauges
from manifests.parts import PARTS
from tests.deployed import ROOT
from tests.judges.alert_filters import COUNTED, entry_of, fires, moved
from tests.judges.alert_lines import ALERTS, METRICS, QUERIES

# Fields that a line has by its form, or of its run.
_OF_EVERY_LINE = {"message", "severity", "run_id", "hint", "reason"}


_OF_SCHEDULES = {"silent-schedule", "refused-schedule"}
_LOGGED = {"info", "warning", "error", "exception", "critical"}


def strings(node: ast.AST) -> set[str]:
    """Return every string that an expression can be."""
    return {
        item.value
        for item in ast.walk(node)
        if isinstance(item, ast.Constant) and isinstance(item.value, str)
    }


def logged(source: str) -> set[str]:
    """Return every message that a module logs, or has logged by whom it tells of a failure.

    What is logged by a name is what that name is given in the module.
    """
    nodes = list(ast.walk(ast.parse(source)))
    messages: list[ast.AST] = []
    for node in nodes:
        if isinstance(node, ast.keyword) and node.arg == "failed":
            messages.append(node.value)
        if not isinstance(node, ast.Call) or not node.args:
            continue
        called = ast.unparse(node.func)
        if called == "failure":
            messages += node.args[1:]
        elif called.partition(".")[0] == "log" and called.rpartition(".")[2] in _LOGGED:
            messages.append(node.args[0])
    names = {item.id for item in messages if isinstance(item, ast.Name)}
    given = [
        node.value
        for node in nodes
        if isinstance(node, ast.Assign) and names.intersection(map(ast.unparse, node.targets))
    ]
    return set().union(*map(strings, (*messages, *given)))


def printed() -> set[str]:
    """Return every message that the code of the functions logs."""
    named = [path for it in ("functions", "manifests") for path in (ROOT / it).rglob("*.py")]
    return set().union(*(logged(path.read_text()) for path in named))


def test_only_what_is_logged_is_a_message():
    """A string that is nowhere logged is none; what is given a name first is one."""
    source = (
        "why = 'never said'\nmessage = 'one' if why else 'two'\n"
        "log.info(message, reason='a reason')\nlog.warning('three')\nraise ValueError('four')\n"
    )
    assert logged(source) == {"one", "two", "three"}


@pytest.mark.parametrize("alert", ALERTS)
def test_messages_of_alerts_are_printed(alert: str):
    """A message that an alert waits for is one that the functions can print."""
    messages = printed()
    for field, how, value in ALERTS[alert]:
        if field == "message":
            wanted = re.compile(value if how == "=~" else re.escape(value))
            assert any(wanted.match(each) for each in messages), value


def test_fields_of_metrics_are_those_of_a_complete_run():
    """What is measured of a complete run is what its line tells."""
    answer = (ROOT / "functions" / "main.py").read_text().partition("def _answer(")[2]
    told = {*re.findall(r'"(\w+)"', answer)}
    told |= {name for kind in PARTS for name in (kind.name, kind.counted)}
    young = {name for name in METRICS if name.startswith("young_")}
    measured = METRICS - {*young, "ticks", "attempts", "attempts_refused"}
    assert measured
    assert measured <= told


def test_queries_are_about_metrics_that_there_are():
    """Every metric of lines that a query asks for is made."""
    asked = {
        name
        for query in QUERIES.values()
        for name in re.findall(r"logging\.googleapis\.com/user/rebound_(\w+)", query)
    }
    assert asked
    assert asked <= METRICS


def test_absence_is_judged_on_gauges_that_are_told():
    """What three hours are asked for is an age of the hourly tick, or that it looked at all."""
    told = {item.name for item in gauges(Watched((), (), (), 0, (), 0, 0), now=datetime.now(UTC))}
    named = {name: re.search(r'jsonPayload\.gauge="(\w+)"', COUNTED[name]) for name in COUNTED}
    judged = {name: found[1] for name, found in named.items() if found}
    assert set(judged.values()) <= told
    asked = {alert: query for alert, query in QUERIES.items() if alert not in _OF_SCHEDULES}
    assert asked
    for alert, query in asked.items():
        assert any(query.endswith(f"/rebound_{name}") for name in judged), alert


def test_what_another_project_logs_says_nothing_of_this_one():
    """A project that monitors others sees their metrics (Cloud Logging, Log-based metrics overview)."""
    now = datetime.now(UTC)
    look = {"severity": "INFO", "gauge": "vault_bytes", "value": 1}
    entry = entry_of("tick", look, now)
    assert not fires("silent-tick", [entry], now)
    assert fires("silent-tick", [moved(entry, "another")], now)
    of_this = 'project_id=\\"${var.project}\\"}'
    text = (ROOT / "terraform" / "alerts.tf").read_text()
    assert text.count(of_this) == text.count("logging.googleapis.com/user/") == 2


def test_every_alert_has_a_name_for_its_page():
    """A page is named by its alert, in the way that files are named."""
    names = {*ALERTS, *QUERIES}
    assert len(names) == len(ALERTS) + len(QUERIES)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", name) for name in names)
    pages = ROOT / "runbooks" / "alerts"
    if pages.exists():
        assert {f"{name}.md" for name in names} <= {path.name for path in pages.iterdir()}
