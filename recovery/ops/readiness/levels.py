"""What was promised of the platform, and what was measured of it. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from manifests.model.proof import ProofRecord
from recovery.ops.facts import Answer, Backups, Facts
from recovery.ops.readiness.model import ServiceLevel
from recovery.scenarios import SCENARIOS
from recovery.units import age, duration

_HOUR_SECONDS = 3600
_CRITICAL_FEATURES = ("minutes_played", "usage_rate")
_UNMEASURED: Mapping[str, str] = {
    "availability": "99 %",
    "phases 1 and 2 succeed": "95 %",
    "mean absolute error of the model": "below 4.5",
    "a batch of predictions": "60 s",
    "the model is trained again": "each week",
    "an incident is noticed": "30 min",
    "somebody begins with a P0": "1 h",
    "somebody begins with a P1": "4 h",
    "services scale": "2 min",
    "services recover by themselves": "75 %",
    "infrastructure is up": "99 %",
}


def service_levels(
    facts: Facts, proofs: Sequence[ProofRecord], now: datetime
) -> Iterator[ServiceLevel]:
    """Yield each promise with what was measured; what was not is not known to be kept.

    Args:
        facts: What `rebound ops` read.
        proofs: What was shown to restore.
        now: The present instant.
    """
    yield from _tables(facts)
    yield from _schedules(facts)
    yield _backup(facts, now)
    for scenario in SCENARIOS:
        seconds = [item.seconds for item in proofs if item.scenario == scenario.name]
        longest = max(seconds, default=None)
        yield ServiceLevel(
            name=f"recovery after {scenario.name}",
            target=duration(scenario.rto_seconds),
            measured=""
            if longest is None
            else f"{duration(longest)}, the longest of {len(seconds)}",
            is_met=None if longest is None else longest <= scenario.rto_seconds,
        )
    for name, target in _UNMEASURED.items():
        yield ServiceLevel(name=name, target=target)


def _tables(facts: Facts) -> Iterator[ServiceLevel]:
    rows = _rows(facts, "feature-completeness")
    present = {
        row["feature"]: 100 * row["present"] / row["records"] for row in rows if row["records"]
    }
    yield _percent("features are complete", 95, min(present.values(), default=None))
    critical = [100 - present[name] for name in _CRITICAL_FEATURES if name in present]
    most = max(critical, default=None)
    yield ServiceLevel(
        name="critical features that are missing",
        target="below 5 %",
        measured="" if most is None else f"{most:.1f} %",
        is_met=None if most is None else most < 5,  # noqa: PLR2004 - the target
    )
    behind = [row["days_behind"] for row in _rows(facts, "freshness")]
    known = [int(days) for days in behind if days is not None]
    is_known = bool(known) and len(known) == len(behind)
    yield ServiceLevel(
        name="tables are fresh",
        target="24 h",
        measured=f"{max(known)} d behind" if is_known else "",
        is_met=max(known) < 2 if is_known else None,  # noqa: PLR2004 - of the day that is due
    )
    seasons = [
        row["percent"] for row in _rows(facts, "season-coverage") if row["percent"] is not None
    ]
    yield _percent("phases 3 and 4 succeed", 90, float(seasons[-1]) if seasons else None)


def _schedules(facts: Facts) -> Iterator[ServiceLevel]:
    jobs = facts.get("schedules")
    enabled = (
        [job for job in jobs if job.get("state") == "ENABLED"] if isinstance(jobs, list) else []
    )
    good = sum(not job.get("status", {}).get("code") for job in enabled)
    yield _percent("schedules end well", 95, 100 * good / len(enabled) if enabled else None)


def _backup(facts: Facts, now: datetime) -> ServiceLevel:
    backups = facts.get("backups")
    complete = backups.complete if isinstance(backups, Backups) else []
    point = complete[-1].recovery_point if complete else None
    seconds = None if point is None else (now - point).total_seconds()
    return ServiceLevel(
        name="a recovery loses at most",
        target="26 h",
        measured="" if seconds is None else age(seconds),
        is_met=None if seconds is None else seconds <= 26 * _HOUR_SECONDS,
    )


def _percent(name: str, least: float, measured: float | None) -> ServiceLevel:
    return ServiceLevel(
        name=name,
        target=f"{least:g} %",
        measured="" if measured is None else f"{measured:.1f} %",
        is_met=None if measured is None else measured >= least,
    )


def _rows(facts: Facts, name: str) -> list[dict[str, Any]]:
    answer = facts.get(name)
    return answer.named if isinstance(answer, Answer) else []
