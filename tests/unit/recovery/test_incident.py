"""An incident report tells what is known, and asks for the rest."""

from datetime import timedelta

from recovery.document import Document, Paragraph, Section
from recovery.report.incident import TO_FILL_IN, Incident, incident_document
from recovery.report.text import text_of
from tests.unit.samples import POINT

TOLD = Document((Section((Paragraph("what the report says"),)),))
BEGAN = POINT + timedelta(hours=3)


def told(**changes: object) -> str:
    """Return what is told of an incident that is over and proven, but for what is different."""
    incident = {
        "recovery_id": "bigquery-dataset-loss-20260103T120000Z-abcd",
        "scenario": "bigquery-dataset-loss",
        "project": "platform",
        "state": "proven",
        "rto_seconds": 14400,
        "began_at": BEGAN,
        "ended_at": BEGAN + timedelta(minutes=25),
        "recovery_point": POINT,
        "run_id": "nightly",
        "not_back": ("rows written after the point",),
    }
    return text_of(incident_document(Incident.model_validate(incident | changes), TOLD))


def test_what_is_known_is_filled_in_and_the_rest_is_asked_for():
    """Severity, times and objective are known; when it was noticed is not."""
    text = told()
    words = " ".join(text.split())
    assert text.startswith("incident: bigquery-dataset-loss in platform\n")
    assert "severity P0" in words
    assert "noticed unknown: fill in" in words
    assert "3 h before the recovery began" in words
    assert "after 25 min; the objective is 4 h" in words
    assert "what the report says" in text
    assert "everything that was asked for is proven" in text
    assert "rows written after the point" in text
    assert all(item in text for item in TO_FILL_IN)


def test_who_began_it_is_told_as_far_as_it_was_written_down():
    """Nobody's name is made up, and what a name holds does not act on a terminal."""
    assert "begun by unknown: fill in" in " ".join(told().split())
    known = " ".join(told(begun_by="ana@example.com (ana@laptop)", reason="lost\x1b[31m").split())
    assert "begun by ana@example.com (ana@laptop)" in known
    assert "because lost\\x1b[31m" in known


def test_what_is_not_proven_is_named():
    """A recovery that failed in part is no recovery that is proven."""
    text = told(state="partial", detail="not recovered: table x", not_proven=("table x\x1b[31m",))
    assert "partial: not recovered: table x" in text
    assert "not proven:\n  table x\\x1b[31m" in text
    assert "everything that was asked for" not in text


def test_a_recovery_under_way_proves_nothing():
    """Its end is not made up."""
    text = told(state="under way", ended_at=None)
    assert "not yet" in text
    assert "nothing is proven" in text


def test_what_came_from_no_backup_has_no_point():
    """Dates that were run again come from no run."""
    text = told(scenario="processor-failure", recovery_point=None, run_id=None)
    assert "severity P2" in " ".join(text.split())
    assert "recovery point" not in text
