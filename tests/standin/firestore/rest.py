"""The administration as JSON over HTTP: the methods of the gRPC service, by their REST paths.

Requests and answers are held against Google's discovery document. A field that the messages do not
know, as one that is younger than they are, is kept beside a database and answered with it.
"""

import asyncio
import json
from collections.abc import Iterable, Mapping
from typing import Any

import grpc
from google.protobuf.json_format import MessageToDict, ParseDict, ParseError
from google.protobuf.message import Message
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.standin.discovery.middleware import DiscoveryMiddleware
from tests.standin.faults import Faults, error_body
from tests.standin.firestore.messages import RequestError, invalid
from tests.standin.firestore.server import Method, called
from tests.standin.firestore.store import Resource, Store
from tests.standin.forwarding import forwarded
from tests.standin.platform.api import OF_EVERY_METHOD, Api, Route, path_of

HOST = "firestore.googleapis.com"
DATABASE = "GoogleFirestoreAdminV1Database"
_DATABASES = "firestore.projects.databases"
_METHODS = {
    f"{_DATABASES}.get": "GetDatabase",
    f"{_DATABASES}.list": "ListDatabases",
    f"{_DATABASES}.create": "CreateDatabase",
    f"{_DATABASES}.patch": "UpdateDatabase",
    f"{_DATABASES}.delete": "DeleteDatabase",
    f"{_DATABASES}.collectionGroups.indexes.create": "CreateIndex",
    f"{_DATABASES}.collectionGroups.indexes.delete": "DeleteIndex",
    f"{_DATABASES}.collectionGroups.indexes.list": "ListIndexes",
    f"{_DATABASES}.collectionGroups.fields.list": "ListFields",
    f"{_DATABASES}.collectionGroups.fields.patch": "UpdateField",
    f"{_DATABASES}.operations.get": "GetOperation",
}
_BODIES = {
    "CreateDatabase": "database",
    "UpdateDatabase": "database",
    "CreateIndex": "index",
    "UpdateField": "field",
}
"""The field of a request that its body is."""
_STATUSES = {
    grpc.StatusCode.INVALID_ARGUMENT: 400,
    grpc.StatusCode.FAILED_PRECONDITION: 400,
    grpc.StatusCode.UNAUTHENTICATED: 401,
    grpc.StatusCode.PERMISSION_DENIED: 403,
    grpc.StatusCode.NOT_FOUND: 404,
    grpc.StatusCode.ALREADY_EXISTS: 409,
    grpc.StatusCode.ABORTED: 409,
    grpc.StatusCode.RESOURCE_EXHAUSTED: 429,
    grpc.StatusCode.UNIMPLEMENTED: 501,
    grpc.StatusCode.UNAVAILABLE: 503,
    grpc.StatusCode.DEADLINE_EXCEEDED: 504,
}
"""google.rpc.Code, HTTP Mapping; all others are 500."""


class RestApp:
    """Answers the REST API of the administration.

    Args:
        methods: Those of the gRPC service.
        store: The databases.
        faults: The faults of both.
        elsewhere: Where what is no call of Firestore is answered; empty for nowhere.
    """

    def __init__(
        self, methods: Iterable[Method], store: Store, faults: Faults, elsewhere: str
    ) -> None:
        self._methods = {item.name: item for item in methods}
        self._store = store
        self._faults = faults
        self._elsewhere = elsewhere
        self._api = Api("firestore.v1")
        self._judge = self._judging()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["path"].startswith(f"/{HOST}/"):
            await self._judge(scope, receive, send)
            return
        response = await forwarded(self._elsewhere, Request(scope, receive))
        await response(scope, receive, send)

    def add_field(self, database: str, field: str, value: str) -> None:
        """Let a database have a text field that is younger than document and messages."""
        self._api.add_field(DATABASE, field)
        self._judge = self._judging()
        self._store.database(database).younger[field] = value

    def _judging(self) -> ASGIApp:
        async def answering(scope: Scope, receive: Receive, send: Send) -> None:
            response = await self._answered(Request(scope, receive))
            await response(scope, receive, send)

        return DiscoveryMiddleware(answering, self._api.methods, self._operation_of, ("/",))

    def _operation_of(self, scope: Scope) -> str:
        found = self._api.resolve(scope["method"], path_of(scope))
        return "" if found is None else found[0].id

    async def _answered(self, request: Request) -> Response:
        found = self._api.resolve(request.method, path_of(request.scope))
        method = self._methods.get(_METHODS.get(found[0].id, "")) if found else None
        if found is None or method is None:
            text = f"Method not found: {request.url.path}"
            return JSONResponse(error_body(404, text), status_code=404)
        content = json.loads(await request.body() or b"{}")
        try:
            asked = request.query_params.items()
            query = {key: value for key, value in asked if key not in OF_EVERY_METHOD}
            answer = await asyncio.to_thread(self._call, method, found, query, content)
        except RequestError as error:
            status = _STATUSES.get(error.code, 500)
            told = error_body(status, error.message)
            told["error"]["status"] = error.code.name
            return JSONResponse(told, status_code=status)
        return JSONResponse(answer)

    def _call(
        self,
        method: Method,
        found: tuple[Route, Mapping[str, str]],
        query: dict[str, str],
        content: dict[str, Any],
    ) -> dict[str, Any]:
        route, path = found
        younger = _younger(content) if route.request == DATABASE else {}
        message = _message(method, path, _known(query, younger), _known(content, younger))
        answer: dict[str, Any] = MessageToDict(called(method, self._faults, message))
        if younger and method.name == "UpdateDatabase":
            self._store.database(path["name"]).younger.update(younger)
        for item in (answer, *answer.get("databases", ())):
            if "locationId" in item:
                item.update(self._store.database(item["name"]).younger)
        return answer


def _message(
    method: Method, path: Mapping[str, str], query: dict[str, Any], content: dict[str, Any]
) -> Message:
    """Return the request of the gRPC service.

    Raises:
        RequestError: It has a field of another type, or one that there is not.
    """
    asked = query
    if (field := _BODIES.get(method.name)) is None:
        asked |= path
    elif method.name.startswith("Update"):
        asked[field] = content | path
    else:
        asked |= {**path, field: content}
    try:
        return ParseDict(asked, method.request_type())
    except ParseError as error:
        raise invalid(str(error)) from error


def _younger(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a database that its message does not have."""
    known = {item.json_name for item in Resource.DESCRIPTOR.fields}
    return {key: value for key, value in content.items() if key not in known}


def _known(asked: dict[str, Any], younger: Mapping[str, Any]) -> dict[str, Any]:
    """Return a query or a body without the fields that the messages do not have."""
    known = {key: value for key, value in asked.items() if key not in younger}
    if mask := known.get("updateMask"):
        known["updateMask"] = ",".join(name for name in mask.split(",") if name not in younger)
    return known
