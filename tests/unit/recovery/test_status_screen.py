"""How everything stands fits a screen: parts that stand alike share a line."""

import re

from recovery.health import Health
from recovery.report.text import text_of
from recovery.status.document import status_document
from recovery.status.model import Status
from tests.unit.looks import NOW, status

PART = status(Health.HEALTHY).parts[0]
UNSHOWN = status(Health.UNKNOWN).parts[0].model_copy(update={"what": "it was not shown to restore"})


def test_parts_that_stand_alike_share_a_line():
    """With their names where something is wrong, and what the slowest takes; a page has a line for each."""
    fast, slow, ill = PART, PART, UNSHOWN
    parts = tuple(
        part.model_copy(update={"label": label, "estimated_seconds": seconds})
        for part, label, seconds in (
            (fast, "nba.a", 60.0),
            (slow, "nba.b", 3600.0),
            (ill, "nba.c", None),
            (ill, "nba.d", None),
            *((ill, f"nba.e{number}", None) for number in range(9)),
            (ill, "bucket raw", None),
        )
    )
    status = Status(project="p", platform="b", looked_at=NOW, answer="No.", parts=parts, others=())
    lines = text_of(status_document(status, is_whole=False)).splitlines()
    found = [line.split() for line in lines if re.match(r"(\d+ tables|bucket|nba)", line)]
    assert [line[:3] for line in found] == [
        ["2", "tables", "healthy"],
        ["11", "tables", "UNKNOWN"],
        ["bucket", "raw", "UNKNOWN"],
    ]
    assert "1 h" in " ".join(found[0])
    named = ", ".join(["nba.c", "nba.d", *(f"nba.e{number}" for number in range(9))])
    assert f"({named})" in " ".join(" ".join(lines).split())
    whole = text_of(status_document(status)).splitlines()
    assert sum(line.startswith("nba.") for line in whole) == 13
