"""What `rebound ops` looks at: each source, what judges it, and which words look at which. Pure."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from recovery.health import Health, HealthFinding
from recovery.ops.facts import Facts, Frame, Unread
from recovery.ops.rules.backups import (
    backup_findings,
    fence_findings,
    status_findings,
)
from recovery.ops.rules.orchestration import error_findings, schedule_findings, workflow_findings
from recovery.ops.rules.platform import (
    GAMES,
    coverage_findings,
    day_findings,
    feature_findings,
    fresh_findings,
    missed_findings,
    validation_findings,
)

type Rule = Callable[[Any, Frame, Facts], Iterable[HealthFinding]]


class Source(NamedTuple):
    """One thing that is read.

    Attributes:
        check: What is looked at, as findings name it.
        rules: What judges it; none where others lean on it, or it is only shown.
    """

    check: str
    rules: tuple[Rule, ...] = ()


QUERIES: Mapping[str, Source] = {
    "daily-completeness": Source("day", (day_findings,)),
    "daily-statistics": Source("statistics"),
    "feature-completeness": Source("features", (feature_findings,)),
    "freshness": Source("freshness", (fresh_findings,)),
    "missing-phase4": Source("phase 4", (missed_findings,)),
    "season-coverage": Source("coverage", (coverage_findings,)),
    "validation-counts": Source("validation", (validation_findings,)),
}
"""Monitoring queries by their names."""

BACKUPS, PROOF, FENCES = "backups", "proof", "fences"
SCHEDULES, WORKFLOWS, ERRORS = "schedules", "workflows", "errors"
SOURCES: Mapping[str, Source] = {
    **QUERIES,
    GAMES: Source("games"),
    SCHEDULES: Source("schedules", (schedule_findings,)),
    WORKFLOWS: Source("workflows", (workflow_findings,)),
    ERRORS: Source("errors", (error_findings,)),
    BACKUPS: Source("backup", (backup_findings,)),
    PROOF: Source("proof", (status_findings,)),
    FENCES: Source("fences", (fence_findings,)),
}

_RECOVERY = (BACKUPS, PROOF, FENCES)
_PIPELINE = ("daily-completeness", GAMES, "freshness", "missing-phase4")


class Mode(NamedTuple):
    """One word of `rebound ops`.

    Attributes:
        help: What it shows.
        sources: What it looks at; the names of sources.
    """

    help: str
    sources: tuple[str, ...]


MODES: Mapping[str, Mode] = {
    "quick": Mode(
        "The night in a few seconds: yesterday's rows, workflows, errors, backups",
        ("daily-completeness", GAMES, WORKFLOWS, ERRORS, *_RECOVERY),
    ),
    "full": Mode("Everything there is to look at", tuple(SOURCES)),
    "pipeline": Mode("The rows of each phase, and how old they are", _PIPELINE),
    "validation": Mode(
        "What validations found, and which features lack values",
        ("validation-counts", "feature-completeness"),
    ),
    "workflows": Mode("How schedules and workflows ended the last time", (SCHEDULES, WORKFLOWS)),
    "errors": Mode("What was logged as an error since yesterday", (ERRORS,)),
    "backfill": Mode("How much of each season is done", ("season-coverage", "missing-phase4")),
    "backups": Mode("Whether there is a backup to recover from, and what stands still", _RECOVERY),
    "actions": Mode("What to do now, the worst first", tuple(SOURCES)),
}


def findings_of(facts: Facts, frame: Frame) -> list[HealthFinding]:
    """Judge everything that was looked at; what could not be read is unknown."""
    found: list[HealthFinding] = []
    for name, fact in facts.items():
        source = SOURCES[name]
        if isinstance(fact, Unread) and source.rules:
            what = f"it could not be read: {fact.why}"
            found.append(HealthFinding(source.check, "", Health.UNKNOWN, what, mend=fact.hint))
        elif not isinstance(fact, Unread):
            for rule in source.rules:
                found.extend(rule(fact, frame, facts))
    return found


def chosen_sources(mode: Mode, frame: Frame) -> tuple[str, ...]:
    """Return what a word looks at on this platform: of queries, those that the catalog names."""
    operations = frame.operations
    left_out = set(QUERIES) - set(operations.queries)
    if frame.processors is None or frame.processors.schedule is None:
        left_out.add(GAMES)
    if not operations.workflows:
        left_out.add(WORKFLOWS)
    if not operations.locations:
        left_out.add(SCHEDULES)
    return tuple(name for name in mode.sources if name not in left_out)
