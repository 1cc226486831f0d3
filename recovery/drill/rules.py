"""What a drill may do, what it has to show, and what it came to. Pure."""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from pydantic import ValidationError

from manifests.catalog import Catalog
from manifests.catalog_writers import FenceRule
from manifests.errors import BackupDamagedError, NotEqualError, RefusedError, UsageError
from manifests.model.drill import Control
from manifests.selection import RunSummary
from manifests.values import RunId
from recovery.drill.model import (
    NOT_LOOKED_AT,
    Criteria,
    DrillBegun,
    DrilledPart,
    DrillVerdict,
    Measured,
    Phase,
)
from recovery.drill.phases import ORDER
from recovery.scenarios import objective_of
from recovery.units import counted, duration, listed

SANDBOX_LABEL = "rebound-sandbox"
"""A project that has this label, with the value `true`, may be filled and emptied by drills."""
NEEDED = (
    "bigquery.datasets.create",
    "bigquery.datasets.delete",
    "bigquery.jobs.create",
    "datastore.databases.create",
    "datastore.databases.delete",
    "storage.buckets.create",
    "storage.buckets.delete",
)
"""What a drill does to a sandbox project and nowhere else: making, and removing what it made."""
_PLANTED_IN_FILES = ("a flipped byte", "a missing file", "a stale manifest")
_DAY_SECONDS = 86400.0
_OF_THE_BACKUP = frozenset({BackupDamagedError.exit_code, NotEqualError.exit_code})


def check_not_protected(sandbox: Collection[str], catalog: Catalog, own_project: str) -> None:
    """Refuse a drill into a project that is protected.

    Args:
        sandbox: Where the drill would write, by every name that the project has.
        catalog: What is protected.
        own_project: The project that the settings name.

    Raises:
        RefusedError: It would write to what it is meant to protect.
    """
    if found := sorted({own_project, *catalog.protected_projects}.intersection(sandbox)):
        raise RefusedError(
            "a drill never writes to the project that is protected",
            subject=found[0],
            hint="`--project` names a sandbox project, in which nothing else is",
        )


def check_sandbox(sandbox: str, labels: Mapping[str, str], granted: Collection[str]) -> None:
    """Refuse a project that is no sandbox, or in which the drill could not clean up.

    Args:
        sandbox: The project.
        labels: Its labels.
        granted: What of `NEEDED` whoever runs the drill may do there.

    Raises:
        RefusedError: It has not the label, or a right is missing.
    """
    if labels.get(SANDBOX_LABEL) != "true":
        raise RefusedError(
            f"the project has no label {SANDBOX_LABEL}=true, so it is no sandbox",
            subject=sandbox,
            hint=f"`gcloud projects update {sandbox} --update-labels {SANDBOX_LABEL}=true`, "
            "if nothing else is in it",
        )
    if missing := [name for name in NEEDED if name not in granted]:
        raise RefusedError(
            f"these rights are missing, so that a drill could not end: {', '.join(missing)}",
            subject=sandbox,
            hint="grant them in the sandbox project alone",
        )


def expected_controls(restored: Iterable[str], rule: FenceRule | None) -> tuple[str, ...]:
    """Return what has to be planted in a drill: in what is stored, and in what it restores.

    Args:
        restored: What is planted in what it restores.
        rule: What the catalog says of writers.
    """
    schedule = ("an unpaused schedule",) if schedule_pattern(rule) else ()
    return (*_PLANTED_IN_FILES, *restored, *schedule)


def schedule_pattern(rule: FenceRule | None) -> str:
    """Return a pattern of names of schedules that write; empty where the catalog has none."""
    names = (
        name
        for item in (rule.writers if rule is not None else ())
        if item.type == "scheduler/job"
        for name in item.names
    )
    return min(names, key=lambda name: ("*" not in name, name), default="")


def criteria_of(names: Iterable[str], catalog: Catalog) -> Criteria:
    """Return the criteria that the catalog agrees on: of several scenarios the strictest objectives.

    Args:
        names: The scenarios.
        catalog: What was agreed; where it says nothing of one, what holds for that scenario.
    """
    agreed = [objective_of(name, catalog.objectives) for name in names]
    return Criteria(
        rto_seconds=min(item.rto_seconds for item in agreed),
        rpo_seconds=min(item.rpo_seconds for item in agreed),
        newest_point=catalog.drills.newest_point,
        fewest_controls=catalog.drills.fewest_controls,
    )


def of_any_age(criteria: Criteria, catalog: Catalog) -> Criteria:
    """Return criteria for a point that is drawn: as old as the catalog keeps any."""
    kept_seconds = catalog.retention.keep_days * _DAY_SECONDS
    return criteria.model_copy(update={"newest_point": False, "rpo_seconds": kept_seconds})


def drawn(mark: str, runs: Sequence[RunSummary]) -> RunId | None:
    """Draw one of the complete runs; None where there is none."""
    complete = [run.run_id for run in runs if run.state == "complete"]
    return min(complete, key=lambda run: lot(mark, run), default=None)


