"""What `rebound ops` tells: whether we can recover, what is not protected, what broke. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from recovery.document import Block, Chart, Document, Paragraph, Section
from recovery.health import HealthFinding
from recovery.lapsing import DECISIONS
from recovery.ops.checks import BACKUPS, PROOF, QUERIES
from recovery.ops.document import table_of
from recovery.ops.facts import Backups, Facts, Frame, QueryResult, Unread
from recovery.report.health import (
    actions_told,
    health_conclusion,
    health_counts,
    health_rows,
)
from recovery.status.held import PROTECTED
from recovery.status.model import Status

_RECOVER = "Can we recover now?"
_HELD = "What is not protected"
_BROKE = "What broke since yesterday"
_PLATFORM = "How the platform is"
_SECTIONS: Mapping[str, str] = {
    "backup": _RECOVER,
    "proof": _RECOVER,
    "fences": _RECOVER,
    PROTECTED: _HELD,
    DECISIONS: _HELD,
    "runs": _BROKE,
    "schedules": _BROKE,
    "workflows": _BROKE,
    "errors": _BROKE,
    "validation": _BROKE,
}
_TABLES = ("daily-completeness", "missing-phase4", "feature-completeness", "season-coverage")
_TRENDS = (
    ("daily-statistics", "game_date", "player_games", "player-games a day"),
    ("validation-counts", "found_on", "errors", "validation errors a day"),
)
_MIB = 2**20


def dashboard_document(
    mode: str, platform: str, findings: Sequence[HealthFinding], facts: Facts, frame: Frame
) -> Document:
    """Tell what was found.

    Args:
        mode: The mode of `rebound ops`.
        platform: The name of the platform.
        findings: What was found.
        facts: What was read.
        frame: When it was, and by which bounds it is judged.
    """
    sections = {
        name: list(_judged(name, findings)) for name in (_RECOVER, _HELD, _BROKE, _PLATFORM)
    }
    if mode == "actions":
        sections = {}
    if sections.get(_RECOVER):
        sections[_RECOVER].insert(0, Paragraph(can_recover(facts)))
    if _PLATFORM in sections and mode not in ("quick", "actions"):
        sections[_PLATFORM] += _tables(facts)
    sections["Trends"] = list(_trends(facts)) if mode == "full" else []
    sections["What to do now"] = list(actions_told(findings)) or [Paragraph("nothing")]
    return Document(
        title=f"{platform}: {mode}, {frame.now:%Y-%m-%d %H:%M} UTC",
        sections=tuple(Section(tuple(blocks), name) for name, blocks in sections.items() if blocks),
        conclusion=health_conclusion(findings, health_counts(findings)),
        has_headings=True,
    )


def can_recover(facts: Facts) -> str:
    """Say in a sentence whether everything could be recovered now, as `rebound status` does."""
    status = facts.get(PROOF)
    return status.answer if isinstance(status, Status) else "Nobody knows: it could not be read."


def _judged(section: str, findings: Sequence[HealthFinding]) -> Iterator[Block]:
    chosen = [item for item in findings if _SECTIONS.get(item.check, _PLATFORM) == section]
    if chosen:
        yield health_rows(chosen)


def _tables(facts: Facts) -> Iterator[Block]:
    for name in _TABLES:
        answer = facts.get(name)
        if isinstance(answer, QueryResult) and answer.rows:
            yield Paragraph(f"`rebound ops query {name}`:")
            yield table_of(answer.columns, answer.rows)


def _trends(facts: Facts) -> Iterator[Block]:
    for name, day, number, label in _TRENDS:
        answer = facts.get(name)
        if isinstance(answer, QueryResult) and answer.rows:
            points = sorted((str(row[day]), float(row[number])) for row in answer.named)
            yield Chart(label, tuple(points))
    backups = facts.get(BACKUPS)
    if isinstance(backups, Backups) and backups.complete:
        yield Chart(
            "MiB of each complete run",
            tuple(
                (f"{run.recovery_point:%m-%d}", round(run.size_bytes / _MIB, 1))
                for run in backups.complete
            ),
        )


def costs(facts: Facts) -> dict[str, int]:
    """Return the bytes that all queries read, are billed, and might be billed at most."""
    answers = [fact for fact in facts.values() if isinstance(fact, QueryResult)]
    return {
        "processed_bytes": sum(item.processed_bytes for item in answers),
        "billed_bytes": sum(item.billed_bytes for item in answers),
        "most_bytes": sum(item.most_bytes for item in answers),
    }


def unread(facts: Facts) -> dict[str, Any]:
    """Return why sources could not be read, by their names."""
    return {name: fact.why for name, fact in facts.items() if isinstance(fact, Unread)}


def asked(facts: Facts) -> dict[str, QueryResult]:
    """Return the answers of the queries."""
    return {
        name: fact
        for name, fact in facts.items()
        if name in QUERIES and isinstance(fact, QueryResult)
    }
