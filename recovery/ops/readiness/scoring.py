"""From findings and declarations to a score. Pure.

What is healthy counts whole, what needs attention half; what is critical, unknown, expired or was
not looked at counts for nothing. So a backup that is believed to restore counts for nothing, too.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from recovery.health import Health, HealthFinding
from recovery.ops.readiness.model import (
    Criterion,
    Declared,
    Dimension,
    Readiness,
    ReadinessCriteria,
    ReadinessRecord,
    Scored,
    ServiceLevel,
)
from recovery.units import counted

type Found = Mapping[str, Sequence[HealthFinding]]
"""What each look found: ops, doctor, security, status."""

_WORTH = {Health.HEALTHY: 1.0, Health.WARNING: 0.5, Health.UNKNOWN: 0.0, Health.CRITICAL: 0.0}

CHECKLIST: Mapping[str, tuple[str, ...]] = {
    "the newest complete run is fresh": ("ops:backup",),
    "everything that is protected was shown to restore": ("status:proof",),
    "nothing is left unprotected": ("status:protected",),
    "the deployment is as it must be": ("doctor:*",),
    "nobody unexpected can delete backups": ("security:who can delete", "security:vault"),
    "no service is open to everybody": ("security:public services",),
    "contacts are filled in": ("doctor:contacts",),
    "schedules and workflows end well": ("ops:schedules", "ops:workflows"),
    "no fence stands": ("ops:fences",),
}
"""What has to be so before a platform goes live."""


def readiness(
    criteria: ReadinessCriteria,
    found: Found,
    declared: Mapping[str, Declared],
    levels: Iterable[ServiceLevel],
    *,
    project: str,
    now: datetime,
    past: Sequence[ReadinessRecord] = (),
) -> Readiness:
    """Return how ready the platform is.

    Args:
        criteria: What counts.
        found: What was looked at.
        declared: What people say, by `dimension/criterion`.
        levels: What was promised, and measured.
        project: The project.
        now: The present instant.
        past: Earlier records.
    """
    scored = [
        _scored(dimension, criterion, found, declared, now.date())
        for dimension in criteria.dimensions
        for criterion in dimension.criteria
    ]
    dimensions = {
        dimension.name: round(_share(dimension.name, scored) * 100, 1)
        for dimension in criteria.dimensions
    }
    score = sum(item.weight * _share(item.name, scored) for item in criteria.dimensions)
    return Readiness(
        looked_at=now,
        project=project,
        score=round(score, 2),
        dimensions=dimensions,
        passed=criteria.passed,
        criteria=tuple(scored),
        levels=tuple(levels),
        checklist=tuple((name, _is_well(found, looks)) for name, looks in CHECKLIST.items()),
        past=tuple(sorted(past, key=lambda record: record.looked_at)),
    )


def health_of(found: Readiness) -> Health:
    """Return the health of a score: critical below what passes, a warning while anything is open."""
    if found.score < found.passed:
        return Health.CRITICAL
    is_whole = all(is_so for _, is_so in found.checklist)
    return Health.HEALTHY if is_whole and not found.gaps else Health.WARNING


def band(score: float) -> str:
    """Return what a score is called."""
    for least, name in ((90, "excellent"), (80, "good"), (70, "fair"), (60, "marginal")):
        if score >= least:
            return name
    return "poor"


def planned(gaps: Sequence[Scored]) -> dict[int, tuple[Scored, ...]]:
    """Return in how many days which gap is closed: what costs most first."""
    plan: dict[int, list[Scored]] = {30: [], 60: [], 90: []}
    for gap in gaps:
        days = 30 if gap.lost >= 3 else 60 if gap.lost >= 1.5 else 90  # noqa: PLR2004 - of a hundred
        plan[days].append(gap)
    return {days: tuple(its) for days, its in plan.items()}


def _share(dimension: str, scored: Iterable[Scored]) -> float:
    its = [item for item in scored if item.dimension == dimension]
    return sum(item.scored for item in its) / sum(item.points for item in its)


def _scored(
    dimension: Dimension,
    criterion: Criterion,
    found: Found,
    declared: Mapping[str, Declared],
    today: date,
) -> Scored:
    worth = dimension.weight / sum(item.points for item in dimension.criteria)
    if criterion.looks:
        findings = _of(found, criterion.looks)
        points = criterion.points * _worth(findings)
        return Scored(
            dimension=dimension.name,
            name=criterion.name,
            points=criterion.points,
            scored=round(points, 2),
            lost=round((criterion.points - points) * worth, 3),
            basis="looked at" if findings else "nobody",
            evidence=_told(findings),
            command=criterion.command,
            on=today if findings else None,
        )
    said = declared.get(f"{dimension.name}/{criterion.name}")
    points = said.points if said is not None and said.counts_on(today) else 0.0
    return Scored(
        dimension=dimension.name,
        name=criterion.name,
        points=criterion.points,
        scored=points,
        lost=round((criterion.points - points) * worth, 3),
        basis="nobody" if said is None else "declared",
        evidence=f"nobody declared it: {criterion.why}" if said is None else said.told_on(today),
        on=None if said is None else said.on,
    )


def _of(found: Found, looks: Iterable[str]) -> list[HealthFinding]:
    chosen = []
    for look in looks:
        name, _, check = look.partition(":")
        chosen += [item for item in found.get(name, ()) if check in ("*", item.check)]
    return chosen


def _is_well(found: Found, looks: Iterable[str]) -> bool:
    """Whether each look was taken, and found nothing wrong."""
    return all(
        findings and all(item.health is Health.HEALTHY for item in findings)
        for findings in (_of(found, (look,)) for look in looks)
    )


def _worth(findings: Sequence[HealthFinding]) -> float:
    if not findings:
        return 0.0
    return sum(_WORTH[item.health] for item in findings) / len(findings)


def _told(findings: Sequence[HealthFinding]) -> str:
    if not findings:
        return "it was not looked at"
    healthy = sum(item.health is Health.HEALTHY for item in findings)
    bad = [item for item in findings if item.health is not Health.HEALTHY]
    first = (bad or findings)[0]
    told = f"{first.check} {first.subject}".rstrip()
    return f"{healthy} of {counted(len(findings), 'finding')} healthy; {told}: {first.what}"
