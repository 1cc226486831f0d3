"""What is kept of a drill, and how it is told."""

from typing import Any

import pytest

from manifests.control_statements import changeable_column, row_changed, row_doubled, row_dropped
from manifests.errors import RefusedError
from recovery.drill.audit import check_verifier
from recovery.drill.document import (
    drill_document,
    drill_error,
    history_document,
    unchecked_verifier,
)
from recovery.drill.model import (
    DrillRecord,
    Kept,
    SignOff,
)
from recovery.drill.rules import measured
from recovery.report.html import page_of
from recovery.report.text import text_of
from tests.unit.drills import BEGUN, CAUGHT, DRILL_ID, NOW, PART, PHASES
from tests.unit.samples import GAMES

RECORD = DrillRecord(
    begun=BEGUN,
    verdict="pass",
    why="all of it",
    ended_at=NOW,
    seconds=10,
    phases=PHASES,
    measured=tuple(measured(BEGUN, PHASES, (PART,))),
    parts=(PART,),
    controls=(CAUGHT,),
    recoveries=("x",),
    deviations=(),
    made=("bucket x",),
    left=(),
    next_due_at=NOW,
)


def record(**changes: Any) -> DrillRecord:  # noqa: ANN401 - fields of the record
    """Return a record with some fields changed."""
    return RECORD.model_copy(update=changes)


def test_somebody_else_agrees_with_a_record():
    """Neither its operator, nor nobody, nor anybody where there is no record."""
    check_verifier(RECORD, "noor")
    for verifier in ("mia", " MIA ", ""):
        with pytest.raises(RefusedError):
            check_verifier(RECORD, verifier)
    with pytest.raises(RefusedError, match="no record"):
        check_verifier(None, "noor")


def test_another_name_is_not_another_person():
    """Whoever ran a drill does not sign it off under the name of somebody else."""
    ours = record(identity="mia@example.com")
    check_verifier(ours, "noor", identity="noor@example.com")
    with pytest.raises(RefusedError, match="whatever name is given"):
        check_verifier(ours, "noor", identity="mia@example.com")

    both = unchecked_verifier(RECORD, "")
    assert both.startswith("NOT CHECKED")
    assert "who ran it and who signs it off" in both
    assert unchecked_verifier(ours, "").endswith("of who signs it off")
    assert unchecked_verifier(RECORD, "noor@example.com").endswith("of who ran it")
    assert unchecked_verifier(ours, "noor@example.com") == ""

    def told(identity: str) -> str:
        signed = SignOff(
            drill_id=DRILL_ID, verifier="noor", signed_at=NOW, record_digest="0", identity=identity
        )
        kept = Kept(drill_id=DRILL_ID, begun=BEGUN, record=ours, signed=signed)
        return text_of(history_document([kept], now=NOW))

    assert "NOT CHECKED" not in told("noor@example.com")
    assert "noor (NOT CHECKED who that is)" in told("")


@pytest.mark.parametrize(
    ("told", "exit_code"),
    [
        (record(), None),
        (record(verdict="void"), 10),
        (record(verdict="incomplete"), 6),
        (record(verdict="fail"), 8),
        (record(verdict="fail", parts=(PART.model_copy(update={"state": "FAILED"}),)), 7),
    ],
)
def test_what_does_not_pass_ends_with_an_error(told: DrillRecord, exit_code: int | None):
    """Each verdict has an exit code of its own."""
    error = drill_error(told)
    assert (error.exit_code if error else None) == exit_code


def test_the_page_and_the_text_tell_the_verdict_first():
    """What was not caught is told in capitals."""
    blind = CAUGHT.model_copy(update={"is_caught": False})
    long = "not restored: " + "a sentence is not cut in its middle, " * 5
    otherwise = ("half: partial: no manifest", long)
    document = drill_document(
        record(verdict="void", why="no check told", controls=(blind,), deviations=otherwise)
    )
    text = text_of(document)
    assert text.splitlines()[1] == "void: no check told"
    told = " ".join(text.partition("otherwise than planned:")[2].split())
    assert all(item.strip() in told for item in otherwise)
    assert "NOT CAUGHT" in page_of(document)
    assert document.conclusion is not None
    assert document.conclusion.state == "VOID"


def test_the_history_tells_what_became_of_each():
    """One without a record is incomplete, one that cannot be read is damaged."""
    kept = (
        Kept(drill_id=DRILL_ID, begun=BEGUN, record=RECORD),
        Kept(drill_id=DRILL_ID, begun=BEGUN),
        Kept(drill_id=DRILL_ID),
    )
    document = history_document(kept, now=NOW)
    assert document.conclusion is not None, "a page tells first what the newest came to"
    assert document.conclusion.state == "DAMAGED"
    lines = text_of(document).splitlines()
    for word, line in zip(("pass", "incomplete", "damaged"), lines[2:], strict=True):
        assert word in line


def test_what_is_planted_in_rows_is_one_statement_each():
    """A column is changed whose value says nothing of where the row is."""
    column = changeable_column(GAMES)
    assert column == "game_id"
    assert "CONCAT(IFNULL(`game_id`, ''), '~')" in row_changed("p.d.t", GAMES, column)
    assert row_dropped("p.d.t", "a").startswith("DELETE FROM `p.d.t` AS row_ WHERE IFNULL(")
    assert row_doubled("p.d.t", GAMES, "a").endswith("LIMIT 1")
    fields = [{"name": "day", "type": "STRING"}, {"name": "at", "type": "TIMESTAMP"}]
    by_day = {"schema": {"fields": fields}, "rangePartitioning": {"field": "day"}}
    assert changeable_column(by_day) is None
