"""The filters and queries of terraform/ as they are deployed, and whether lines pass or fire them.

A filter is read by the local cloud's reader of Cloud Logging's language. Of a query the two forms
that are deployed are read; `increase` of a counter of lines is taken for how many lines there were.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from tests.deployed import ROOT
from tests.judges.alert_lines import LIMITS, PROJECT
from tests.standin.platform.log_filters import read_filter

type Entry = Mapping[str, Any]
"""A log entry, as Cloud Logging has it."""

_ALERTS, _METRICS = (
    (ROOT / "terraform" / f"{name}.tf").read_text() for name in ("alerts", "metrics")
)
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')


def _unescaped(text: str) -> str:
    return text.replace('\\"', '"').replace("\\\\", "\\")


def _joined(name: str) -> str:
    found = re.search(rf'{name} = join\(" AND ", \[\n(.*?)\n  \]\)', _METRICS, re.DOTALL)
    assert found
    return " AND ".join(map(_unescaped, _STRING.findall(found[1])))


_LOCALS = {name: _joined(name) for name in ("said_by_functions", "said_of_attempts")}


def _filled(text: str) -> str:
    """Return a string of Terraform's with what is interpolated in it."""
    plain = re.sub(r"\$\{local\.(said_\w+)\}", lambda found: _LOCALS[found[1]], _unescaped(text))
    return re.sub(
        r"\$\{(?:floor\(0\.8 \* )?local\.(?:\w+\.)*(\w+)\)?\}",
        lambda found: str(LIMITS[found[1]]),
        plain.replace("${var.project}", PROJECT),
    )


_COMPLETE = re.search(r"^  complete = (.*)$", _METRICS, re.MULTILINE)
_COUNTED = _METRICS.partition("  counted = {\n")[2].partition("\n  }")[0]


def _counted(text: str) -> str:
    if text == "local.complete":
        return _filled(_COMPLETE[1][1:-1]) if _COMPLETE else ""
    return (
        _LOCALS[text.removeprefix("local.")] if text.startswith("local.") else _filled(text[1:-1])
    )


COUNTED = {
    name: _counted(text)
    for name, text in re.findall(r"^    (\w+) += (.*)$", _COUNTED, re.MULTILINE)
}
"""The filter of each metric that counts entries."""
_ROW = re.compile(r"^    +([a-z-]+) = \{\n +title = .*\n +(lines|query) = (.*)$", re.MULTILINE)
FILTERS = {
    name: f"{_LOCALS['said_by_functions']} AND {_filled(text[1:-1])}"
    for name, kind, text in _ROW.findall(_ALERTS)
    if kind == "lines"
}
"""The filter of each alert on lines."""
_SILENT = re.search(r'^  silent = "(.*)"$', _ALERTS, re.MULTILINE)


def _query(text: str) -> str:
    found = re.fullmatch(r'format\(local\.silent, "(\w+)", "(\w+)", (\d+)\)', text)
    if found is None:
        return _filled(text[1:-1])
    assert _SILENT
    return _filled(_SILENT[1]) % (found[1], found[2], int(found[3]))


QUERIES = {name: _query(text) for name, kind, text in _ROW.findall(_ALERTS) if kind == "query"}
"""The query of each other alert."""
_OF_LINES = (
    r'\{"logging\.googleapis\.com/user/rebound_(\w+)", monitored_resource="(\w+)"'
    r'(?:, project_id="([\w-]+)")?\}\[(\d+)h\]'
)
_ABSENT = re.compile(rf"\(sum\(increase\({_OF_LINES}\)\)( or vector\(0\))?\) < ([\d.]+)")
_REFUSED = re.compile(rf"sum by \((\w+)\) \(increase\({_OF_LINES}\)\) > ([\d.]+)")


def entry_of(function: str, line: Mapping[str, Any], at: datetime) -> Entry:
    """Return the entry that Cloud Run makes of a line (Cloud Run, Logging and viewing logs)."""
    return {
        "resource": {
            "type": "cloud_run_revision",
            "labels": {"service_name": f"rebound-{function}", "project_id": PROJECT},
        },
        "severity": line["severity"],
        "timestamp": at.isoformat(),
        "jsonPayload": line,
    }


def moved(entry: Entry, project: str) -> Entry:
    """Return an entry as it is logged in another project."""
    resource = entry["resource"]
    return {
        **entry,
        "resource": {**resource, "labels": {**resource["labels"], "project_id": project}},
    }


def raised_by(entries: Iterable[Entry]) -> set[str]:
    """Return the alerts on lines that some entries raise."""
    passes = {name: read_filter(text) for name, text in FILTERS.items()}
    found = list(entries)
    return {name for name, holds in passes.items() if any(map(holds, found))}


def fires(alert: str, entries: Iterable[Entry], now: datetime) -> bool:
    """Whether an alert on a query fires, with these entries in the log."""
    query = QUERIES[alert]
    if found := _ABSENT.fullmatch(query):
        counted = _within(found.group(1, 2, 3, 4), entries, now)
        # Without any point there is no sum, which compares with nothing.
        return (bool(counted) or bool(found[5])) and len(counted) < float(found[6])
    found = _REFUSED.fullmatch(query)
    assert found, query
    counted = _within(found.group(2, 3, 4, 5), entries, now)
    of_each = [entry["resource"]["labels"][found[1]] for entry in counted]
    return any(of_each.count(name) > float(found[6]) for name in of_each)


def _within(selector: Sequence[str | None], entries: Iterable[Entry], now: datetime) -> list[Entry]:
    """Return what a selector sees: of every project that is monitored, where it names none."""
    metric, resource, project, hours = selector
    holds = read_filter(COUNTED[str(metric)])
    return [
        entry
        for entry in entries
        if holds(entry)
        and entry["resource"]["type"] == resource
        and project in (None, entry["resource"]["labels"]["project_id"])
        and timedelta()
        <= now - datetime.fromisoformat(entry["timestamp"])
        < timedelta(hours=int(hours or 0))
    ]
