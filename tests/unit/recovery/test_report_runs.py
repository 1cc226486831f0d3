"""What is told of stored runs, at any width."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from manifests.model.run import PartFailure
from manifests.selection import RunSummary
from manifests.signing import Trust
from manifests.values import RunId, Skew
from recovery.document import Column, Command, Document, Paragraph, Rows, Section, Table
from recovery.progress import Shares
from recovery.report.runs import (
    manifest_document,
    newest_runs,
    runs_document,
    skew_texts,
    unfinished_document,
)
from recovery.report.text import folded, table_lines, text_of
from recovery.units import age
from recovery.verdicts import damaged_in
from tests.unit.platforms import whole_manifest
from tests.unit.samples import POINT, RUN, manifest

FAILED = RunSummary(
    run_id=RunId("nightly-20261125T080000Z"),
    state="partial",
    recovery_point=POINT + timedelta(days=1),
    reason="no manifest: not backed up: nba.games",
    parts=12,
    failures=(PartFailure(part="nba.games", message="no rows can be read", retryable=False),),
)
WHOLE = RunSummary(
    run_id=RUN, state="complete", recovery_point=POINT, parts=15, size_bytes=1_288_490_189
)
UNSTARTED = RunSummary(run_id=RunId("half"), state="partial", reason="no start record")
NOW = POINT + timedelta(days=1, hours=3)
UNSIGNED = Trust(state="unsigned")


def test_runs_are_a_table():
    """Each run is one line below a header, whatever the reason says."""
    text = text_of(
        runs_document([WHOLE, FAILED, UNSTARTED], held={RUN}, damaged={}, now=NOW), columns=None
    )
    header, whole, failed, unstarted = text.splitlines()
    assert header.split("  ")[0] == "run"
    assert "recovery point (UTC)" in header
    assert re.split(r"  +", whole) == [
        RUN, "complete", "2026-11-24 08:01", "1 d", "15", "1.2 GiB", "held",
    ]  # fmt: skip
    assert re.split(r"  +", failed)[-1] == "no manifest: not backed up: nba.games"
    assert re.split(r"  +", unstarted) == ["half", "partial", "unknown", "0", "no start record"]
    assert whole.index("15") + 2 == header.index("parts") + 5


@pytest.mark.parametrize("columns", [60, 80, 200])
def test_no_line_is_wider_than_the_terminal(columns: int):
    """Nothing is left for a terminal to wrap, and no number is torn from its unit."""
    text = text_of(runs_document([WHOLE, FAILED], held={RUN}, damaged={}, now=NOW), columns=columns)
    held = text_of(manifest_document(manifest(), UNSIGNED), columns=columns).splitlines()
    text = "\n".join([text, *(part for line in held for part in folded(line, columns=columns))])
    assert max(map(len, text.splitlines())) <= columns
    assert not re.search(r"\d$\n +(GiB|d|h|objects?|rows?|files?)\b", text, re.MULTILINE)
    assert "1.2 GiB" in text


def test_a_run_that_leans_on_a_damaged_file():
    """Complete is not enough: what `verify` saw of a file is told of every run that lists it."""
    (_, line) = text_of(
        runs_document([WHOLE], held=(), damaged={RUN: ("nba.games",)}, now=NOW)
    ).splitlines()
    assert line.endswith("LEANS ON A DAMAGED FILE: nba.games")
    name = manifest().tables[0].objects[0].name
    assert damaged_in(manifest(), frozenset({name})) == (manifest().tables[0].name,)
    assert damaged_in(manifest(), frozenset({"runs/other/file"})) == ()


def test_chosen_runs():
    """The newest recovery point is last, a run without any is first; both bounds hold together."""
    runs = [FAILED, UNSTARTED, WHOLE]
    assert newest_runs(runs, since=None, limit=None) == [WHOLE, FAILED, UNSTARTED]
    assert newest_runs(runs, since=POINT + timedelta(seconds=1), limit=None) == [FAILED, UNSTARTED]
    assert newest_runs(runs, since=None, limit=1) == [UNSTARTED]
    assert newest_runs([WHOLE, FAILED], since=None, limit=1) == [FAILED]
    assert newest_runs(runs, since=POINT, limit=5) == [WHOLE, FAILED, UNSTARTED]


def test_unfinished_run():
    """It says which parts are done, which failed, and why."""
    text = text_of(unfinished_document(FAILED, ("tables/nba.arrivals", "buckets/raw")))
    assert "recovery point 2026-11-25 08:01 UTC" in text
    assert "  done      buckets/raw" in text
    assert "  FAILED    nba.games: no rows can be read" in text
    assert text_of(unfinished_document(UNSTARTED, ())).splitlines()[-1] == "no start record"


def test_a_manifest_is_told():
    """A run shows what it holds, from which runs, and what was read later."""
    text = text_of(manifest_document(manifest(), UNSIGNED))
    assert f"run {RUN} of basketball" in text
    assert "manifest: NOT SIGNED: who can write the vault could have written it" in text
    (line,) = (line for line in text.splitlines() if "nba.games" in line)
    assert line.split()[:4] == ["nba.games", "6", "3", "2"]
    assert line.endswith("nightly-20261123T080000Z, nightly-20261124T080000Z")
    assert "definitions of nba: read 130 s after the recovery point" in text


def test_what_was_read_later_is_told_as_one_where_it_is_much_of_one_sort():
    """From the first to the last of them; few are told one by one."""
    many = [Skew(subject=f"resources t{number}", skew_seconds=25 + number) for number in range(7)]
    other = Skew(subject="definitions of nba", skew_seconds=130)
    behind = "s after the recovery point"
    assert list(skew_texts([*many, other])) == [
        f"resources, 7 of them: read 25 to 31 {behind}",
        f"definitions of nba: read 130 {behind}",
    ]
    assert next(skew_texts(many[:6])) == f"resources t0: read 25 {behind}"
    same = [it.model_copy(update={"skew_seconds": 3.0}) for it in many]
    assert list(skew_texts(same)) == [f"resources, 7 of them: read 3 {behind}"]


def test_every_kind_tells_what_a_run_holds():
    """A run shows every part of every kind, and what of one it does not hold."""
    run = whole_manifest()
    lines = text_of(manifest_document(run, UNSIGNED)).splitlines()
    unknown = "indexes and field settings UNKNOWN"
    start = lines.index("bucket raw: 5 objects, 50 B, 1 inventory file")
    assert lines[start + 1 : start + 3] == [
        f"database (default): 3 documents, 0 B, 0 collection ids, 0 files, {unknown}",
        "resources pubsub/topic: 2 resources, 10 B, 1 file",
    ]
    (topics,) = run.resources
    short = {"not_held": ("values of secrets",), "gone_images": ("a/b", "a/c")}
    told = text_of(
        manifest_document(
            run.model_copy(update={"resources": (topics.model_copy(update=short),)}), UNSIGNED
        )
    )
    assert (
        "1 file, values of secrets NOT HELD: no API returns them, 2 images NOT THERE: a/b, a/c"
        in told
    )


def test_folding():
    """A line is folded between words, indented; a number keeps its word, a long word its length."""
    line = "  restore   bucket raw: 1,306 rows of 5.0 GiB " + "x" * 50
    assert folded(line, columns=200) == [line]
    assert folded(line, columns=None) == [line]
    parts = folded(line, columns=37)
    assert parts == ["  restore   bucket raw: 1,306 rows of", "      5.0 GiB", "      " + "x" * 50]
    table = Table((Column("n"), Column("a", "right"), Column("")), (("b" * 9, "1", ""),))
    (header, one, two) = table_lines(table, columns=10)[-3:]
    assert (header, one, two) == ("    a", "b" * 9, "    1")


def test_a_section_that_says_nothing_leaves_no_gap():
    """Beside another one, too, and at the end; a title stands apart from what follows it."""
    said = Section((Paragraph("said"),), "of this")
    silent = Section((Rows((), "ended"),), "of nothing")
    document = Document((Section(()), silent, said, silent, Section(()), said, silent), title="x")
    assert text_of(document) == "x\n\nsaid\n\nsaid"
    assert "\n\n\n" not in text_of(replace(document, has_headings=True))


def test_a_command_stays_on_one_line():
    """It can be copied; one that is longer than a line is broken all the same."""
    hint = "hint: nothing is lost, and `rebound thaw fence-20261124T090000Z-1f2e` resumes it"
    assert (
        folded(hint, columns=60)[1] == "    `rebound thaw fence-20261124T090000Z-1f2e` resumes it"
    )
    long = f"`{'rebound ' * 20}`"
    assert folded(f"hint: {long} does it", columns=60) == ["hint:", f"    {long}", "    does it"]
    assert folded("restored, 7 of 9 objects", columns=20) == ["restored,", "    7 of 9 objects"]
    back = Command("to go back", f"rebound undo {'r' * 40}", "until 2026-12-07")
    document = Document((Section((back,)),))
    assert text_of(document, columns=60).splitlines() == [
        "to go back, until 2026-12-07:",
        f"    rebound undo {'r' * 40}",
    ]
    assert text_of(document) == f"to go back: rebound undo {'r' * 40}, until 2026-12-07"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "now"), (59, "59 s"), (3599, "59 min"), (86399, "23 h"), (3 * 86400 + 5, "3 d")],
)
def test_ages(seconds: int, text: str):
    """An age is told in its largest unit."""
    assert age(seconds) == text


def test_one_progress_of_all_parts():
    """Each part counts alike; a stage, a share or the end moves it on, and nothing moves it back."""
    shares = Shares(["nba.games", "raw"])
    assert (shares.done, shares.ended, shares.things) == (0, 0, 2)
    shares.note("nba.games", "publishing")
    shares.note("raw", "10 of 40 objects", 0.25)
    assert shares.done == pytest.approx((0.6 + 0.25) / 2)
    shares.note("nba.games", "staging")
    assert shares.done == pytest.approx((0.6 + 0.25) / 2)
    shares.note("nba.games", "not equal")
    shares.note("raw", "proven")
    assert (shares.done, shares.ended) == (1, 2)


def test_a_table_that_no_terminal_is_wide_enough_for_is_told_value_by_value():
    """Ten columns of numbers on sixty: none is cut by the terminal, and each has its heading."""
    headings = [f"number {number}" for number in range(10)]
    columns = (Column("run"), *(Column(it, "right") for it in headings), Column("reason"))
    row = ("nightly-20261124T080000Z", *("1,234,567,890",) * 10, "it lacks nba.odds")
    wide = table_lines(Table(columns, (row,)), columns=None)
    assert len(wide) == 2
    for width in (60, 80):
        lines = table_lines(Table(columns, (row,)), columns=width)
        assert max(map(len, lines)) <= width
        told = " ".join(line.strip() for line in lines)
        assert told.startswith(f"{row[0]}  number 0 1,234,567,890, number 1 1,234,567,890,")
        assert told.endswith("reason it lacks nba.odds")
