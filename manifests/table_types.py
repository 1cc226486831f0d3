"""The types of what Rebound reads in the resource of a table or view. Pure.

The columns' names and types are written into statements, so that a text is a text here, a number a
number, and a record has fields.
"""

import re
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    field_validator,
    model_validator,
)
from pydantic.alias_generators import to_camel

_DEEPEST_FIELD = 15
_LARGEST = 2**63


def _number(value: object) -> int:
    # A 64-bit number is text in the JSON of Google's APIs.
    if isinstance(value, bool) or not re.fullmatch(r"-?[0-9]{1,19}", str(value)):
        message = "not a 64-bit number"
        raise ValueError(message)
    number = int(str(value))
    if not -_LARGEST <= number < _LARGEST:
        message = "not a 64-bit number"
        raise ValueError(message)
    return number


# What neither ends a quotation nor a line: `sql.quoted` refuses the rest of it, too.
ColumnName = Annotated[
    str, StringConstraints(max_length=300, pattern=r"^[^`\\\x00-\x1f\x7f-\x9f\u2028\u2029]+$")
]
Number = Annotated[Any, AfterValidator(_number)]
Word = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]{0,63}$")]
Key = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9:._/-]{1,1000}$")]


class Typed(BaseModel):
    """The fields of a JSON object that Rebound reads; it may hold more."""

    model_config = ConfigDict(alias_generator=to_camel, strict=True, extra="allow")

    @field_validator("*", mode="before")
    @classmethod
    def _is_no_null(cls, value: object) -> object:
        # Google's APIs leave out what has no value, and so nothing here expects a null.
        if value is None:
            message = "null"
            raise ValueError(message)
        return value


class _ElementType(Typed):
    type: Word


class _Tags(Typed):
    names: list[str] | None = None


class _Column(Typed):
    name: ColumnName
    type: Word
    mode: Literal["NULLABLE", "REQUIRED", "REPEATED"] | None = None
    fields: list["_Column"] | None = None
    range_element_type: _ElementType | None = None
    policy_tags: _Tags | None = None
    generated_column: dict[str, Any] | None = None
    precision: Number = 0
    scale: Number = 0
    timestamp_precision: Number = 0
    max_length: Number = 0
    description: str | None = None

    @model_validator(mode="after")
    def _has_what_its_type_needs(self) -> "_Column":
        if self.type in {"RECORD", "STRUCT"} and not self.fields:
            message = f"the record {self.name} has no fields"
            raise ValueError(message)
        if self.type == "RANGE" and self.range_element_type is None:
            message = f"the range {self.name} has no type of its ends"
            raise ValueError(message)
        _check_columns(self.fields or [])
        return self

    @property
    def depth(self) -> int:
        """Return how many levels of columns this is."""
        return 1 + max((child.depth for child in self.fields or ()), default=0)


class _Schema(Typed):
    fields: list[_Column]

    @model_validator(mode="after")
    def _names_each_column_once(self) -> "_Schema":
        _check_columns(self.fields)
        if any(column.depth > _DEEPEST_FIELD for column in self.fields):
            message = f"fields are nested deeper than {_DEEPEST_FIELD} levels"
            raise ValueError(message)
        return self


class _ByTime(Typed):
    type: Literal["HOUR", "DAY", "MONTH", "YEAR"] = "DAY"
    field: ColumnName | None = None
    expiration_ms: Number = 0
    require_partition_filter: bool | None = None


class _Bounds(Typed):
    start: Number
    end: Number
    interval: Number

    @model_validator(mode="after")
    def _grows(self) -> "_Bounds":
        if self.interval <= 0 or self.end <= self.start:
            message = "a range of partitions that holds nothing"
            raise ValueError(message)
        return self


class _ByRange(Typed):
    field: ColumnName
    range: _Bounds


class _Clustering(Typed):
    fields: list[str] | None = None


class Encryption(Typed):
    """The key of Cloud KMS that something is under."""

    kms_key_name: Key | None = None


class _Constraints(Typed):
    foreign_keys: list[dict[str, Any]] | None = None


class _Named(Typed):
    project_id: str
    dataset_id: str
    table_id: str = ""
    routine_id: str = ""


class _Authorized(Typed):
    dataset: _Named


class Access(Typed):
    """One entry of who may see a dataset."""

    role: str = ""
    user_by_email: str = ""
    group_by_email: str = ""
    domain: str = ""
    special_group: str = ""
    iam_member: str = ""
    view: _Named | None = None
    routine: _Named | None = None
    dataset: _Authorized | None = None
    condition: dict[str, Any] | None = None


class _TableReference(Typed):
    table_id: str


class _Query(Typed):
    query: str


class RoutineReference(Typed):
    """What names a routine."""

    routine_id: str


class AnyResource(Typed):
    """The fields that Rebound reads in resources of any sort; a sort may lack some of them."""

    labels: dict[str, str] = {}
    location: str = ""
    columns: _Schema | None = Field(default=None, alias="schema")
    time_partitioning: _ByTime | None = None
    encryption_configuration: Encryption | None = None
    access: list[Access] = []
    grantees: list[str] = []
    table_reference: _TableReference | None = None
    routine_reference: RoutineReference | None = None
    view: _Query | None = None
    materialized_view: _Query | None = None


class Timed(AnyResource):
    """A resource whose times are numbers: a dataset, table or view."""

    expiration_time: Number = 0
    creation_time: Number = 0


class TypedTable(Timed):
    """A table with rows."""

    type: Word = "TABLE"
    columns: _Schema = Field(alias="schema")
    range_partitioning: _ByRange | None = None
    require_partition_filter: bool | None = None
    clustering: _Clustering | None = None
    table_constraints: _Constraints | None = None
    num_rows: Number = 0


class View(Timed):
    """A view or materialized view."""

    type: Literal["VIEW", "MATERIALIZED_VIEW"] = "VIEW"
    table_reference: _TableReference


def _check_columns(columns: list[_Column]) -> None:
    names = [column.name.lower() for column in columns]
    if len(set(names)) < len(names):
        message = "a column is named twice"
        raise ValueError(message)
