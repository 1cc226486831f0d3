"""The HTTP function Cloud Scheduler calls.

    POST, body {} or none for a scheduled run: the run is named by the headers
        X-CloudScheduler-JobName and X-CloudScheduler-ScheduleTime, which stay the same when a call
        is retried. The body is read as JSON whatever its Content-Type says: Cloud Scheduler calls
        it application/octet-stream unless told otherwise (Cloud Scheduler REST, HttpTarget.headers).
    A manual run names itself: {"run_id": "before-migration"}, and may fix its instant,
        {"recovery_point": "2026-11-24T09:00:00Z"}, or ask for everything, {"full": true}. A forced
        run of a schedule must do so too: it carries the NEXT schedule time.

200 only when the run is complete. 5xx when the same call can help later, 4xx when it cannot.
Who may call is checked by the platform (OIDC, roles/run.invoker); the headers prove nothing.
"""

import os
import socket
import uuid
from collections.abc import Callable
from functools import partial

import flask
import functions_framework
import structlog
from pydantic import ConfigDict, ValidationError

from functions.calls import Answer, answering, failure, misconfigured, scheduled
from functions.conclusion import require_protected
from functions.log import configure_logs, trace_fields
from functions.notices import announced
from functions.run import BackupRun, Completed, RunRequest
from functions.settings import FunctionSettings
from manifests import layout
from manifests.catalog import load_catalog
from manifests.errors import ReboundError, UsageError
from manifests.kinds.resources.kind import RESOURCES
from manifests.parts import PARTS
from manifests.references import unheld
from manifests.settings import read_settings
from manifests.values import RecoveryPoint, Value

_BODY_HINT = 'send {} for a scheduled run, {"run_id": "..."} for a manual one'
_MOST_NAMES = 20
_FAILED = "run is not complete"

configure_logs()
log = structlog.get_logger()


class _Body(Value):
    model_config = ConfigDict(strict=True)

    run_id: str | None = None
    recovery_point: RecoveryPoint | None = None
    full: bool = False


@functions_framework.http
def backup(request: flask.Request) -> Answer:
    """Make the requested run complete and answer 200, or say why it is not."""
    work = partial(answering, work=_answered, failed=_FAILED)
    return announced(request, work, name="backup", is_night=True)


def _answered(request: flask.Request, body: bytes) -> Answer:
    try:
        wanted = run_request(body, request.headers.get)
    except UsageError as error:
        log.warning("call refused", reason=str(error), hint=error.hint)
        return error.as_json(), error.http_status
    structlog.contextvars.bind_contextvars(run_id=wanted.run_id)
    try:
        completed = _backup_run(request.headers.get).complete(wanted)
        require_protected(completed.manifest)
        return _answer(completed), 200
    except ReboundError as error:
        return failure(error, _FAILED)


def _backup_run(header: Callable[[str], str | None]) -> BackupRun:
    """Make the run from what an operator set.

    Args:
        header: Gives a header's value by its name, in any case, or None.

    Raises:
        MisconfiguredError: A setting or the catalog is wrong: no caller can mend that.
    """
    with misconfigured():
        settings = read_settings(FunctionSettings)
        structlog.contextvars.bind_contextvars(**trace_fields(header, settings.project))
        catalog = load_catalog(settings.catalog)
        # One holder a call, not a process: two calls can be in one instance at once.
        holder = f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex}"
        return BackupRun(settings, catalog, holder=holder)


def run_request(body: bytes, header: Callable[[str], str | None]) -> RunRequest:
    """Name the run a call is about.

    Args:
        body: The request's JSON body, or nothing.
        header: Gives a header's value by its name, in any case, or None.

    Raises:
        UsageError: The body does not fit, or nothing names the run.
    """
    try:
        wanted = _Body.model_validate_json(body or b"{}")
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "body"
        raise UsageError(f"{where}: {first['msg']}", hint=_BODY_HINT) from error
    if wanted.run_id is not None:
        run_id, scheduled_at = layout.parse_manual_run_id(wanted.run_id), None
    else:
        schedule, scheduled_at = scheduled(header)
        run_id = layout.scheduled_run_id(schedule, scheduled_at)
    return RunRequest(
        run_id=run_id,
        scheduled_at=scheduled_at,
        recovery_point=wanted.recovery_point,
        force_full=wanted.full,
    )


def _answer(completed: Completed) -> dict[str, object]:
    """Say what the run holds; how long it took is told only by the call that made it."""
    manifest = completed.manifest
    duration = (manifest.finished_at - manifest.started_at).total_seconds()
    types = manifest.parts(RESOURCES)
    summary: dict[str, object] = {
        "state": "complete",
        "run_id": manifest.run_id,
        "recovery_point": f"{manifest.recovery_point:%Y-%m-%dT%H:%M:%SZ}",
        "unprotected_tables": sum(len(item.unprotected) for item in manifest.datasets),
        "unprotected": {f"{item.kind}s": item.count for item in manifest.unprotected},
        "stored_bytes": sum(item.size_bytes for item in manifest.objects),
        "lacking": {item.part: item.message for item in manifest.lacking},
        "gone_images": sum(len(item.gone_images) for item in types),
        "unseen_images": sum(len(item.unseen_images) for item in types),
    }
    for part_kind in PARTS:
        parts = manifest.parts(part_kind)
        counted = sum(part.count for part in parts)
        summary |= {part_kind.name: len(parts), part_kind.counted: counted}
    if completed.by_this_call:
        summary["duration_seconds"] = round(duration, 3)
    for item in manifest.datasets:
        if item.unprotected:
            log.warning(
                "tables that no backup holds", dataset=item.dataset_id, tables=item.unprotected
            )
    for name, kind, others in unheld(manifest):
        log.warning(
            "it reads what no backup holds", kind=kind, part=name, tables=others[:_MOST_NAMES]
        )
    for other in manifest.unprotected:
        if other.count or other.unknown:
            log.info(
                "more of the project that no backup holds",
                kind=other.kind,
                count=other.count,
                names=other.names,
                unknown=other.unknown,
            )
    message = "backup complete" if completed.by_this_call else "run was already complete"
    log.info(message, **{key: value for key, value in summary.items() if key != "run_id"})
    return summary
