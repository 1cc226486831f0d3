"""What every model is made of: values that never change, and values that are stored with a run."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, NamedTuple, NewType, Self
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    PlainSerializer,
    model_validator,
)
from pydantic_core import CoreSchema


def aware(text: str) -> datetime:
    """Read an instant.

    Raises:
        ValueError: It is no instant, or it lacks a zone.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        message = f"an instant without a zone: {text!r}"
        raise ValueError(message)
    return moment


RunId = NewType("RunId", str)

Resource = dict[str, Any]
"""A resource exactly as a Google REST API returned it."""


def _as_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        message = "an instant is in the years 1 to 9999 of UTC"
        raise ValueError(message) from error


def _as_text(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


UtcTime = Annotated[
    AwareDatetime, AfterValidator(_as_utc), PlainSerializer(_as_text, when_used="json")
]


def _whole_minute(moment: datetime) -> datetime:
    if moment.second or moment.microsecond:
        message = "a recovery point is a whole UTC minute"
        raise ValueError(message)
    return moment


RecoveryPoint = Annotated[UtcTime, AfterValidator(_whole_minute)]


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (OSError, KeyError, ValueError) as error:
        message = f"no time zone is called {name!r}"
        raise ValueError(message) from error
    return name


TimeZone = Annotated[str, AfterValidator(_known_zone)]


_CONTAINERS = frozenset({"tuple", "list", "set", "frozenset", "dict"})


def _stopping_at_the_first[Schema](schema: Schema) -> Schema:
    """Have each container in a schema report its first wrong item alone.

    Otherwise a document of half a million wrong items is half a million errors, and gigabytes.
    """
    if isinstance(schema, dict):
        # A field that is called so is a schema of its own.
        if isinstance(kind := schema.get("type"), str) and kind in _CONTAINERS:
            schema["fail_fast"] = True
        for inner in schema.values():
            _stopping_at_the_first(inner)
    elif isinstance(schema, list):
        for inner in schema:
            _stopping_at_the_first(inner)
    return schema


class Value(BaseModel):
    """A value: it never changes, and has no field but its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: type[BaseModel], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return _stopping_at_the_first(handler(source))

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Return a copy in which some fields are others; pydantic does not look at their names.

        Raises:
            TypeError: There is no such field.
        """
        if unknown := (update or {}).keys() - type(self).model_fields.keys():
            raise TypeError(f"{type(self).__name__} has no {', '.join(sorted(unknown))}")
        return super().model_copy(update=update, deep=deep)


class Stored(Value):
    """A value that is stored with a run, and keeps the fields it does not know.

    A document of a later minor version of the format survives a round trip through this one. Our
    own code names no field that there is not: mypy refuses it.
    """

    model_config = ConfigDict(extra="allow")


class Fingerprint(Stored):
    """The order-independent content of a set of rows.

    Count, XOR and two half sums over one 64-bit hash a row: XOR alone would cancel equal rows in
    pairs (facts: BigQuery, Hash functions and Aggregate functions).
    """

    row_count: int = Field(ge=0)
    xor: int
    low_sum: int
    high_sum: int

    # What a later version measures besides does not make equal rows differ.
    def __eq__(self, other: object) -> bool:
        return isinstance(other, Fingerprint) and self._measured() == other._measured()

    def __hash__(self) -> int:
        return hash(self._measured())

    def _measured(self) -> tuple[int, int, int, int]:
        return self.row_count, self.xor, self.low_sum, self.high_sum


class ObjectInfo(Stored):
    """What a listing says about one object."""

    name: str
    size_bytes: int = Field(ge=0)
    crc32c: str
    generation: int


class Listed(NamedTuple):
    """What a listing says about one object.

    Attributes:
        written_at: When it was written, on Cloud Storage's clock.
        said: What it says of itself, where that was asked for.
    """

    name: str
    size_bytes: int
    written_at: datetime
    said: str = ""


class StoredObject(ObjectInfo):
    """One object in the vault.

    Attributes:
        name: Name in the vault bucket.
        crc32c: Base64, big-endian, as Cloud Storage reports it.
        generation: The generation that was verified.
        row_count: Avro records in the object.
    """

    row_count: int = Field(ge=0)


_SKEWS = {
    "tables": re.compile(r"definitions of ([A-Za-z0-9_]+)"),
    "buckets": re.compile(r"(?:.+? (?:in|from)|settings of) bucket ([^ ,]+)(?:[ ,].*)?", re.DOTALL),
    "databases": re.compile(r"settings of database (.+)"),
}


class Skew(Stored):
    """Something that was read later than the recovery point, and by how much.

    Attributes:
        kind: The kind of part it belongs to; empty where nothing says.
        name: The dataset, bucket or database; likewise.
        subject: What was read later, for a person.
    """

    kind: str = ""
    name: str = ""
    subject: str
    skew_seconds: float

    @model_validator(mode="before")
    @classmethod
    def _said_in_words(cls, given: Any) -> Any:  # noqa: ANN401 - JSON of any shape
        """Read kind and name of what a run before format 1.3 said in words alone."""
        if not isinstance(given, Mapping) or "kind" in given or "subject" not in given:
            return given
        for kind, pattern in _SKEWS.items():
            if found := pattern.fullmatch(str(given["subject"])):
                return {**given, "kind": kind, "name": found[1]}
        return given
