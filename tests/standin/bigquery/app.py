"""The service as an ASGI app: requests to handlers, errors to answers."""

import gzip
import json
import traceback
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio.to_thread
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route as StarletteRoute
from starlette.types import ASGIApp, Scope

from tests.standin.bigquery import admin, uploads
from tests.standin.bigquery.bodies import check_names
from tests.standin.bigquery.call import Answer, Call
from tests.standin.bigquery.engine.database import Database
from tests.standin.bigquery.errors import BigQueryError
from tests.standin.bigquery.googlesql.library import library
from tests.standin.bigquery.jobs import calls
from tests.standin.bigquery.jobs.copy import copy_work
from tests.standin.bigquery.jobs.extract import extract_work
from tests.standin.bigquery.jobs.load import load_work
from tests.standin.bigquery.jobs.query import query_work
from tests.standin.bigquery.resources import datasets, policies, routines, rows, tables
from tests.standin.bigquery.routes import resolve
from tests.standin.bigquery.service import Service
from tests.standin.bigquery.settings import Settings
from tests.standin.bigquery.state.faults import JobFaults
from tests.standin.bigquery.state.insert_ids import InsertIds
from tests.standin.bigquery.state.quotas import Quotas
from tests.standin.bigquery.state.rows_store import RowsStore
from tests.standin.bigquery.state.runner import Jobs
from tests.standin.bigquery.state.uploads import Uploads
from tests.standin.bigquery.state.workers import Workers
from tests.standin.bigquery.state.writers import Writers
from tests.standin.dates import Dated
from tests.standin.discovery.documents import methods
from tests.standin.discovery.middleware import DiscoveryMiddleware
from tests.standin.faults import FaultMiddleware

type Handler = Callable[[Service, Call], Any]

_THREADS = 256
_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
# What is answered from memory is answered before a thread would have begun.
_AT_ONCE = frozenset(
    {
        "bigquery.datasets.get",
        "bigquery.datasets.list",
        "bigquery.tables.get",
        "bigquery.tables.list",
        "bigquery.rowAccessPolicies.list",
        "bigquery.routines.get",
        "bigquery.routines.list",
    }
)
_HANDLERS: dict[str, Handler] = {
    "bigquery.projects.list": datasets.list_projects,
    "bigquery.datasets.insert": datasets.insert_dataset,
    "bigquery.datasets.list": datasets.list_datasets,
    "bigquery.datasets.get": datasets.get_dataset,
    "bigquery.datasets.patch": datasets.patch_dataset,
    "bigquery.datasets.update": datasets.update_dataset,
    "bigquery.datasets.delete": datasets.delete_dataset,
    "bigquery.datasets.undelete": datasets.undelete_dataset,
    "bigquery.models.list": tables.list_models,
    "bigquery.tables.insert": tables.insert_table,
    "bigquery.tables.list": tables.list_tables,
    "bigquery.tables.get": tables.get_table,
    "bigquery.tables.patch": tables.patch_table,
    "bigquery.tables.update": tables.update_table,
    "bigquery.tables.delete": tables.delete_table,
    "bigquery.tables.testIamPermissions": tables.test_permissions,
    "bigquery.tables.getIamPolicy": tables.get_access,
    "bigquery.tables.setIamPolicy": tables.set_access,
    "bigquery.tabledata.list": rows.list_rows,
    "bigquery.tabledata.insertAll": rows.insert_rows,
    "bigquery.rowAccessPolicies.list": policies.list_policies,
    "bigquery.rowAccessPolicies.insert": policies.insert_policy,
    "bigquery.rowAccessPolicies.get": policies.get_policy,
    "bigquery.rowAccessPolicies.update": policies.update_policy,
    "bigquery.rowAccessPolicies.delete": policies.delete_policy,
    "bigquery.rowAccessPolicies.getIamPolicy": policies.get_policy_access,
    "bigquery.routines.insert": routines.insert_routine,
    "bigquery.routines.list": routines.list_routines,
    "bigquery.routines.get": routines.get_routine,
    "bigquery.routines.update": routines.update_routine,
    "bigquery.routines.delete": routines.delete_routine,
    "bigquery.jobs.insert": calls.insert_job,
    "bigquery.jobs.list": calls.list_jobs,
    "bigquery.jobs.get": calls.get_job,
    "bigquery.jobs.cancel": calls.cancel_job,
    "bigquery.jobs.query": calls.query,
    "bigquery.jobs.getQueryResults": calls.get_query_results,
    "discovery.apis.getRest": admin.discovery,
    "standin.health": admin.health,
    "standin.streamingBuffer": admin.set_streaming_buffer,
    "standin.lacking": admin.set_lacking,
    "standin.unreachable": admin.set_unreachable,
    "standin.grants": admin.grants,
    "standin.hidden": admin.set_hidden,
    "standin.clones": admin.set_clones,
    "standin.clock": admin.set_clock,
    "standin.latency": admin.set_latency,
    "standin.quotas": admin.set_quotas,
    "standin.rowCount": admin.set_row_count,
    "standin.writers.insert": admin.set_writer,
    "standin.writers.list": admin.list_writers,
    "standin.fileSize": admin.set_file_size,
    "standin.jobFaults.insert": admin.add_job_fault,
    "standin.jobFaults.list": admin.list_job_faults,
    "standin.jobFaults.delete": admin.clear_job_faults,
}


