"""The methods of an API, as its discovery document describes them."""

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from tests.standin.discovery.schemas import UNKNOWN, Check, Finding, Schema, Schemas, scalar

_DOCUMENTS = "discovery_cache/documents"
# A resumable upload is continued at the address that its beginning was answered with.
_OF_SESSIONS = "upload_id"
_TRUTHS = ("true", "false", "True", "False")


class Method(NamedTuple):
    """One method.

    Attributes:
        id: As `bigquery.tables.get`.
        http_method: As `GET`.
        description: What Google says of it, the permissions that it takes among that.
        parameters: What may stand in a query, each with its check.
        request: The check of what is sent; None when nothing is.
        response: The check of what is answered; None when nothing is.
    """

    id: str
    http_method: str
    description: str
    parameters: Mapping[str, Check]
    request: Check | None
    response: Check | None

    def query_findings(self, query: Sequence[tuple[str, str]]) -> list[Finding]:
        """Return what is wrong with the parameters of a request."""
        findings: list[Finding] = []
        for name, value in query:
            check = self.parameters.get(name)
            if check is not None:
                findings += [Finding(f"?{name}", problem) for _, problem in check(value)]
            elif name != _OF_SESSIONS:
                findings.append(Finding(f"?{name}", UNKNOWN))
        return findings


@cache
def document(api: str) -> Mapping[str, Any]:
    """Return the discovery document of an API.

    Args:
        api: Name and version, as `bigquery.v2`.
    """
    content: Mapping[str, Any] = json.loads((_folder() / f"{api}.json").read_text())
    return content


@cache
def methods(api: str) -> Mapping[str, Method]:
    """Return the methods of an API by their ids.

    Args:
        api: Name and version, as `bigquery.v2`.
    """
    return methods_of(document(api))


def methods_of(document: Mapping[str, Any]) -> Mapping[str, Method]:
    """Return the methods that a discovery document describes, by their ids."""
    sent, answered = (Schemas(document["schemas"], is_sent=is_sent) for is_sent in (True, False))
    return {
        item["id"]: Method(
            id=item["id"],
            http_method=item["httpMethod"],
            description=item.get("description", ""),
            parameters={
                name: _parameter(schema)
                for name, schema in (document["parameters"] | item.get("parameters", {})).items()
            },
            request=_named(sent, item.get("request")),
            response=_named(answered, item.get("response")),
        )
        for item in described(document)
    }


def described(resource: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield every method below a resource of a document, as the document has it."""
    yield from resource.get("methods", {}).values()
    for child in resource.get("resources", {}).values():
        yield from described(child)


def _folder() -> Path:
    # Found, not imported: the client itself is not needed.
    found = find_spec("googleapiclient")
    assert found is not None
    assert found.submodule_search_locations
    return Path(found.submodule_search_locations[0]) / _DOCUMENTS


def _named(schemas: Schemas, reference: Schema | None) -> Check | None:
    return None if reference is None else schemas.named(reference["$ref"])


def _parameter(schema: Schema) -> Check:
    """Return the check of a parameter's text."""
    is_truth = schema["type"] == "boolean"
    return scalar({"type": "string", "enum": _TRUTHS} if is_truth else schema, is_sent=True)
