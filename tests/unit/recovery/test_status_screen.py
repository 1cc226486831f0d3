"""How everything stands fits a screen: parts that stand alike share a line."""

import re

from recovery.health import Health, HealthFinding
from recovery.report.html import page_of
from recovery.report.text import text_of
from recovery.status.document import status_document
from recovery.status.model import Status
from tests.unit.looks import NOW, status

WHY = "it runs images and reads values of secrets that a sandbox has not; the decision of ada until 2027-02-28"
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


def test_a_page_tells_why_once_and_cuts_no_sentence():
    """Why no drill shows a part is told above the table alone; what is wrong is told whole; nothing is no never."""
    accepted = PART.model_copy(update={"label": "resources run/job", "not_shown": WHY})
    wrong = UNSHOWN.model_copy(update={"label": "nba.a", "what": WHY.replace("ada", "nobody")})
    empty = {"label": "resources pubsub/schema", "proven": "nothing held", "proven_at": None}
    parts = (accepted, wrong, PART.model_copy(update=empty))
    told = Status(project="p", platform="b", looked_at=NOW, answer="No.", parts=parts, others=())
    page = page_of(status_document(told))
    assert page.count(WHY) == 1
    assert page.count(wrong.what) == 1
    assert ">nothing held</td>" in page


def test_what_is_to_do_says_of_what():
    """Below the list nobody sees what "it" is: a command says so itself, a sentence has its thing before it."""
    mend = "name it in the catalog, or decide in its `left_out` that it is in no backup"
    left = HealthFinding("protected", "buckets", Health.WARNING, "not in the catalog: raw", mend)
    known = HealthFinding("decisions", "", Health.WARNING, "two", "`rebound doctor` says how")
    told = Status(
        project="p", platform="b", looked_at=NOW, answer="No.", parts=(PART,), others=(left, known)
    )
    lines = text_of(status_document(told)).splitlines()
    assert lines[lines.index("to do:") + 1 :] == [
        f"  protected buckets: {mend}",
        "  `rebound doctor` says how",
    ]
