"""Serve the Firestore stand-in: `python -m tests.standin.firestore --data-dir D`.

Prints `{"url": "HOST:PORT", "admin": "http://HOST:PORT"}` when it is ready. `url` is the value
of FIRESTORE_EMULATOR_HOST; `admin` takes faults at `/standin/faults`.
"""

import gc
import json
import signal
import sys
import threading

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from tests.standin import process
from tests.standin.dates import Dated
from tests.standin.faults import FAULTS_PATH, Faults, answer_faults
from tests.standin.firestore import admin, relay, server, service
from tests.standin.firestore.indexes import Index
from tests.standin.firestore.messages import MICROS
from tests.standin.firestore.rest import RestApp
from tests.standin.firestore.store import Store

GRACE_SECONDS = 1
STOP_SIGNALS = {signal.SIGTERM, signal.SIGINT}


def serve_http(faults: Faults, store: Store, rest: RestApp) -> str:
    """Serve JSON, and what only a stand-in takes, from a thread; return the URL."""

    async def answer(request: Request) -> Response:
        return await answer_faults(faults, request)

    async def set_clock(request: Request) -> Response:
        store.clock.set_offset((await request.json())["offset_seconds"])
        return JSONResponse({})

    async def set_patience(request: Request) -> Response:
        order = await request.json()
        store.database(order["database"]).patience = order["deleted"]
        return JSONResponse({})

    async def set_contention(request: Request) -> Response:
        order = await request.json()
        store.database(order["database"]).contended = order["writes"]
        return JSONResponse({})

    async def add_field(request: Request) -> Response:
        rest.add_field(**await request.json())
        return JSONResponse({})

    async def break_indexes(request: Request) -> Response:
        for index in store.database((await request.json())["database"]).indexes.values():
            index.state = Index.NEEDS_REPAIR
        return JSONResponse({})

    routes = [
        Route(FAULTS_PATH, answer, methods=["GET", "POST", "DELETE"]),
        Route("/standin/clock", set_clock, methods=["POST"]),
        Route("/standin/patience", set_patience, methods=["POST"]),
        Route("/standin/contention", set_contention, methods=["POST"]),
        Route("/standin/fields", add_field, methods=["POST"]),
        Route("/standin/broken-indexes", break_indexes, methods=["POST"]),
        Mount("/", Dated(rest, lambda: store.clock.now_micros() / MICROS)),
    ]
    app = Starlette(routes=routes)
    listener = process.bind(0)
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, lifespan="off", date_header=False
    )
    runner = process.Server(config)
    threading.Thread(target=runner.run, args=([listener],), name="admin", daemon=True).start()
    return f"http://{process.HOST}:{listener.getsockname()[1]}"


def main() -> None:
    """Serve until a signal comes or the parent is gone."""
    options = process.parser("Firestore")
    options.add_argument("--storage", help="URL of the Cloud Storage for exports and imports")
    options.add_argument("--platform", default="", help="URL of the other REST APIs, if asked here")
    options.add_argument("--emulator", help="host and port of Google's emulator, for the documents")
    arguments = options.parse_args()
    # Blocked before any thread starts, so that none but sigwait takes them and none is lost.
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    process.end_with_parent()
    store = Store(arguments.data_dir)
    gc.freeze()
    faults = Faults()
    if arguments.emulator:
        methods = relay.methods(store, arguments.storage, arguments.emulator)
    else:
        methods = service.methods(store) + admin.methods(store, arguments.storage)
    address = f"{process.HOST}:{arguments.port}"
    grpc_server, port = server.start(methods, faults, address)
    rest = RestApp(methods, store, faults, arguments.platform)
    ready = {"url": f"{process.HOST}:{port}", "admin": serve_http(faults, store, rest)}
    sys.stdout.write(json.dumps(ready) + "\n")
    sys.stdout.flush()
    signal.sigwait(STOP_SIGNALS)
    grpc_server.stop(GRACE_SECONDS).wait()
    store.close()


if __name__ == "__main__":
    main()
