"""What GoogleSQL is asked: which tables a statement names, and whether its types hold."""

import functools
import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import Message
from zetasql.wasi._pb2.zetasql.local_service import local_service_pb2 as service
from zetasql.wasi._pb2.zetasql.proto import options_pb2, simple_catalog_pb2
from zetasql.wasi._pb2.zetasql.public import options_pb2 as public_options_pb2
from zetasql.wasi._pb2.zetasql.public import simple_table_pb2, type_pb2
from zetasql.wasi._pb2.zetasql.resolved_ast import resolved_node_kind_pb2

from tests.standin.bigquery.engine.types import Field, is_repeated, item_of
from tests.standin.bigquery.googlesql.library import library

type Path = tuple[str, ...]

_MOST_CATALOGS = 16

_KINDS = {
    "STRING": type_pb2.TYPE_STRING,
    "BYTES": type_pb2.TYPE_BYTES,
    "INTEGER": type_pb2.TYPE_INT64,
    "FLOAT": type_pb2.TYPE_DOUBLE,
    "BOOLEAN": type_pb2.TYPE_BOOL,
    "NUMERIC": type_pb2.TYPE_NUMERIC,
    "BIGNUMERIC": type_pb2.TYPE_BIGNUMERIC,
    "DATE": type_pb2.TYPE_DATE,
    "TIME": type_pb2.TYPE_TIME,
    "DATETIME": type_pb2.TYPE_DATETIME,
    "TIMESTAMP": type_pb2.TYPE_TIMESTAMP,
    "GEOGRAPHY": type_pb2.TYPE_GEOGRAPHY,
    "INTERVAL": type_pb2.TYPE_INTERVAL,
    "JSON": type_pb2.TYPE_JSON,
}
# Of BigQuery, and not among the features that the library calls released.
_FURTHER_FEATURES = (
    public_options_pb2.FEATURE_CREATE_TABLE_CLONE,
    public_options_pb2.FEATURE_ALTER_COLUMN_SET_DATA_TYPE,
)


class Table(NamedTuple):
    """A table that a statement may name.

    Attributes:
        path: As the statement writes it: three parts stand for the quoted full id as well.
        fields: Its columns, as BigQuery's API gives them.
        pseudo: Columns that are there without being listed, as `_PARTITIONTIME`.
    """

    path: Path
    fields: Sequence[Field]
    pseudo: Sequence[Field] = ()


@functools.cache
def language() -> options_pb2.LanguageOptionsProto:
    """Return the language: every released feature, with the names and types of Google's products."""
    found = library().call(
        "GetLanguageOptions",
        service.LanguageOptionsRequest(maximum_features=True),
        options_pb2.LanguageOptionsProto,
    )
    found.product_mode = public_options_pb2.PRODUCT_EXTERNAL
    found.enabled_language_features.extend(_FURTHER_FEATURES)
    kinds = resolved_node_kind_pb2.ResolvedNodeKind.items()
    found.supported_statement_kinds.extend(
        number for name, number in kinds if name.endswith("_STMT")
    )
    return found


def options(parameters: Iterable[Field] = ()) -> options_pb2.AnalyzerOptionsProto:
    """Return how statements are analyzed.

    Args:
        parameters: The query parameters; those without a name are positional.
    """
    found = options_pb2.AnalyzerOptionsProto(
        language_options=language(),
        error_message_mode=public_options_pb2.ERROR_MESSAGE_ONE_LINE,
        default_timezone="UTC",
    )
    for name, kind in (("_PARTITIONTIME", "TIMESTAMP"), ("_PARTITIONDATE", "DATE")):
        found.ddl_pseudo_columns.add(name=name, type=type_of({"type": kind}))
    for parameter in parameters:
        if parameter["name"]:
            found.query_parameters.add(name=parameter["name"], type=type_of(parameter))
        else:
            found.parameter_mode = public_options_pb2.PARAMETER_POSITIONAL
            found.positional_query_parameters.append(type_of(parameter))
    return found


def table_paths(sql: str) -> set[Path]:
    """Return the names of the tables that a statement reads or changes, as it writes them.

    Raises:
        GoogleSqlError: Its syntax is wrong.
    """
    answer = library().call(
        "ExtractTableNamesFromStatement",
        service.ExtractTableNamesFromStatementRequest(sql_statement=sql, options=language()),
        service.ExtractTableNamesFromStatementResponse,
    )
    return {tuple(name.table_name_segment) for name in answer.table_name}


def statement_kinds(script: str) -> tuple[str, ...]:
    """Return the kind of every statement of a script, as `query`, in its order.

    Raises:
        GoogleSqlError: Its syntax is wrong.
    """
    answer = library().call(
        "Parse",
        service.ParseRequest(sql_statement=script, options=language(), allow_script=True),
        service.ParseResponse,
    )
    return tuple(map(_kind, answer.parsed_script.statement_list_node.statement_list))


