"""Decides which run a call is about, and at which instant a new run is made."""

import hashlib
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

import structlog

from manifests.catalog import Catalog
from manifests.cloud.resources import Resources
from manifests.errors import (
    BackupDamagedError,
    CatalogError,
    ManifestMissingError,
    RefusedError,
    SourceUnreadableError,
    UsageError,
)
from manifests.kinds.tables.kind import TABLES
from manifests.layout import last_attempt_name, parse_run_id
from manifests.store.decoded import Started
from manifests.store.vault import Vault
from manifests.values import RunId

_TIME_TRAVEL_HOURS = 168
_LONGEST_PAUSE_SECONDS = 5.0
_MOST_RUNS = 50
_EARLY = timedelta(minutes=1)
# A recovery point is a whole minute that was over when the call came.
_BEFORE_ITS_TIME = timedelta(minutes=10)
_STORABLE = re.compile(r"\w+\.[A-Za-z0-9_-]+", re.ASCII)

log = structlog.get_logger()


def refuse_earlier(run_id: RunId, scheduled_at: datetime | None, recovery_point: datetime) -> None:
    """Refuse a stored run that is older than the time of its schedule.

    Args:
        run_id: The run.
        scheduled_at: The time of the schedule; None for a manual run.
        recovery_point: That of what is stored of the run.

    Raises:
        RefusedError: It lies before the schedule's time.
    """
    if scheduled_at is not None and recovery_point < scheduled_at - _BEFORE_ITS_TIME:
        raise RefusedError(
            f"what is stored of this run is as of {recovery_point:%Y-%m-%dT%H:%MZ}, before its time",
            subject=run_id,
            hint="find out who wrote it; a run with another id takes its place",
        )


def refuse_placed(run: Started, scheduled_at: datetime | None) -> None:
    """Refuse a run whose start record somebody wrote before its time had come.

    Cloud Storage dates the record; whoever writes it cannot.

    Args:
        run: The run, as its start record is.
        scheduled_at: The time of the schedule; None for a manual run.

    Raises:
        RefusedError: The record lay there before the schedule's time, or before its own times.
    """
    start, hint = run.start, "find out who wrote it; a run with another id takes its place"
    if scheduled_at is not None and run.written_at < scheduled_at - _EARLY:
        raise RefusedError(
            f"its start was written at {run.written_at:%Y-%m-%dT%H:%M:%SZ}, before its time",
            subject=run.run_id,
            hint=hint,
        )
    if not start.recovery_point <= start.started_at <= run.written_at:
        raise RefusedError("the times of its start are not in order", subject=run.run_id, hint=hint)


def refuse_next(scheduled_at: datetime, *, now: datetime) -> None:
    """Refuse a forced run of a schedule, which carries the NEXT time.

    Taking it would make tonight's run now, and tonight's call would find it complete (Cloud
    Scheduler, Deduplicate job requests).

    Args:
        scheduled_at: The schedule's time.
        now: The present instant, as the services tell it.

    Raises:
        UsageError: The time has not come.
    """
    if scheduled_at > now + _EARLY:
        raise UsageError(
            "a forced run of a schedule does not name a run of its own",
            subject=f"{scheduled_at:%Y-%m-%dT%H:%M:%SZ}",
            hint='send {"run_id": "..."} for a manual run',
        )


def current_run(vault: Vault, run_id: RunId, *, since: datetime, holder: str) -> RunId:
    """Return the run of a schedule's time: its first, or the one after those that can never end.

    Somebody can have written beforehand where each of them would be. Where more places are taken than a
    night ever needs, the run gets a number that nobody could know.

    Args:
        vault: Where the runs are.
        run_id: The first run of that time.
        since: That time: a run that was begun before is none of it.
        holder: A name for this process that no other process has.
    """
    if found := _first_free(vault, (run_id, *_numbered(run_id, range(2, _MOST_RUNS + 1)))):
        return found
    if found := _first_free(
        vault, vault.begun_in_place_of(run_id, since=since - _EARLY)[:_MOST_RUNS]
    ):
        return found
    number = int(hashlib.sha256(holder.encode()).hexdigest()[:12], 16)
    return next(_numbered(run_id, (_MOST_RUNS + 1 + number,)))


def _numbered(run_id: RunId, numbers: Iterable[int]) -> Iterator[RunId]:
    return (parse_run_id(f"{run_id}-r{number}") for number in numbers)


def _first_free(vault: Vault, runs: Iterable[RunId]) -> RunId | None:
    """Return the first run that can be complete, or is; None where there is none."""
    for run_id in runs:
        reason = _obstacle(vault, run_id)
        if not reason:
            return run_id
        log.error("another run takes the place of one", passed_over=run_id, reason=reason)
    return None


def _obstacle(vault: Vault, run_id: RunId) -> str:
    """Return why a run can never be complete; empty where it can, or is.

    An object that is unreadable or not believed is never replaced, so it stays an obstacle.
    """
    if vault.has_failed(run_id):
        return f"{last_attempt_name(run_id)} says that no attempt can complete it"
    try:
        vault.manifest(run_id)
        return vault.trust(run_id).problem
    except ManifestMissingError:
        pass
    except BackupDamagedError as error:
        return error.message
    return _obstacle_to_start(vault, run_id)