def _sent_path(scope: Scope) -> str:
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    return raw.decode("latin-1").partition("?")[0]


def operation_of(scope: Scope) -> str:
    """Return the operation id of a request; empty when it is none."""
    found = resolve(scope["method"], _sent_path(scope))
    return found.operation if found else ""


async def _call_of(request: Request) -> tuple[str, Handler, Call]:
    path = _sent_path(request.scope)
    route = resolve(request.method, path)
    is_upload = path.startswith("/upload/")
    handler = uploads.upload if is_upload else _HANDLERS.get(route.operation if route else "")
    if route is None or handler is None:
        raise BigQueryError("notFound", f"Not Found: {request.method} {path}")
    raw = await request.body()
    if request.headers.get("content-encoding") == "gzip":
        raw = gzip.decompress(raw)
    try:
        body = json.loads(raw) if raw and not is_upload else {}
    except ValueError as error:
        raise BigQueryError("parseError", f"Parse Error: {error}") from error
    check_names(route.operation, body)
    call = Call(
        path=route.path,
        query=dict(request.query_params),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=body,
        raw=raw,
    )
    return route.operation, handler, call


def _refused(error: BigQueryError) -> Response:
    return JSONResponse(error.body(), status_code=error.code)


def _answered(found: Any, method: str) -> Response:  # noqa: ANN401 - whatever a handler gives
    if isinstance(found, Answer):
        return JSONResponse(found.body, status_code=found.status, headers=found.headers)
    if method == "DELETE" and found == {}:
        return Response(status_code=204)
    return JSONResponse(found)


def _endpoint(service: Service) -> Callable[[Request], Any]:
    async def answer(request: Request) -> Response:
        try:
            operation, handler, call = await _call_of(request)
            if operation in _AT_ONCE:
                found = handler(service, call)
            else:
                found = await run_in_threadpool(handler, service, call)
        except ClientDisconnect:
            return Response(status_code=499)
        except BigQueryError as error:
            return _refused(error)
        except Exception as error:  # noqa: BLE001 - a fault of the stand-in must not look transient
            traceback.print_exc()
            return _refused(BigQueryError("notImplemented", f"The stand-in failed: {error!r}"))
        return _answered(found, request.method)

    return answer


def create_service(data_dir: Path, settings: Settings) -> Service:
    """Open a data directory and return everything that requests share."""
    # Loaded before the first statement comes, which would wait for it.
    library()
    database = Database(data_dir)
    faults = JobFaults()
    service = Service(
        database=database,
        settings=settings,
        jobs=Jobs(database, settings, faults),
        rows=RowsStore(data_dir / "results"),
        job_faults=faults,
        uploads=Uploads(),
        insert_ids=InsertIds(),
        workers=Workers(data_dir / "scratch"),
        quotas=Quotas(settings),
        writers=Writers(database),
    )
    service.jobs.serve(
        {
            "query": query_work(service),
            "extract": extract_work(service),
            "load": load_work(service),
            "copy": copy_work(service),
        }
    )
    return service


def create_app(data_dir: Path, settings: Settings) -> ASGIApp:
    """Return the service of a data directory, with faults on request around it."""
    service = create_service(data_dir, settings)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        # Calls that wait for a job each hold a thread.
        anyio.to_thread.current_default_thread_limiter().total_tokens = _THREADS
        yield
        service.writers.close()
        service.jobs.close()
        service.workers.close()
        service.database.close()

    routes = [StarletteRoute("/{path:path}", _endpoint(service), methods=_METHODS)]
    app = Starlette(routes=routes, lifespan=lifespan)
    judged = DiscoveryMiddleware(app, methods("bigquery.v2"), operation_of)
    dated = Dated(judged, lambda: service.database.clock.now_micros() / 1_000_000)
    return FaultMiddleware(dated, operation_of)
