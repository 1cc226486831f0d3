"""Writes the history of backups and drills where BigQuery reads it, and reads what it is made of."""

from collections.abc import Iterable, Iterator
from datetime import datetime

import structlog

from manifests import drill_layout, layout
from manifests.cloud.kept import KeptRecords
from manifests.cloud.objects import Bucket
from manifests.crowd import DAY, some_of_each
from manifests.errors import ProtectedError
from manifests.gauges import Watched
from manifests.history import (
    EXPIRY_NAME,
    HistoryName,
    SeenDrill,
    as_lines,
    drill_lines,
    history_name,
    run_lines,
)
from manifests.model.drill import DrillEnd, DrillStart
from manifests.store.bounded import Records, read
from manifests.store.seal import Seal
from manifests.store.vault import Vault
from manifests.values import Value

log = structlog.get_logger()

_MOST_OTHERS = 200
"""For so many runs that are not complete the history says why; there is one a night at most."""
_MOST_DRILLS = 400
_MOST_BYTES = 4 * 1024 * 1024
_NDJSON = "application/x-ndjson"


def write_history(
    landing: Bucket,
    records: KeptRecords,
    documents: Vault,
    watched: Watched,
    *,
    seal: Seal,
    now: datetime,
) -> None:
    """Write both histories anew.

    Where a hold or a retention keeps one from being replaced, that is logged and nothing else fails: the
    history gets old, and queries tell its age.

    Args:
        landing: The bucket that BigQuery reads.
        records: Where drills are kept.
        documents: The runs in the vault.
        watched: What was just looked at.
        seal: Tells which drills are believed.
        now: The present instant.
    """
    others = map(documents.summary, watched.others[-_MOST_OTHERS:])
    _write(landing, "runs", run_lines(watched, others, now=now))
    _write(landing, "drills", drill_lines(_drills(records, seal, now), now=now))


def write_expiry(landing: Bucket) -> None:
    """Record that somebody looked for runs past their retention; when, the time of the object tells.

    Where a hold or a retention keeps the older record from being replaced, that is logged.

    Args:
        landing: The bucket that the gauges are read from.
    """
    there = landing.info(EXPIRY_NAME)
    try:
        landing.put_if(EXPIRY_NAME, b"{}", generation=0 if there is None else there.generation)
    except ProtectedError as error:
        log.error("a history is not written", object=EXPIRY_NAME, reason=str(error))  # noqa: TRY400 - told in words


def _write(landing: Bucket, name: HistoryName, lines: Iterable[Value]) -> None:
    place = history_name(name)
    there = landing.info(place)
    generation = 0 if there is None else there.generation
    content = as_lines(lines)
    try:
        if landing.put_if(place, content, generation=generation, content_type=_NDJSON) is None:
            log.info("another call wrote the history", object=place)
    except ProtectedError as error:
        log.error("a history is not written", object=place, reason=str(error))  # noqa: TRY400 - told in words


def _drills(kept: KeptRecords, seal: Seal, now: datetime) -> Iterator[SeenDrill]:
    """Yield the last drills, the newest first; of too many some of each day."""
    records = Records(kept, most_bytes=_MOST_BYTES, seal=seal, only_believed=True)
    folders = map(drill_layout.drill_of, kept.list_folders(drill_layout.DRILLS_PREFIX))
    begun = {drill: at for drill in folders if drill and (at := layout.begun_at(drill))}
    begun = {drill: at for drill, at in begun.items() if at <= now}
    some = some_of_each(begun, _MOST_DRILLS, DAY)
    if left := len(begun) - len(some):
        log.warning("drills are not looked at: there are too many", drills=left)
    for began_at, drill in sorted(((begun[drill], drill) for drill in some), reverse=True):
        end = read(records.one(drill_layout.record_name(drill), DrillEnd))
        if end is not None and end.begun.drill_id == drill:
            yield SeenDrill(drill, began_at, None, end)
        else:
            start = read(records.one(drill_layout.begun_name(drill), DrillStart))
            yield SeenDrill(drill, began_at, start, None)