def _kind(statement: Message) -> str:
    """Return the name of the innermost of the unions that a statement is in."""
    (union,) = statement.DESCRIPTOR.oneofs
    name = statement.WhichOneof(union.name)
    inner = getattr(statement, name)
    if inner.DESCRIPTOR.name.startswith("Any"):
        return _kind(inner)
    return str(name.removeprefix("ast_").removesuffix("_node").removesuffix("_statement"))


def analyze(sql: str, tables: Iterable[Table] = (), parameters: Iterable[Field] = ()) -> None:
    """Read one statement and check its names and types.

    Args:
        sql: The statement.
        tables: What it may name besides Google's functions.
        parameters: Its query parameters.

    Raises:
        GoogleSqlError: GoogleSQL refuses it.
    """
    request = service.AnalyzeRequest(sql_statement=sql, options=options(parameters))
    _catalogs.call("Analyze", request, Empty, tables)


def answered(sql: str) -> service.EvaluateQueryResponse:
    """Return the answer of Google's reference evaluator to a query that names no table.

    Raises:
        GoogleSqlError: The query is refused, or fails on its values.
    """
    request = service.EvaluateQueryRequest(sql=sql, options=options())
    return _catalogs.call("EvaluateQuery", request, service.EvaluateQueryResponse)


class _Catalogs:
    """The catalogs that the library keeps: to make one takes most of the time of a short query.

    Safe to share between threads, which wait for each other.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._starts = 0
        self._kept: OrderedDict[bytes, int] = OrderedDict()

    def call[M: Message](
        self,
        method: str,
        request: service.AnalyzeRequest | service.EvaluateQueryRequest,
        answer: type[M],
        tables: Iterable[Table] = (),
    ) -> M:
        """Call a method of the library with a catalog of tables, as `Library.call` does."""
        catalog = catalog_of(tables)
        with self._guard:
            request.registered_catalog_id = self._registered(catalog)
            return library().call(method, request, answer)

    def _registered(self, catalog: simple_catalog_pb2.SimpleCatalogProto) -> int:
        if self._starts != library().starts:
            self._kept.clear()
            self._starts = library().starts
        key = catalog.SerializeToString(deterministic=True)
        if key not in self._kept:
            request = service.RegisterCatalogRequest(simple_catalog=catalog)
            made = library().call("RegisterCatalog", request, service.RegisterResponse)
            self._kept[key] = made.registered_id
        self._kept.move_to_end(key)
        found = self._kept[key]
        if len(self._kept) > _MOST_CATALOGS:
            _, oldest = self._kept.popitem(last=False)
            gone = service.UnregisterRequest(registered_id=oldest)
            library().call("UnregisterCatalog", gone, Empty)
        return found


_catalogs = _Catalogs()


def catalog_of(tables: Iterable[Table]) -> simple_catalog_pb2.SimpleCatalogProto:
    """Return what statements can name: Google's functions, and tables."""
    found = simple_catalog_pb2.SimpleCatalogProto(name="standin")
    found.builtin_function_options.language_options.CopyFrom(language())
    for table in tables:
        inner = found
        for name in table.path[:-1]:
            inner = _below(inner, name)
        inner.table.append(_table(table))
    return found


def _below(
    catalog: simple_catalog_pb2.SimpleCatalogProto, name: str
) -> simple_catalog_pb2.SimpleCatalogProto:
    for inner in catalog.catalog:
        if inner.name == name:
            return inner
    return catalog.catalog.add(name=name)


def type_of(field: Field) -> type_pb2.TypeProto:
    """Return GoogleSQL's type of a field of BigQuery's API."""
    if is_repeated(field):
        found = type_pb2.TypeProto(type_kind=type_pb2.TYPE_ARRAY)
        found.array_type.element_type.CopyFrom(type_of(item_of(field)))
        return found
    if field["type"] == "RECORD":
        found = type_pb2.TypeProto(type_kind=type_pb2.TYPE_STRUCT)
        for child in field["fields"]:
            found.struct_type.field.add(field_name=child["name"], field_type=type_of(child))
        return found
    if field["type"] == "RANGE":
        found = type_pb2.TypeProto(type_kind=type_pb2.TYPE_RANGE)
        found.range_type.element_type.CopyFrom(type_of(field["rangeElementType"]))
        return found
    return type_pb2.TypeProto(type_kind=_KINDS[field["type"]])


def _table(table: Table) -> simple_table_pb2.SimpleTableProto:
    found = simple_table_pb2.SimpleTableProto(name=table.path[-1])
    for hidden, fields in ((False, table.fields), (True, table.pseudo)):
        for field in fields:
            found.column.add(
                name=field["name"],
                type=type_of(field),
                is_pseudo_column=hidden,
                is_writable_column=True,
                has_default_value="defaultValueExpression" in field,
            )
    return found