def _obstacle_to_start(vault: Vault, run_id: RunId) -> str:
    try:
        started = vault.started(run_id)
    except BackupDamagedError as error:
        return error.message
    if started is None and vault.knows(run_id):
        return "something was written into its folder before it began"
    return started.doubt if started is not None else ""


def created(resources: Resources, catalog: Catalog) -> dict[str, datetime]:
    """Return when each protected table was made; nothing of one that is not there.

    Raises:
        SourceUnreadableError: A dataset is missing whose tables are all protected.
        CatalogError: A table has a name that no backup can have.
    """
    found = {
        f"{dataset_id}.{table_id}": datetime.fromtimestamp(created_ms / 1000, UTC)
        for dataset_id in catalog.dataset_ids
        for table_id, created_ms in resources.created_ms(dataset_id).items()
    }
    protected = {name: made for name, made in found.items() if catalog.protects(TABLES, name)}
    odd = sorted(name for name in protected if not _STORABLE.fullmatch(name))
    if odd:
        raise CatalogError(
            f"no backup can have the name of a table: {', '.join(odd)}", hint="exclude it"
        )
    for entry in catalog.datasets:
        is_empty = not any(entry.covers(name) for name in protected)
        if is_empty and entry.backup == "required" and resources.dataset(entry.dataset) is None:
            raise SourceUnreadableError("the dataset does not exist", subject=entry.dataset)
    return protected


def of_whole_datasets(
    catalog: Catalog, made: Mapping[str, datetime], point: datetime
) -> tuple[str, ...]:
    """Return the tables of a run that nobody listed, in order.

    A table that was made after the recovery point is not among them; `perhaps_there` looks at it.

    Args:
        catalog: What is protected.
        made: When each protected table was made.
        point: The run's instant.
    """
    return tuple(
        sorted(name for name, at in made.items() if at <= point and not catalog.lists(name))
    )


def perhaps_there(
    catalog: Catalog,
    made: Mapping[str, datetime],
    point: datetime,
    *,
    known: Iterable[str],
    told_since: Mapping[str, datetime],
) -> tuple[str, ...]:
    """Return the tables that nobody listed, and that may have been there at the recovery point.

    They were made, replaced or dropped since. Only reading one at that instant tells whether it was there.

    Args:
        catalog: What is protected.
        made: When each protected table was made.
        point: The run's instant.
        known: The tables that earlier runs hold.
        told_since: Since when BigQuery can tell what was in each dataset.

    Raises:
        SourceUnreadableError: Of one of them BigQuery cannot tell any more.
    """
    there = of_whole_datasets(catalog, made, point)
    names = {
        name
        for name in (*made, *known)
        if catalog.protects(TABLES, name) and not catalog.lists(name)
    }
    perhaps = tuple(sorted(names.difference(there)))
    for name in perhaps:
        since = told_since[name.split(".", 1)[0]]
        if point < since:
            raise SourceUnreadableError(
                f"whether it was there at {point:%Y-%m-%dT%H:%MZ} cannot be told: what was in its "
                f"dataset is known since {since:%Y-%m-%dT%H:%M:%SZ}",
                subject=name,
                hint="a later instant can be told",
                retryable=True,
            )
    return perhaps


def told_since(resources: Resources, catalog: Catalog, now: datetime) -> dict[str, datetime]:
    """Return since when BigQuery can tell what was in each wholly protected dataset.

    That is where its time travel window begins, or when it was made if that is later: BigQuery
    tells nothing of an earlier dataset of that name.
    """
    told = {}
    for entry in catalog.datasets:
        found = resources.dataset(entry.dataset) or {}
        window = now - timedelta(hours=int(found.get("maxTimeTravelHours", _TIME_TRAVEL_HOURS)))
        made = datetime.fromtimestamp(int(found.get("creationTime", 0)) / 1000, UTC)
        told[entry.dataset] = max(window, made)
    return told


def serving_point(now: datetime, created: Iterable[datetime]) -> datetime:
    """Return the whole minute at which a run begun now can read every part.

    It is the last one, or the next one where a part was made since: before that there is nothing
    of it to be read.

    Args:
        now: The present instant.
        created: When each part was made.
    """
    last = now.replace(second=0, microsecond=0)
    was_there = all(moment <= last for moment in created)
    return last if was_there else last + timedelta(minutes=1)


def awaited_point(made: Iterable[datetime], clock: Callable[[], datetime]) -> datetime:
    """Return the instant that a new run is about, once it has come.

    Args:
        made: When each part was made.
        clock: Gives the present instant.
    """
    point = serving_point(clock(), made)
    while (left_seconds := (point - clock()).total_seconds()) > 0:
        log.info("waiting for an instant that every part was there at", seconds=left_seconds)
        time.sleep(min(left_seconds, _LONGEST_PAUSE_SECONDS))
    return point
