"""What is told of a look at a platform: in which order, and of what there is to look at."""

import re
from datetime import date

from manifests.catalog_operations import Operations
from recovery.document import Document, Section
from recovery.health import Health, HealthFinding
from recovery.ops.checks import CHECKS, MODES, QUERIES, chosen_checks, findings_of
from recovery.ops.dashboard import can_recover, dashboard_document
from recovery.ops.facts import Backups, Frame, Unread
from recovery.ops.readiness.levels import LEVEL_QUERIES
from recovery.report.health import actions_told, health_actions, health_conclusion
from recovery.report.html import page_of
from recovery.report.text import text_of
from tests.deployed import ROOT
from tests.unit.looks import CATALOG, NOW, answer, day, frame, games, run, status
from tests.unit.recovery.test_ops_rules import seasons


def test_only_what_a_platform_has_is_looked_at():
    """A catalog that names nothing has its backups and its logs looked at."""
    bare = Frame(NOW, Operations())
    assert chosen_checks(MODES["full"], bare) == ("errors", "backups", "proof", "fences")
    assert bare.day == date(2026, 12, 3)
    assert set(chosen_checks(MODES["full"], frame())) == set(CHECKS)
    assert set(CATALOG.operations.queries) == {*QUERIES, *LEVEL_QUERIES}


def test_document():
    """Whether we can recover comes first, then what is not protected, what broke, what to do."""
    facts = {
        "backups": Backups((run("a", 16, size_bytes=2**20),)),
        "proof": status(Health.HEALTHY),
        "errors": Unread("answered 403", "look <b>"),
        "daily-statistics": answer({"game_date": date(2026, 12, 3), "player_games": 200}),
        "daily-completeness": day(player_daily_cache=0),
        "games": games(8),
    }
    findings = findings_of(facts, frame())
    document = dashboard_document("full", "nba", findings, facts, frame())
    headings = [section.heading for section in document.sections]
    assert headings == [
        "Can we recover now?", "What is not protected", "What broke since yesterday",
        "How the platform is", "Trends", "What to do now",
    ]  # fmt: skip
    text = text_of(document)
    assert "\n\nCan we recover now?\nYes: of 1 part all is well." in text
    assert "UNKNOWN   errors: it could not be read: answered 403" in text
    page = page_of(document)
    assert page.index("Can we recover now?") < page.index("What is not protected")
    assert "<svg" in page
    assert "<code>rebound ops query daily-completeness</code>" in page, "a table says what it is of"
    assert "look &lt;b&gt;" in page
    assert document.conclusion is not None
    assert document.conclusion.state == "UNKNOWN"
    assert document.conclusion.text == "1 unknown, 1 warning, 3 healthy", (
        "a Yes there would be of something else"
    )


def test_every_page_that_is_named_is_there():
    """What a finding sends an operator to can be opened."""
    sources = (ROOT / "recovery" / "ops").rglob("*.py")
    named = {
        page for file in sources for page in re.findall(r"runbooks/[\w/-]+\.md", file.read_text())
    }
    assert len(named) > 5
    assert sorted(page for page in named if not (ROOT / page).exists()) == []


def test_whether_we_can_recover():
    """Nothing read is no yes."""
    for unread in ({}, {"proof": Unread("answered 403")}):
        assert can_recover(unread).startswith("Nobody knows")
    assert can_recover({"proof": status(Health.HEALTHY)}).startswith("Yes")


def test_a_season_is_mended_by_a_command_of_its_own_dates_alone():
    """It can be pasted: nothing is told behind it."""
    for name, year in (("of_2021_22", 2021), ("of_2023_24", 2023)):
        found = findings_of({"season-coverage": seasons(**{name: {"percent": 50}})}, frame())
        (low,) = [item for item in found if item.health is Health.CRITICAL]
        # A page behind it would be pasted with it; another season's dates would be run again.
        days = (date(year + 1, 9, 30) - date(year, 10, 1)).days + 1
        assert low.mend.endswith(f"--param day={year + 1}-09-30 --param days={days}")
        (command,) = health_actions([low])
        assert text_of(Document((Section((command,)),))).rstrip().endswith(low.mend)


def test_a_command_that_mends_several_things_says_how_many():
    """Named with the first alone, it would seem to mend nothing else; nothing is told behind it."""
    found = [
        HealthFinding("function", f"rebound-{name}", Health.CRITICAL, "there is none", "make it")
        for name in ("backup", "verify", "tick")
    ]
    other = HealthFinding("bucket", "raw", Health.WARNING, "it keeps nothing", "keep it")
    assert [(it.purpose, it.command) for it in health_actions([other, *found])] == [
        ("function rebound-backup and 2 more", "make it"),
        ("bucket raw", "keep it"),
    ]


def test_what_mends_something_in_words_is_not_told_as_a_command():
    """Only the command in it is set apart: a sentence is not pasted."""
    found = HealthFinding("decisions", "", Health.WARNING, "2", "`rebound doctor` says how")
    page = page_of(Document((Section(actions_told([found])),), "x", health_conclusion([found])))
    assert "<p>decisions: <code>rebound doctor</code> says how</p>" in page
    assert "<p>hint: <code>rebound doctor</code> says how</p>" in page
