"""The HTTP functions that Cloud Scheduler calls beside the backup: verify, expire, tick.

    verify   each night: reads a share of the vault, so that all is read in REBOUND_VERIFY_NIGHTS;
             200 when it is whole, 500 when something is damaged, which the next run stores anew
    expire   each day: says which runs are past their retention; deletes them where REBOUND_EXPIRE_ARMED;
             writes down that it looked
    tick     each hour: reads catalog and vault, logs every gauge, one line each, and writes the history
             of runs and drills that BigQuery reads

POST, without a body; a call that no schedule made, or whose schedule was run by force, is about now. A
retry of a schedule whose share was found damaged is answered from what was written down then.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple

import flask
import functions_framework
import structlog

from functions.calls import (
    SCHEDULE_HEADER,
    TIME_HEADER,
    Answer,
    Header,
    answering,
    misconfigured,
    scheduled,
)
from functions.log import configure_logs, trace_fields
from functions.notices import announced
from functions.settings import FunctionSettings
from manifests.catalog import Catalog, load_catalog
from manifests.cloud.api import StorageApi
from manifests.cloud.clients import storage_api
from manifests.cloud.clock import ServiceClock
from manifests.cloud.expiry import Expiry
from manifests.cloud.history import write_expiry, write_history
from manifests.cloud.kept import KeptRecords
from manifests.cloud.objects import Bucket
from manifests.cloud.protection import Protections
from manifests.cloud.reading import Read, read_share
from manifests.cloud.verdicts import Verdicts
from manifests.cloud.watching import watched
from manifests.errors import BackupDamagedError, RefusedError
from manifests.gauges import gauges
from manifests.model.run import Owner
from manifests.settings import read_settings
from manifests.store.envelope import decode, encode
from manifests.store.seal import Seal
from manifests.store.vault import Vault
from manifests.verification import Share, ShareRecord, share_at, verdict_after
from manifests.verified_layout import share_name

_MOST_NAMES = 20
_EARLY = timedelta(minutes=1)

configure_logs()
log = structlog.get_logger()


class _Place(NamedTuple):
    """Where a call works, and when.

    Attributes:
        operators: Tells which of operators' journals and records are believed.
        at: The time of the schedule that calls; now where none does, or it was run by force.
    """

    settings: FunctionSettings
    catalog: Catalog
    clock: ServiceClock
    api: StorageApi
    vault: Bucket
    landing: Bucket
    documents: Vault
    operators: Seal
    at: datetime


@functions_framework.http
def verify(request: flask.Request) -> Answer:
    """Read tonight's share of the vault; answer 200 when it is whole."""
    return _answering(request, _verified, name="verify", failed="share is not verified")


@functions_framework.http
def expire(request: flask.Request) -> Answer:
    """Say which runs are past their retention; delete them where that is armed."""
    return _answering(request, _expired, name="expire", failed="runs are not expired")


@functions_framework.http
def tick(request: flask.Request) -> Answer:
    """Log every gauge; write the history."""
    return _answering(request, _ticked, name="tick", failed="gauges or history are not written")


def _answering(
    request: flask.Request, work: Callable[[_Place], dict[str, object]], *, name: str, failed: str
) -> Answer:
    def answered(call: flask.Request, _: bytes) -> Answer:
        return work(_place(call)), 200

    return announced(request, partial(answering, work=answered, failed=failed), name=name)


def _place(request: flask.Request) -> _Place:
    with misconfigured():
        settings = read_settings(FunctionSettings)
        structlog.contextvars.bind_contextvars(
            **trace_fields(request.headers.get, settings.project)
        )
        catalog = load_catalog(settings.catalog)
    api = storage_api(settings.project)
    vault = Bucket(api, settings.vault_bucket)
    owner = Owner(platform=catalog.platform, project=settings.project)
    return _Place(
        settings=settings,
        catalog=catalog,
        clock=api.clock,
        api=api,
        vault=vault,
        landing=Bucket(api, settings.landing_bucket),
        documents=Vault(vault, owner, clock=api.clock, trusted=settings.trusted),
        operators=Seal(settings.trusted_operators, author="operator"),
        at=_told_time(request.headers.get, api.clock()),
    )


def _told_time(header: Header, now: datetime) -> datetime:
    """Return the time of the schedule that calls; now where none does, or its time has not come.

    A schedule that is run by force carries its NEXT time, or none (Cloud Scheduler, Deduplicate job
    requests): a record for that time would stand for a night that has not come.
    """
    if not header(SCHEDULE_HEADER) or not header(TIME_HEADER):
        return now
    _, at = scheduled(header)
    return at if at <= now + _EARLY else now


