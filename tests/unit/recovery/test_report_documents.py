"""What a plan and a report say about Firestore databases."""

from typing import Any

import pytest

from recovery.compare.documents import CollectionState, DatabaseState, ListedDocument
from recovery.compare.findings import Finding
from recovery.kinds.databases.rules.documents import DatabaseStep
from recovery.kinds.databases.rules.lost import documents_lost
from recovery.kinds.databases.rules.outcomes import DatabaseOutcome
from recovery.kinds.databases.rules.rows import (
    database_outcome_row,
    database_row,
    proven_databases,
)
from recovery.kinds.outcome import Failure
from recovery.units import as_text
from tests.unit.samples import POINT
from tests.unit.told import ended, planned
from tests.unit.worlds import request

CONTROL = "c/red\x1b[31m"
ESCAPED = "c/red\\x1b[31m"


def step_with(*, missing: int, equal: int = 0) -> DatabaseStep:
    """Return a step with so many documents, a hundred of them listed as a plan does."""
    listed = [f"c/{number:04d}" for number in range(min(missing, 99))] + [CONTROL]
    return DatabaseStep(
        name="(default)",
        into="(default)",
        action="restore",
        state=DatabaseState(
            exists=True,
            collections=(CollectionState(collection_id="c", missing=missing, equal=equal),),
            listed=tuple(ListedDocument(path=path, state="missing") for path in listed),
        ),
    )


def test_a_plan_says_how_many_it_does_not_name():
    """All documents count that are not named, also those that the plan itself does not list."""
    lines = planned(database_row(step_with(missing=2000)))
    assert lines[-2] == "             ... 1,990 more"
    assert "by each document's event" in lines[-1]
    assert len(lines) == 1 + 1 + 10 + 1 + 1
    assert not any("more" in line for line in planned(database_row(step_with(missing=1))))


def test_one_document_is_not_documents():
    """A single document is told in the singular."""
    assert planned(database_row(step_with(missing=1, equal=1)))[0].endswith(": 1 document equal")
    one = DatabaseOutcome(name="d", into="d", action="restore", kept_count=1)
    assert any(
        "            1 document written" in line for line in ended(database_outcome_row(one))
    )
    (proven,) = proven_databases((one,), "T", ())
    assert proven.text == "1 of 1 databases proven equal to T, but for 1 document kept"
    left = one.model_copy(update={"kept_count": 3, "left_count": 1})
    (proven,) = proven_databases((left,), "T", ())
    assert proven.text.endswith(
        "but for 2 documents kept and 1 document that is otherwise than then, and was left "
        "(only what is missing was asked for)"
    )
    assert any("3 documents that differ" in line for line in ended(database_outcome_row(left)))


def test_kept_documents_are_counted():
    """A report names the first documents that were kept and counts the others."""
    listed = tuple(ListedDocument(path=f"c/{number}", state="newer") for number in range(100))
    kept = (*listed, ListedDocument(path="c/x", state="extra"))
    outcome = DatabaseOutcome(name="d", into="d", action="restore", kept=kept, kept_count=312)
    lines = ended(database_outcome_row(outcome))
    assert lines[-1].strip() == "... 301 more"
    assert [line.strip() for line in lines[-3:-1]] == ["c/9", "c/x"]


@pytest.mark.parametrize(
    ("counts", "told"),
    [
        (
            {"equal": 244, "written": 29},
            ": 244 documents are equal to the backup, 29 of them written by this recovery",
        ),
        ({"equal": 1}, ": 1 document is equal to the backup, none written by this recovery"),
        (
            {"equal": 3, "written": 4, "expired": 1, "removed": 2},
            (
                ": 3 documents are equal to the backup, 4 written by this recovery; 2 documents "
                "removed; 1 document that a time to live deleted again"
            ),
        ),
        ({"failure": Failure(message="refused")}, ""),
    ],
)
def test_a_report_says_in_a_sentence_what_was_done_to_documents(counts: dict[str, Any], told: str):
    """Of how many equal ones how many were written; nothing where none could be compared."""
    outcome = DatabaseOutcome(name="d", into="d", action="restore", **counts)
    assert ended(database_outcome_row(outcome))[0].endswith(f"database d{told}")


def printed(lines: list[str]) -> list[str]:
    """Return lines as they are printed."""
    return as_text(lines).split("\n")


def test_names_do_not_reach_the_terminal_as_they_are():
    """A path with control characters is escaped in plans, findings and errors."""
    assert f"             {ESCAPED}" in printed(planned(database_row(step_with(missing=1))))
    finding = Finding(subject="d", aspect=CONTROL, expected="none", actual=f"2: {CONTROL}")
    outcome = DatabaseOutcome(
        name="d",
        into="d",
        action="restore",
        findings=(finding,),
        failure=Failure(message=f"{CONTROL}: refused"),
    )
    lines = printed(ended(database_outcome_row(outcome)))
    assert f"            {ESCAPED}: 2: {ESCAPED}, expected none" in lines
    assert f"            {ESCAPED}: refused" in lines


def test_a_time_to_live_that_the_backup_knows_is_told():
    """In the plan, without a word; where it is made again, too; in the report with what is gone."""
    name, other = "time to live of c.until", "time to live of d.until"
    step = step_with(missing=1)
    state = step.state.model_copy(
        update={"expiring_as_before": {name: 3}, "expiring_again": {other: 1}}
    )
    step = step.model_copy(update={"state": state})
    assert f"    expires  3 documents past their time, by {name}" in planned(database_row(step))
    assert not any(other in line for line in planned(database_row(step)))
    assert not [*step.missing_words(request(), confirmed_projects=())]
    notes = documents_lost((step,), POINT)
    assert any(note.startswith(f"3 documents of (default) that {name} deletes") for note in notes)
    made = step.model_copy(update={"action": "create"})
    assert f"    expires  1 document past their time, by {other}" in planned(database_row(made))
    outcome = DatabaseOutcome(
        name="d", into="d", action="restore", equal=1, expired=2, expiring={name: 3}
    )
    lines = ended(database_outcome_row(outcome))
    assert "2 documents that a time to live deleted again" in lines[0]
    assert any(f"3 documents past their time, by {name}" in line for line in lines)
    (proven,) = proven_databases((outcome,), "T", ())
    assert proven.text.endswith("but for 2 documents that a time to live deleted again")


@pytest.mark.parametrize("aspect", ["realtimeUpdatesMode", "appEngineIntegrationMode"])
def test_what_is_fixed_is_not_set(aspect: str):
    """A setting that is fixed at creation differs for good, and the plan says so instead of setting it.

    Who unlinks a database from App Engine could not link it again.
    """
    fixed = Finding(subject="d", aspect=aspect, expected='"A"', actual='"B"')
    other = Finding(subject="d", aspect="deleteProtectionState", expected='"A"', actual='"B"')
    step = step_with(missing=1).model_copy(update={"settings": (fixed, other), "sets": True})
    lines = planned(database_row(step))
    assert f'    differs  {aspect} is "B", not "A" (fixed when a database is created)' in lines
    assert '    set      deleteProtectionState is "B", not "A"' in lines
    (note,) = [text for text in documents_lost((step,), POINT) if "fixed" in text]
    assert note == f"settings of (default), which are fixed when a database is created: {aspect}"
