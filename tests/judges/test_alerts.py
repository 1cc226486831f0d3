"""Alerts are about what the functions really print, and each names a page."""

import ast
import re

import pytest

from manifests.parts import PARTS
from tests.deployed import ROOT
from tests.judges.alert_lines import ALERTS, METRICS, QUERIES

# Fields that a line has by its form, or of its run.
_OF_EVERY_LINE = {"message", "severity", "run_id", "hint", "reason"}


def printed() -> set[str]:
    """Return every message that the code of the functions logs."""
    found: set[str] = set()
    for path in (*(ROOT / "functions").rglob("*.py"), *(ROOT / "manifests").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
    return found


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
    counted = {"backup_complete", "drills_passed", "shares_verified", "runs_expired", "ticks"}
    measured = METRICS - {*counted, "attempts", "attempts_refused"}
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


def test_every_alert_has_a_name_for_its_page():
    """A page is named by its alert, in the way that files are named."""
    names = {*ALERTS, *QUERIES}
    assert len(names) == len(ALERTS) + len(QUERIES)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", name) for name in names)
    pages = ROOT / "runbooks" / "alerts"
    if pages.exists():
        assert {f"{name}.md" for name in names} <= {path.name for path in pages.iterdir()}
