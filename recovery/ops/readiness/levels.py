"""What was promised of the platform, and what was measured of it. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from manifests.catalog_objectives import Objective, ScenarioName
from manifests.catalog_operations import Model
from manifests.model.proof import ProofRecord
from recovery.ops.facts import Backups, Facts, QueryResult, Unread
from recovery.ops.readiness.evidence import last_trained
from recovery.ops.readiness.model import Basis, DeclaredLevel, ServiceLevel
from recovery.ops.readiness.promises import PROMISES, Promise
from recovery.scenarios import SCENARIOS, objective_of
from recovery.units import age, duration

LEVEL_QUERIES = ("backfill-rate", "feature-availability")
"""The monitoring queries that only service levels need."""

_HOUR_SECONDS = 3600
_NOT_ASKED = "the catalog does not name its query in `operations.queries`"
_CRITICAL_FEATURES = ("minutes_played", "usage_rate")


def service_levels(
    facts: Facts,
    proofs: Sequence[ProofRecord],
    declared: Mapping[str, DeclaredLevel],
    now: datetime,
    model: Model | None = None,
    *,
    agreed: Mapping[ScenarioName, Objective] | None = None,
) -> Iterator[ServiceLevel]:
    """Yield each promise with what was measured of it; one that was not measured is not known to be met.

    Whether a promise is met is computed from the number, even where people declared the number.

    Args:
        facts: What `rebound ops` read.
        proofs: The recoveries and drills that were proven, with the seconds that each took.
        declared: The numbers that people declare, by the names of promises.
        now: The present instant.
        model: What the catalog says of the model.
        agreed: The objectives of the catalog, by scenario; None for Rebound's own.
    """
    yield from _tables(facts)
    yield from _orchestration(facts)
    yield _training(facts, model or Model(), now)
    yield _backup(facts, now)
    for scenario in SCENARIOS:
        seconds = [item.seconds for item in proofs if item.scenario == scenario.name]
        longest = max(seconds, default=None)
        most = objective_of(scenario.name, agreed or {}).rto_seconds
        yield _measured(
            f"recovery after {scenario.name}",
            f"at most {duration(most)}",
            "" if longest is None else f"{duration(longest)}, the longest of {len(seconds)}",
            is_met=None if longest is None else longest <= most,
            why="no recovery and no drill of it was proven lately",
        )
    for name, promise in PROMISES.items():
        yield _told(name, promise, declared.get(name), now.date())


def _told(name: str, promise: Promise, said: DeclaredLevel | None, today: date) -> ServiceLevel:
    """Return a promise that people declare; a declaration that expired says nothing."""
    if said is None:
        return ServiceLevel(name=name, target=promise.target, why=promise.why)
    counts = said.counts_on(today)
    return ServiceLevel(
        name=name,
        target=promise.target,
        measured=promise.told(said.value) if counts else "",
        is_met=promise.is_met_by(said.value) if counts else None,
        basis="declared",
        evidence=said.told_on(today),
    )


def _measured(
    name: str, target: str, measured: str, *, is_met: bool | None, why: str = ""
) -> ServiceLevel:
    """Return a level; one without a number says why it has none."""
    basis: Basis = "nobody" if is_met is None else "looked at"
    why = (why or "what tells it could not be read, or says nothing") if is_met is None else ""
    return ServiceLevel(
        name=name, target=target, measured=measured, is_met=is_met, basis=basis, why=why
    )


def _tables(facts: Facts) -> Iterator[ServiceLevel]:
    rows = _rows(facts, "feature-completeness")
    present = {
        row["feature"]: 100 * row["present"] / row["records"] for row in rows if row["records"]
    }
    unplayed = _why(facts, "feature-completeness", "nobody has played yet in this season")
    yield _percent("features are complete", 95, min(present.values(), default=None), unplayed)
    critical = [100 - present[name] for name in _CRITICAL_FEATURES if name in present]
    most = max(critical, default=None)
    yield _measured(
        "critical features that are missing",
        "below 5 %",
        "" if most is None else f"{most:.1f} %",
        is_met=None if most is None else most < 5,  # noqa: PLR2004 - the target
        why=unplayed,
    )
    behind = [row["days_behind"] for row in _rows(facts, "freshness")]
    known = [int(days) for days in behind if days is not None]
    is_known = bool(known) and len(known) == len(behind)
    yield _measured(
        "tables are fresh",
        "at most 24 h",
        f"{max(known)} d behind" if is_known else "",
        is_met=max(known) < 2 if is_known else None,  # noqa: PLR2004 - of the day that is due
        why=_why(facts, "freshness", "a table has no rows"),
    )
    seasons = [
        row["percent"] for row in _rows(facts, "season-coverage") if row["percent"] is not None
    ]
    done = float(seasons[-1]) if seasons else None
    why = _why(facts, "season-coverage", "no date is due yet")
    yield _percent("phases 3 and 4 succeed", 90, done, why)
    shares = [it["percent"] for it in _rows(facts, "feature-availability")]
    share = None if shares in ([], [None]) else float(shares[0])
    why = _why(facts, "feature-availability", "nobody played in the last 30 days")
    yield _percent("features are there", 90, share, why)
    rates = [float(row["dates_an_hour"]) for row in _rows(facts, "backfill-rate")]
    yield _measured(
        "a backfill does in an hour",
        "at least 10 dates",
        f"{min(rates):g} dates, the slowest of {len(rates)}" if rates else "",
        is_met=min(rates) >= 10 if rates else None,  # noqa: PLR2004 - the target
        why=_why(facts, "backfill-rate", "no backfill ran in the last 90 days"),
    )


def _training(facts: Facts, model: Model, now: datetime) -> ServiceLevel:
    """Tell how long ago a schedule that trains was answered well."""
    jobs = facts.get("schedules")
    at = last_trained(jobs, model) if isinstance(jobs, list) else None
    seconds = None if at is None else (now - at).total_seconds()
    return _measured(
        "the model is trained again",
        f"at most {model.trained_days:g} d",
        "" if seconds is None else age(seconds),
        is_met=None if seconds is None else seconds <= model.trained_days * 24 * _HOUR_SECONDS,
        why="no schedule that `operations.model.training` names was ever answered well",
    )


def _orchestration(facts: Facts) -> Iterator[ServiceLevel]:
    found = facts.get("workflows")
    workflows = found if isinstance(found, list) else []
    ended = sum(item.state == "SUCCEEDED" for item in workflows)
    share = 100 * ended / len(workflows) if workflows else None
    yield _percent("phases 1 and 2 succeed", 95, share)
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
    return _measured(
        "a recovery loses",
        "at most 26 h: a day, and the time of its retries",
        "" if seconds is None else age(seconds),
        is_met=None if seconds is None else seconds <= 26 * _HOUR_SECONDS,
    )


def _percent(name: str, least: float, measured: float | None, why: str = "") -> ServiceLevel:
    return _measured(
        name,
        f"at least {least:g} %",
        "" if measured is None else f"{measured:.1f} %",
        is_met=None if measured is None else measured >= least,
        why=why,
    )


def _why(facts: Facts, name: str, nothing: str) -> str:
    """Return why a query gives no number: it was not asked, not answered, or there is nothing."""
    if name not in facts:
        return _NOT_ASKED
    answer = facts[name]
    return f"it could not be read: {answer.why}" if isinstance(answer, Unread) else nothing


def _rows(facts: Facts, name: str) -> list[dict[str, Any]]:
    answer = facts.get(name)
    return answer.named if isinstance(answer, QueryResult) else []
