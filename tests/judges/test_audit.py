"""What an audit of the pinned packages is, and what is none."""

from typing import Any

import pytest

from tests.judges.audit import Audited, audited, told

SOUND = {"name": "fastavro", "version": "1.13.0", "vulns": []}
SKIPPED = {"name": "rich", "skip_reason": "Dependency not found on PyPI"}
WEAK = {"name": "typer", "version": "0.29.2", "vulns": [{"id": "GHSA-1"}, {"id": "GHSA-2"}]}


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ([SOUND], Audited(1, (), ())),
        ([SOUND, SKIPPED], Audited(1, (), ("rich: Dependency not found on PyPI",))),
        ([WEAK], Audited(1, ("typer 0.29.2: GHSA-1", "typer 0.29.2: GHSA-2"), ())),
        ([], Audited(0, (), ("pip-audit was asked about no package",))),
        ("no network", Audited(0, (), ("no network",))),
    ],
)
def test_only_what_was_answered_for_is_audited(answer: Any, found: Audited):  # noqa: ANN401 - JSON
    """A package of which the service says nothing is not sound, and told loudly."""
    assert audited(answer) == found
    text = told(found)
    assert ("NOT AUDITED" in text) == bool(found.unanswered)
    assert ("VULNERABLE: " in text) == bool(found.vulnerable)
    assert ("no known vulnerability" in text) == (found == audited([SOUND]))