def lot(mark: str, name: str) -> str:
    """Return a number that a drill draws for a thing."""
    return hashlib.sha256(f"{mark}/{name}".encode()).hexdigest()


def read_criteria(content: object, *, subject: str) -> Criteria:
    """Read criteria that somebody wrote down.

    Args:
        content: The file, as JSON.
        subject: Where it lies.

    Raises:
        UsageError: They are none.
    """
    try:
        found = Criteria.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "criteria"
        raise UsageError(f"{where}: {first['msg']}", subject=subject) from error
    if unknown := sorted(found.model_extra or {}):
        raise UsageError(f"no criterion: {', '.join(unknown)}", subject=subject)
    return found


def measured(
    begun: DrillBegun, phases: Sequence[Phase], parts: Sequence[DrilledPart]
) -> Iterator[Measured]:
    """Compare what was measured with the criteria.

    The controls are no part of a recovery: the time that counts ends when everything is proven.
    """
    criteria = begun.criteria
    took = sum(item.seconds for item in phases if item.name in ORDER[: ORDER.index("PROVING")])
    yield Measured(
        name="RTO",
        target=duration(criteria.rto_seconds),
        measured=duration(took),
        basis="from the beginning of the drill until all was restored and proven equal",
        is_met=took <= criteria.rto_seconds,
    )
    lost = max((item.lost_seconds for item in parts), default=float("inf"))
    yield Measured(
        name="RPO",
        target=duration(criteria.rpo_seconds),
        measured=duration(lost) if parts else "nothing was restored",
        basis="age of the oldest restored point when the drill began",
        is_met=lost <= criteria.rpo_seconds,
    )
    if criteria.newest_point:
        yield Measured(
            name="newest point",
            target="yes",
            measured="yes" if begun.is_newest else "no",
            basis="the newest complete run of this platform that nothing is wrong with",
            is_met=begun.is_newest,
        )


def verdict(
    criteria: Criteria,
    phases: Sequence[Phase],
    parts: Sequence[DrilledPart],
    controls: Sequence[Control],
    results: Sequence[Measured],
) -> tuple[DrillVerdict, str]:
    """Return what a drill came to, and why: what it could not show comes before what it showed.

    Args:
        criteria: What was written down before.
        phases: Its phases.
        parts: What it restored.
        controls: What was planted.
        results: What was measured.
    """
    planted = f"{len(controls)} of {len(controls)} planted damages caught"
    passed = f"{counted(len(parts), 'part')} proven, {planted}"
    # Nothing was planted in what was not restored.
    is_whole = all(item.state != NOT_LOOKED_AT for item in parts)
    fewest = criteria.fewest_controls if is_whole else 0
    found = (*_broken(phases), *_blind(fewest, phases, controls), *_missed(parts, results))
    return next(iter(found), ("pass", passed))


def _broken(phases: Sequence[Phase]) -> Iterator[tuple[DrillVerdict, str]]:
    """Tell of a drill that broke off, because of the backup or of anything else."""
    for item in phases:
        if item.state == "FAILED":
            yield "fail" if item.exit_code in _OF_THE_BACKUP else "incomplete", item.what
    lacking = [name for name in ORDER[:-1] if name not in {item.name for item in phases}]
    if lacking:
        yield "incomplete", f"it did not come to {lacking[0]}"


def _blind(
    fewest: int, phases: Sequence[Phase], controls: Sequence[Control]
) -> Iterator[tuple[DrillVerdict, str]]:
    """Tell of a drill whose checks did not detect the planted damage."""
    planted = [item for item in controls if item.is_planted]
    if missed := [f"{item.name} ({item.check})" for item in planted if not item.is_caught]:
        yield "void", f"no check told of {listed(missed)}"
    if lacking := [f"{item.name}: {item.what}" for item in controls if not item.is_planted]:
        yield "void", f"it could not be planted, so that no check told of it: {listed(lacking)}"
    if len(controls) < fewest:
        few = counted(len(controls), "damage")
        yield "void", f"{few} planted, {fewest} had to be"
    if any(item.seconds <= 0 for item in phases):
        yield "void", "a phase took no time: the clock does not go"


def _missed(
    parts: Sequence[DrilledPart], results: Sequence[Measured]
) -> Iterator[tuple[DrillVerdict, str]]:
    """Tell of what is not proven, and of criteria that are not met."""
    if not parts:
        yield "fail", "nothing was restored"
    hidden = [item.label for item in parts if item.state == NOT_LOOKED_AT]
    proven = {*hidden, *(item.label for item in parts if item.state == "proven")}
    if unproven := [item.label for item in parts if item.label not in proven]:
        yield "fail", f"not proven: {listed(unproven)}"
    if hidden:
        yield "incomplete", f"not drilled, because it could not be looked at: {listed(hidden)}"
    if targets := [item.name for item in results if not item.is_met]:
        yield "fail", f"not met: {', '.join(targets)}"
