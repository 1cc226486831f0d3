"""What the alerts of terraform/ wait for, read from its rows; and whether a line raises one."""

import re
from collections.abc import Mapping

from tests.deployed import ROOT

type Term = tuple[str, str, str]
"""A field of a line, how it is compared, and with what."""

_ALERTS = (ROOT / "terraform" / "alerts.tf").read_text()
_METRICS = (ROOT / "terraform" / "metrics.tf").read_text()
_LOCALS = _METRICS.partition("\nresource ")[0]
_ROW = re.compile(r'^    +([a-z-]+) = \{\n +title = "(.*)"\n +(lines|query) = (.*)$', re.MULTILINE)
_TERM = re.compile(r'jsonPayload\.(\w+)(=~|=|>)"?(.*?)"?')
_INTERPOLATED = re.compile(r"\$\{(?:floor\(0\.8 \* )?local\.(?:\w+\.)*(\w+)\)?\}")
SLOW_SECONDS = 2880
PROJECT = "some-platform"
"""Where the functions are, as terraform/tests/alerts.tftest.hcl holds it."""
LIMITS = {
    "timeout_seconds": SLOW_SECONDS,
    "age_of_newest_point_seconds": 27 * 3600,
    "age_of_verification_seconds": 27 * 3600,
    "age_of_expiry_seconds": 27 * 3600,
    "age_of_sample_seconds": 51 * 3600,
    "age_of_proven_point_seconds": 120 * 86400,
    "age_of_drill_seconds": 92 * 86400,
    "age_of_fence_seconds": 12 * 3600,
    "growth_percent": 50,
    "vault_times": 28,
}
"""What is interpolated, as terraform/tests/alerts.tftest.hcl holds it."""


def _terms(text: str) -> list[Term]:
    plain = _INTERPOLATED.sub(lambda found: str(LIMITS[found[1]]), text[1:-1]).replace('\\"', '"')
    found = [_TERM.fullmatch(term) for term in plain.split(" AND ")]
    return [(match[1], match[2], match[3]) for match in found if match is not None]


def _query(text: str) -> str:
    name = re.fullmatch(r'format\(local\.silent, "(\w+)", .*\)', text)
    return f"logging.googleapis.com/user/rebound_{name[1]}" if name else text


_ROWS = _ROW.findall(_ALERTS)
ALERTS = {name: _terms(text) for name, _, kind, text in _ROWS if kind == "lines"}
"""The alerts on lines: what a line has to say."""
QUERIES = {name: _query(text) for name, _, kind, text in _ROWS if kind == "query"}
"""The alerts on queries."""
_SILENT_HOURS = re.search(
    r'"silent_hours" \{.*?default += (\d+)',
    (ROOT / "terraform" / "variables.tf").read_text(),
    re.DOTALL,
)
TITLES = {
    name: re.sub(
        r"\$\{(?:try\()?var\.(?:sandbox\.)?silent_hours(?:, (\d+)\))?\}",
        lambda found: found[1] or (_SILENT_HOURS[1] if _SILENT_HOURS else ""),
        title,
    )
    for name, title, _, _ in _ROWS
}
"""What each alert says, as it is deployed by default."""
METRICS = set(re.findall(r'^    (\w+) += (?:local|")', _LOCALS, re.MULTILINE))
"""The metrics of lines, without what they have in common in their names."""


def raised(line: Mapping[str, object]) -> set[str]:
    """Return the alerts that a line raises."""
    return {name for name, terms in ALERTS.items() if all(_holds(line, term) for term in terms)}


def _holds(line: Mapping[str, object], term: Term) -> bool:
    field, how, value = term
    if field not in line:
        return False
    found = line[field]
    if how == ">":
        return isinstance(found, int | float) and found > float(value)
    return bool(re.search(value, str(found))) if how == "=~" else str(found) == value
