"""Checks made from the schemas of a discovery document.

A check is called with a value and returns what is wrong with it, each with the path below the
value. It costs little where nothing is wrong: listings hold thousands of items.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

type Schema = Mapping[str, Any]
type Check = Callable[[Any], Sequence[Finding]]

_OUTPUT_ONLY = re.compile(r"\[?output[ -]only", re.IGNORECASE)
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)")
_WHOLE_NUMBER = re.compile(r"-?\d{1,20}")
_NOTHING: Sequence["Finding"] = ()
UNKNOWN = "is unknown"
_TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (dict,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
}


class Finding(NamedTuple):
    """What is wrong with a value.

    Attributes:
        path: Where, below the value that was checked: `.schema.fields[2].mode`.
        problem: What.
    """

    path: str
    problem: str


class Schemas:
    """The checks of one document for one direction.

    Args:
        schemas: Those of the document, by name.
        is_sent: Whether values come from a client: null then leaves a field out, and what is output
            only must not be there.
    """

    def __init__(self, schemas: Mapping[str, Schema], *, is_sent: bool) -> None:
        self._schemas = schemas
        self._is_sent = is_sent
        self._named: dict[str, Check] = {}

    def named(self, name: str) -> Check:
        """Return the check of the schema of this name."""
        if name not in self._named:
            # Schemas hold themselves: until this one is there, its own parts look it up late.
            self._named[name] = partial(self._late, name)
            self._named[name] = self._of(self._schemas[name])
        return self._named[name]

    def _late(self, name: str, value: Any) -> Sequence[Finding]:  # noqa: ANN401 - JSON
        return self._named[name](value)

    def _of(self, schema: Schema) -> Check:
        if self._is_sent and _is_output_only(schema):
            return _output_only
        if "$ref" in schema:
            return self.named(schema["$ref"])
        kind = schema.get("type", "any")
        if kind == "object":
            return self._object(schema)
        if kind == "array":
            return _array(self._of(schema["items"]))
        return scalar(schema, is_sent=self._is_sent)

    def _object(self, schema: Schema) -> Check:
        known = {name: self._of(part) for name, part in schema.get("properties", {}).items()}
        more = schema.get("additionalProperties")
        others = None if more is None else self._of(more)
        if not known and others is None:
            return _typed(_TYPES["object"], "object")
        is_sent = self._is_sent
        # Most fields are of a plain type: they are passed without a call.
        plain = {
            name: _TYPES[part["type"]][0]
            for name, part in schema.get("properties", {}).items()
            if known[name] is not _output_only and _is_plain(part)
        }

        def check(value: Any) -> Sequence[Finding]:  # noqa: ANN401 - JSON
            if type(value) is not dict:
                return [_mistyped(value, "object")]
            findings: list[Finding] = []
            for key, item in value.items():
                if type(item) is plain.get(key):
                    continue
                test = known.get(key, others)
                if test is None:
                    findings.append(Finding(f".{key}", UNKNOWN))
                elif (item is not None or not is_sent) and (found := test(item)):
                    findings += [Finding(f".{key}{path}", problem) for path, problem in found]
            return findings

        return check


def scalar(schema: Schema, *, is_sent: bool) -> Check:
    """Return the check of a text, number or truth value.

    Args:
        schema: Its schema; also that of a parameter.
        is_sent: Whether it comes from a client, which may write a whole number either way (Protocol
            Buffers, ProtoJSON format).
    """
    kind, form = schema.get("type", "any"), schema.get("format")
    check: Check = _anything
    if is_sent and kind == "integer":
        check = _texts(_WHOLE_NUMBER, "integer", or_types=(int,))
    elif "enum" in schema:
        check = _one_of(frozenset(schema["enum"]))
    elif kind == "string" and form in ("int64", "uint64"):
        check = _texts(_WHOLE_NUMBER, "whole number", or_types=(int,) if is_sent else ())
    elif kind == "string" and form in ("date-time", "google-datetime"):
        check = _texts(_TIME, "RFC 3339 time")
    elif kind in _TYPES:
        check = _typed(_TYPES[kind], kind)
    return check


def _output_only(_: Any) -> Sequence[Finding]:  # noqa: ANN401 - JSON
    return [Finding("", "is output only, and is sent")]


def _is_plain(schema: Schema) -> bool:
    return schema.get("type") in ("string", "boolean") and not {"format", "enum"} & schema.keys()


def _is_output_only(schema: Schema) -> bool:
    return bool(schema.get("readOnly") or _OUTPUT_ONLY.match(schema.get("description", "")))


def _anything(_: Any) -> Sequence[Finding]:  # noqa: ANN401 - JSON
    return _NOTHING


def _array(test: Check) -> Check:
    def check(value: Any) -> Sequence[Finding]:  # noqa: ANN401 - JSON
        if type(value) is not list:
            return [_mistyped(value, "list")]
        return [
            Finding(f"[{at}]{path}", problem)
            for at, item in enumerate(value)
            for path, problem in test(item)
        ]

    return check


def _texts(pattern: re.Pattern[str], kind: str, *, or_types: tuple[type, ...] = ()) -> Check:
    matches = pattern.fullmatch

    def check(value: Any) -> Sequence[Finding]:  # noqa: ANN401 - JSON
        if type(value) in or_types or (type(value) is str and matches(value)):
            return _NOTHING
        return [_mistyped(value, kind)]

    return check


def _typed(types: tuple[type, ...], kind: str) -> Check:
    return lambda value: _NOTHING if type(value) in types else [_mistyped(value, kind)]


def _one_of(values: frozenset[str]) -> Check:
    return lambda value: (
        _NOTHING if type(value) is str and value in values else [_mistyped(value, "known value")]
    )


def _mistyped(value: Any, kind: str) -> Finding:  # noqa: ANN401 - JSON
    return Finding("", f"is no {kind}: {value!r:.80}")
