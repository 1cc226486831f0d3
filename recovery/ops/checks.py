"""The checks of `rebound ops`, the rules that judge each, and the modes. Pure."""

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
    day_findings,
    feature_findings,
    fresh_findings,
    missed_findings,
    validation_findings,
)
from recovery.ops.rules.seasons import coverage_findings

type Rule = Callable[[Any, Frame, Facts], Iterable[HealthFinding]]


class OpsCheck(NamedTuple):
    """One thing that is looked at.

    Attributes:
        name: What is looked at, as findings name it.
        rules: What judges it; empty where it is only shown, or is read for the rules of another check.
    """

    name: str
    rules: tuple[Rule, ...] = ()


QUERIES: Mapping[str, OpsCheck] = {
    "daily-completeness": OpsCheck("day", (day_findings,)),
    "daily-statistics": OpsCheck("statistics"),
    "feature-completeness": OpsCheck("features", (feature_findings,)),
    "freshness": OpsCheck("freshness", (fresh_findings,)),
    "missing-phase4": OpsCheck("phase 4", (missed_findings,)),
    "season-coverage": OpsCheck("coverage", (coverage_findings,)),
    "validation-counts": OpsCheck("validation", (validation_findings,)),
}
"""Monitoring queries by their names."""

BACKUPS, PROOF, FENCES = "backups", "proof", "fences"
SCHEDULES, WORKFLOWS, ERRORS = "schedules", "workflows", "errors"
CHECKS: Mapping[str, OpsCheck] = {
    **QUERIES,
    GAMES: OpsCheck("games"),
    SCHEDULES: OpsCheck("schedules", (schedule_findings,)),
    WORKFLOWS: OpsCheck("workflows", (workflow_findings,)),
    ERRORS: OpsCheck("errors", (error_findings,)),
    BACKUPS: OpsCheck("backup", (backup_findings,)),
    PROOF: OpsCheck("proof", (status_findings,)),
    FENCES: OpsCheck("fences", (fence_findings,)),
}

_RECOVERY = (BACKUPS, PROOF, FENCES)
_PIPELINE = ("daily-completeness", GAMES, "freshness", "missing-phase4")


class Mode(NamedTuple):
    """One mode of `rebound ops`.

    Attributes:
        help: What it shows.
        checks: What it looks at, by name.
    """

    help: str
    checks: tuple[str, ...]


MODES: Mapping[str, Mode] = {
    "quick": Mode(
        "The night in a few seconds: yesterday's rows, workflows, errors, backups",
        ("daily-completeness", GAMES, WORKFLOWS, ERRORS, *_RECOVERY),
    ),
    "full": Mode("Everything there is to look at", tuple(CHECKS)),
    "pipeline": Mode("The rows of each phase, and how old they are", _PIPELINE),
    "validation": Mode(
        "What validations found, and which features lack values",
        ("validation-counts", "feature-completeness"),
    ),
    "workflows": Mode("How schedules and workflows ended the last time", (SCHEDULES, WORKFLOWS)),
    "errors": Mode("What was logged as an error since yesterday", (ERRORS,)),
    "backfill": Mode(
        "How much of each season is done", (GAMES, "season-coverage", "missing-phase4")
    ),
    "backups": Mode("Whether there is a backup to recover from, and what stands still", _RECOVERY),
    "actions": Mode("What to do now, the worst first", tuple(CHECKS)),
}


def findings_of(facts: Facts, frame: Frame) -> list[HealthFinding]:
    """Judge everything that was looked at; what could not be read is unknown."""
    found: list[HealthFinding] = []
    for name, fact in facts.items():
        check = CHECKS[name]
        if isinstance(fact, Unread) and check.rules:
            what = f"it could not be read: {fact.why}"
            found.append(HealthFinding(check.name, "", Health.UNKNOWN, what, mend=fact.hint))
        elif not isinstance(fact, Unread):
            for rule in check.rules:
                found.extend(rule(fact, frame, facts))
    return found


def chosen_checks(mode: Mode, frame: Frame) -> tuple[str, ...]:
    """Return what a mode looks at on this platform: of queries, those that the catalog names."""
    operations = frame.operations
    left_out = set(QUERIES) - set(operations.queries)
    if frame.processors is None or frame.processors.schedule is None:
        left_out.add(GAMES)
    if not operations.workflows:
        left_out.add(WORKFLOWS)
    if not operations.locations:
        left_out.add(SCHEDULES)
    return tuple(name for name in mode.checks if name not in left_out)
