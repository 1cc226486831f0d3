"""Bodies of requests: what is refused, and what is left of the rest.

What a service keeps is not what it was sent: it leaves out what is output only or input only, and
what has its default value, which Protocol Buffers do not tell from an absent one (ProtoJSON format,
presence and default values).
"""

import re
from collections.abc import Mapping
from typing import Any

from tests.standin.discovery.schemas import UNKNOWN, Finding
from tests.standin.platform.api import Api, Schema
from tests.standin.platform.errors import PlatformError, invalid, unknown_field

type Body = dict[str, Any]

_OUTPUT_ONLY = re.compile(r"\[?output[ -]only", re.IGNORECASE)
_INPUT_ONLY = re.compile(r"(optional\. )?input[ -]only", re.IGNORECASE)
_SENT_OUTPUT = "is output only, and is sent"
# Severities are numbered by hundreds (google/logging/type/log_severity.proto).
_STEPS = {"DEFAULT": 100}
# Messages that wrap a scalar tell false from absent (google/protobuf/wrappers.proto).
_WRAPPED = frozenset({"AlertPolicy.enabled", "NotificationChannel.enabled"})


def named_enums(api: Api, schema: str, value: Any) -> Any:  # noqa: ANN401 - JSON
    """Return a body with the names of enumerated values that were sent as numbers."""
    return _Reading(api, are_names_only=True).read(value, {"$ref": schema})


def check(api: Api, method: str, body: Any) -> None:  # noqa: ANN401 - JSON
    """Refuse a body that its schema does not allow.

    Raises:
        PlatformError: A field is unknown or has a wrong type.
    """
    request = api.methods[method].request
    for finding in () if request is None else request(body):
        # A service has to ignore it (AIP-203, Output only).
        if finding.problem != _SENT_OUTPUT:
            raise _refusal(finding)


def kept(api: Api, schema: str, value: Mapping[str, Any]) -> Body:
    """Return what a service keeps of a resource."""
    read: Body = _Reading(api).read(value, {"$ref": schema})
    return read


def is_output_only(schema: Schema) -> bool:
    """Say whether a field is never read by the service."""
    return bool(schema.get("readOnly") or _OUTPUT_ONLY.match(schema.get("description", "")))


def _refusal(finding: Finding) -> PlatformError:
    place = finding.path.removeprefix(".")
    if finding.problem == UNKNOWN:
        before, _, name = place.rpartition(".")
        return unknown_field(name, before or "request")
    return invalid(f"Invalid value at '{place}': it {finding.problem}")


class _Reading:
    """Reads values by their schemas."""

    def __init__(self, api: Api, *, are_names_only: bool = False) -> None:
        self._api = api
        self._are_names_only = are_names_only

    def read(self, value: Any, schema: Schema) -> Any:  # noqa: ANN401 - JSON
        while "$ref" in schema:
            schema = self._api.schemas[schema["$ref"]]
        if isinstance(value, dict):
            return self._object(value, schema)
        if isinstance(value, list):
            return [self.read(item, schema.get("items", {})) for item in value]
        return _scalar(value, schema)

    def _object(self, value: Body, schema: Schema) -> Body:
        known, others = schema.get("properties", {}), schema.get("additionalProperties", {})
        read = {
            key: self.read(item, known.get(key, others))
            for key, item in value.items()
            if self._is_kept(known.get(key))
        }
        if self._are_names_only:
            return read
        return {
            key: item
            for key, item in read.items()
            if key not in known
            or f"{schema.get('id')}.{key}" in _WRAPPED
            or not _is_default(item, known[key])
        }

    def _is_kept(self, schema: Schema | None) -> bool:
        if schema is None or self._are_names_only:
            return True
        is_input_only = _INPUT_ONLY.match(schema.get("description", ""))
        return not is_input_only and not is_output_only(schema)


def _scalar(value: Any, schema: Schema) -> Any:  # noqa: ANN401 - JSON
    if value is None or isinstance(value, bool):
        return value
    if "enum" in schema and isinstance(value, int):
        names = schema["enum"]
        at = value // _STEPS.get(names[0], 1)
        return names[at] if 0 <= at < len(names) else value
    if schema.get("type") == "integer":
        return int(value) if str(value).removeprefix("-").isdigit() else value
    if schema.get("format") in ("int64", "uint64"):
        return str(value)
    return value


def _is_default(value: Any, schema: Schema) -> bool:  # noqa: ANN401 - JSON
    """Say whether a value is the default of its field; an empty message is none."""
    if isinstance(value, dict):
        return not value and "additionalProperties" in schema
    if schema.get("format") in ("int64", "uint64") and value == "0":
        return True
    is_unspecified = "enum" in schema and str(value).endswith("_UNSPECIFIED")
    return not value or is_unspecified
