"""Makes the list of the fields of each type of resources that only Google writes.

`python -m tests.judges.resource_fields` writes it beside the table of types; a test fails when
Google's discovery documents say something else.
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from manifests.kinds.resources.table import TYPES
from manifests.kinds.resources.types import ResourceType
from tests.deployed import ROOT

OUTPUT_ONLY = ROOT / "manifests" / "kinds" / "resources" / "output_only.json"
_DOCUMENTS = files("googleapiclient") / "discovery_cache" / "documents"

_ANY_PARENT = re.compile(r"\{v1Id\}/\{v1Id1\}")
_PLACEHOLDER = re.compile(r"\{[^}]*\}")

type _Schemas = Mapping[str, Mapping[str, Any]]


def output_only() -> dict[str, list[str]]:
    """Return the paths of the fields of each type that no request may set, in order."""
    return {kind.name: sorted(_fields(kind)) for kind in TYPES}


def as_text(fields: Mapping[str, list[str]]) -> str:
    """Return the list as it is kept."""
    return json.dumps(fields, indent=2) + "\n"


def document(kind: ResourceType) -> Mapping[str, Any]:
    """Return the discovery document of a type's API."""
    return _document(f"{kind.host.split('.')[0]}.{kind.version.rpartition('/')[2]}.json")


@cache
def _document(name: str) -> Mapping[str, Any]:
    return dict(json.loads((_DOCUMENTS / name).read_text(encoding="utf-8")))


def schema_name(kind: ResourceType) -> str:
    """Return the name of the schema of a type: what the answer of its list is made of."""
    schemas = document(kind)["schemas"]
    listed = next(
        method["response"]["$ref"]
        for method in methods(document(kind))
        if method["httpMethod"] == "GET" and flat_path(kind, method) == collection_of(kind)
    )
    return str(schemas[listed]["properties"][kind.items]["items"]["$ref"])


def methods(resource: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield every method of a document."""
    yield from resource.get("methods", {}).values()
    for child in resource.get("resources", {}).values():
        yield from methods(child)


def collection_of(kind: ResourceType) -> str:
    """Return the path of a type's list, with nothing in the braces of what stands for something."""
    return _PLACEHOLDER.sub("{}", f"{kind.version}/{kind.collection}")


def flat_path(kind: ResourceType, method: Mapping[str, Any]) -> str:
    """Return the path of a method so; some documents leave open that a parent is a project."""
    path = f"{document(kind)['servicePath']}{method.get('flatPath', method['path'])}"
    return _PLACEHOLDER.sub("{}", _ANY_PARENT.sub("projects/{}", path))


def _fields(kind: ResourceType) -> Iterator[str]:
    schemas = document(kind)["schemas"]
    yield from _below(schemas[schema_name(kind)], schemas, "", frozenset())


def _below(
    schema: Mapping[str, Any], schemas: _Schemas, path: str, seen: frozenset[str]
) -> Iterator[str]:
    description = schema.get("description", "")
    if path and (schema.get("readOnly") or "output only" in description[:60].lower()):
        yield path
        return
    if reference := schema.get("$ref"):
        if reference not in seen:
            yield from _below(schemas[reference], schemas, path, seen | {reference})
        return
    for name, field in schema.get("properties", {}).items():
        yield from _below(field, schemas, f"{path}.{name}" if path else name, seen)
    if schema.get("type") == "array":
        yield from _below(schema["items"], schemas, f"{path}[]", seen)
    if "additionalProperties" in schema:
        yield from _below(schema["additionalProperties"], schemas, f"{path}{{}}", seen)


def main(folder: Path = OUTPUT_ONLY) -> int:
    """Write the list."""
    folder.write_text(as_text(output_only()), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
