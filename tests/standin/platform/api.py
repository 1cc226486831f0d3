"""One API as its discovery document describes it: which method a request is, and its schemas."""

import copy
import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from starlette.types import Scope

from tests.standin.discovery.documents import Method, described, document, methods_of

type Schema = Mapping[str, Any]

_PLACEHOLDER = re.compile(r"\{\+?(\w+)\}")
_ANY_SEGMENT = r"^[^/]+$"
_SEGMENT = "[^/:]+(?::[0-9a-f]{64})?"
_OPERATION = re.compile(r".*Operation")
OF_EVERY_METHOD = frozenset(
    [
        "$.xgafv",
        "$alt",
        "access_token",
        "alt",
        "callback",
        "fields",
        "key",
        "oauth_token",
        "prettyPrint",
        "quotaUser",
        "uploadType",
        "upload_protocol",
    ]
)
"""What every method takes, with what Google's generated clients add."""


class Route(NamedTuple):
    """One method, and the paths that call it.

    Attributes:
        id: As `pubsub.projects.topics.get`.
        http_method: As `GET`.
        path: The paths, below the host, with a group for each parameter.
        query: The names of what may stand in the query, other than what every method takes.
        request: The name of the schema of its body; None where it has none.
        response: The name of the schema of its answer.
    """

    id: str
    http_method: str
    path: re.Pattern[str]
    query: frozenset[str]
    request: str | None
    response: str

    @property
    def collection(self) -> str:
        """Return what it is a method of, as `pubsub.projects.topics`."""
        return self.id.rpartition(".")[0]

    @property
    def verb(self) -> str:
        """Return what it does, as `get`."""
        return self.id.rpartition(".")[2]

    @property
    def is_long_running(self) -> bool:
        """Whether it answers with an operation."""
        return _OPERATION.fullmatch(self.response) is not None


class Api:
    """One API of one version.

    Args:
        name: As `pubsub.v1`.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.version = name.rpartition(".")[2]
        # A test may let the API know a field that its document does not.
        self._document = copy.deepcopy(dict(document(name)))
        self.host = urlsplit(self._document["rootUrl"]).netloc

    @cached_property
    def methods(self) -> dict[str, Method]:
        """The methods with the checks of what is sent and answered, by their ids."""
        return dict(methods_of(self._document))

    @cached_property
    def routes(self) -> list[Route]:
        """The methods, those of projects first: others match their paths too."""
        routes = [_route(item) for item in described(self._document)]
        return sorted(routes, key=lambda route: ".projects." not in route.id)

    @property
    def schemas(self) -> Mapping[str, Schema]:
        """The schemas by their names."""
        schemas: Mapping[str, Schema] = self._document["schemas"]
        return schemas

    def resolve(self, http_method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        """Return the method of a request with its path parameters; None when there is none."""
        for route in self.routes:
            if route.http_method == http_method and (found := route.path.fullmatch(path)):
                return route, found.groupdict()
        return None

    def route(self, method: str) -> Route | None:
        """Return a method by its id; None when there is none."""
        return next((route for route in self.routes if route.id == method), None)

    def add_field(self, schema: str, field: str) -> None:
        """Let a schema have one more text field, which is younger than its document.

        Raises:
            KeyError: There is no such schema.
        """
        self._document["schemas"][schema]["properties"][field] = {"type": "string"}
        self.methods.update(methods_of(self._document))

    def resource_schema(self, collection: str) -> str:
        """Return the name of the schema of what a collection holds."""
        route = self.route(f"{collection}.get")
        assert route is not None
        return route.response

    def resource_field(self, schema: str | None, resource: str) -> str | None:
        """Return the field of a request in which a resource is sent; None when it is the body."""
        if schema is None or schema == resource:
            return None
        return next(
            (name for name, part in self._properties(schema) if part.get("$ref") == resource), None
        )

    def list_field(self, schema: str, resource: str) -> str:
        """Return the field of a list's answer that holds the resources."""
        return next(
            name
            for name, part in self._properties(schema)
            if part.get("items", {}).get("$ref") == resource
        )

    def has_field(self, schema: str, field: str) -> bool:
        """Say whether a schema has a field."""
        return field in self.schemas[schema].get("properties", {})

    def _properties(self, schema: str) -> Iterator[tuple[str, Schema]]:
        yield from self.schemas[schema].get("properties", {}).items()


def path_of(scope: Scope) -> str:
    """Return the path of a request below the host; a slash that was encoded is one of an id."""
    raw: bytes = scope["raw_path"]
    encoded = raw.decode("ascii").partition("?")[0].replace("%2F", "%252F")
    return unquote(encoded).partition("/")[2].partition("/")[2]


def _route(item: Mapping[str, Any]) -> Route:
    parameters = item.get("parameters", {})
    texts = _PLACEHOLDER.split(item["path"])
    # A split leaves text and names in turn.
    pattern = "".join(
        f"(?P<{text}>{_pattern(parameters[text])})" if at % 2 else re.escape(text)
        for at, text in enumerate(texts)
    )
    return Route(
        id=item["id"],
        http_method=item["httpMethod"],
        path=re.compile(pattern),
        query=frozenset(name for name, part in parameters.items() if part["location"] == "query"),
        request=item.get("request", {}).get("$ref"),
        response=item["response"]["$ref"],
    )


def _pattern(parameter: Schema) -> str:
    pattern: str = parameter.get("pattern", _ANY_SEGMENT)
    # A colon begins a verb, but for that of a digest: `topics/t:publish` is no topic.
    return pattern.removeprefix("^").removesuffix("$").replace("[^/]+", _SEGMENT)