def _verified(place: _Place) -> dict[str, object]:
    """Read the share of the schedule's night, once; write down what was found.

    Raises:
        BackupDamagedError: Something is not as it has to be; a retry can help once it is mended.
        RefusedError: It is whole, and somebody had written of it before the schedule's time.
    """
    name = share_name(place.at)
    share = share_at(place.at, place.settings.verify_nights)
    structlog.contextvars.bind_contextvars(share=share.number, shares=share.of)
    found = place.landing.read_dated(name)
    is_planted = found is not None and found.written_at < place.at - _EARLY
    earlier = None if found is None or is_planted else _found_damaged(found.content, name)
    record = earlier or _share_record(place, share)
    place.landing.put_once(name, encode(record))
    told = {"share": record.share, "shares": record.shares, "objects": record.objects}
    told |= {"read_bytes": record.read_bytes}
    if record.damaged:
        more = f" and {len(record.damaged) - 1} more" if len(record.damaged) > 1 else ""
        raise BackupDamagedError(
            f"what is stored is damaged: {record.damaged[0]}{more}",
            hint="`rebound verify --all` says in which runs; the next run stores it anew",
            retryable=True,
        )
    if is_planted:
        raise RefusedError(
            "tonight's share is whole, and what is written of it was there before its time",
            subject=name,
            hint="find out who wrote it, and delete it",
        )
    log.info("share is verified", **told)
    return {"state": "whole", **told}


def _found_damaged(content: bytes, name: str) -> ShareRecord | None:
    """Return what an earlier call for this night found damaged; None where it has to be read.

    Whoever can write there could say that all is whole: that is never believed without reading.
    """
    try:
        record = decode(content, ShareRecord, subject=name)
    except BackupDamagedError as error:
        log.warning("what is written of tonight's share is not read", reason=str(error))
        return None
    return record if record.damaged else None


def _share_record(place: _Place, share: Share) -> ShareRecord:
    read = read_share(place.vault, place.documents, share)
    _write_verdicts(place, read)
    return ShareRecord(
        verified_at=place.clock(),
        share=share.number,
        shares=share.of,
        objects=read.objects,
        read_bytes=read.read_bytes,
        damaged=read.all_damaged[:_MOST_NAMES],
    )


def _write_verdicts(place: _Place, read: Read) -> None:
    """Write down of each run what is damaged, so that the next one stores it anew."""
    verdicts = Verdicts(place.landing)
    for run_id, damaged in read.damaged.items():
        verdict = verdict_after(
            run_id,
            verdicts.last(run_id),
            damaged=damaged,
            whole=read.whole,
            buckets=read.buckets.get(run_id, ()),
            now=place.clock(),
        )
        if verdict is not None:
            verdicts.record(verdict)


def _expired(place: _Place) -> dict[str, object]:
    expiry = Expiry(
        place.vault,
        place.documents,
        place.landing,
        catalog=place.catalog,
        protections=Protections(place.api, place.settings.vault_bucket),
        seal=place.operators,
    )
    is_armed = place.settings.expire_armed
    decisions = expiry.decide(place.clock())
    if is_armed:
        decisions = expiry.delete(decisions, place.clock())
    gone = [item for item in decisions if not item.keep]
    for item in gone:
        message = "run is deleted" if is_armed else "run is past its retention"
        log.info(message, run_id=item.run_id, why=item.reason)
    told: dict[str, object] = {"kept": len(decisions) - len(gone), "expired": len(gone)}
    log.info("runs are expired" if is_armed else "runs would be expired", **told)
    write_expiry(place.landing)
    return {"state": "deleted" if is_armed else "dry", **told}


def _ticked(place: _Place) -> dict[str, object]:
    now = place.clock()
    found = watched(
        place.catalog,
        place.vault,
        place.landing,
        place.documents,
        seal=place.operators,
        now=now,
    )
    told: dict[str, object] = {}
    for gauge in gauges(found, now=now):
        log.info("gauge", gauge=gauge.name, value=gauge.value, platform=place.catalog.platform)
        told[gauge.name] = gauge.value
    records = KeptRecords(place.vault, place.landing, place.settings.project)
    write_history(place.landing, records, place.documents, found, seal=place.operators, now=now)
    return told
