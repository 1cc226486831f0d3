"""The service as an ASGI app: the host of an API is the first part of the path."""

import inspect
import json
from pathlib import Path
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.standin.database import transaction
from tests.standin.dates import Dated
from tests.standin.discovery.middleware import DiscoveryMiddleware
from tests.standin.faults import FaultMiddleware
from tests.standin.forwarding import forwarded
from tests.standin.platform import admin, archives, bodies, buckets, locations
from tests.standin.platform.api import OF_EVERY_METHOD, Api, Route, path_of
from tests.standin.platform.errors import PlatformError, invalid, unknown_field
from tests.standin.platform.invocation import invoke
from tests.standin.platform.registry import apis
from tests.standin.platform.routing import answer
from tests.standin.platform.service import SECOND, Call, Service
from tests.standin.platform.services.serviceusage import check_enabled

_CONTROLS = "/standin/"
_OF_RUN = ".run.app"
_FIRESTORE = "/firestore.googleapis.com/"


class PlatformApp:
    """Answers every API, and the orders of a test."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._apis = apis()
        self._judged: dict[str, ASGIApp] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            return
        if (api := self._api(scope["path"])) is not None:
            await self._judging(api)(scope, receive, send)
            return
        request = Request(scope, receive)
        if scope["path"].startswith(_FIRESTORE):
            response = await forwarded(self._service.firestore, request)
        else:
            response = await self._elsewhere(request)
        await response(scope, receive, send)

    async def _elsewhere(self, request: Request) -> Response:
        """Answer what no API of the control plane does."""
        path = request.url.path
        if path.startswith(_CONTROLS):
            return await self._ordered(request)
        if path.startswith(buckets.PREFIX):
            return await buckets.answer(self._service, request)
        if path.startswith(f"/{archives.HOST}/"):
            return await self._service.archives.answer(request)
        if path.partition("/")[2].partition("/")[0].endswith(_OF_RUN):
            return await self._invoked(request)
        return PlatformError("NOT_FOUND", f"Not Found: {path}").response()

    async def _invoked(self, request: Request) -> Response:
        """Answer as what runs at the address would."""
        url = f"https:/{request.url.path}"
        url += f"?{request.url.query}" if request.url.query else ""
        content = await request.body()
        answer = await invoke(self._service, request.method, url, request.headers, content)
        if isinstance(answer.body, str):
            return Response(answer.body, answer.status)
        return JSONResponse(answer.body, answer.status)

    def operation_of(self, scope: Scope) -> str:
        """Return the id of the method that a request calls; empty where there is none."""
        api = self._api(scope["path"])
        found = None if api is None else api.resolve(scope["method"], path_of(scope))
        return "" if found is None else found[0].id

    def _api(self, path: str) -> Api | None:
        _, host, version, *_ = f"{path}//".split("/", 3)
        return self._apis.get((host, version))

    def _judging(self, api: Api) -> ASGIApp:
        if api.name not in self._judged:

            async def answering(scope: Scope, receive: Receive, send: Send) -> None:
                response = await self._answered(api, Request(scope, receive))
                await response(scope, receive, send)

            judge = DiscoveryMiddleware(answering, api.methods, self.operation_of, ("/",))
            self._judged[api.name] = judge
        return self._judged[api.name]

    async def _ordered(self, request: Request) -> Response:
        try:
            order = admin.ORDERS.get(request.url.path.removeprefix(_CONTROLS), admin.unknown)
            told = order(self._service, self._apis, _json(await request.body()))
            told = await told if inspect.isawaitable(told) else told
        except PlatformError as error:
            return error.response()
        return JSONResponse(told)

    async def _answered(self, api: Api, request: Request) -> Response:
        found = api.resolve(request.method, path_of(request.scope))
        if found is None:
            return PlatformError("NOT_FOUND", f"Method not found: {request.url.path}").response()
        call = self._call(api, *found, request)
        try:
            body = await request.body()
            with transaction(self._service.store.database):
                _admit(call, body)
                return JSONResponse(answer(call))
        except PlatformError as error:
            return error.response()
        except ClientDisconnect:
            return Response()

    def _call(self, api: Api, route: Route, path: dict[str, str], request: Request) -> Call:
        return Call(self._service, api, route, path, dict(request.query_params), {}, request)


def _admit(call: Call, content: bytes) -> None:
    """Refuse what no service of the platform would look at; read the rest of the request."""
    call.path = {key: _with_project_id(call, name) for key, name in call.path.items()}
    if call.project and call.project != "-":
        call.store.know_project(call.project)
    for name in call.query.keys() - call.route.query - OF_EVERY_METHOD:
        raise unknown_field(name, "")
    check_enabled(call.store, call.api.host, call.project)
    locations.check(call)
    if call.route.request is not None:
        call.body = bodies.named_enums(call.api, call.route.request, _json(content))
        bodies.check(call.api, call.route.id, call.body)


def _with_project_id(call: Call, name: str) -> str:
    """Return a name with the id of its project, which may be named by its number."""
    first, _, rest = name.partition("/")
    if call.route.collection == "cloudresourcemanager.projects" and first != "projects":
        return _with_project_id(call, f"projects/{name}")
    project, slash, below = rest.partition("/")
    if first != "projects" or not project.isdigit():
        return name
    known = call.store.project_of(project)
    if known is None:
        raise PlatformError(
            "PERMISSION_DENIED", f"Permission denied on resource project {project}."
        )
    return f"projects/{known}{slash}{below}"


def _json(content: bytes) -> dict[str, Any]:
    try:
        value = json.loads(content or b"{}")
    except ValueError as error:
        raise invalid("Invalid JSON payload received.") from error
    if not isinstance(value, dict):
        raise invalid("Invalid JSON payload received: it is no object.")
    return value


def create_app(folder: Path, **elsewhere: str) -> ASGIApp:
    """Return the service with its faults.

    Args:
        folder: Where its state is kept.
        elsewhere: Where other services answer, by the names that `Service` has for them.
    """
    service = Service.open(folder, **elsewhere)
    app = PlatformApp(service)
    dated = Dated(app, lambda: service.clock.now_micros() / SECOND)
    return FaultMiddleware(dated, app.operation_of)
