"""Steps that bring views and routines back with `bq`, each behind what it reads. Pure."""

import re
from collections.abc import Iterator, Sequence
from graphlib import CycleError, TopologicalSorter

from functions.kit.script import Argument, KitStep, label_pairs, stem
from functions.kit.tables import Bq, bq_of, left_of
from manifests.errors import SourceUnreadableError
from manifests.kinds.tables.model import DatasetBackup
from manifests.references import DefinitionKind, definitions_of, references
from manifests.sql import expression, quoted
from manifests.values import Resource

_TYPE = re.compile(r"[A-Z][A-Z0-9_]*")
_VIEW_SET = frozenset({"description", "labels", "materializedView", "schema", "view"})
_MADE = {"SCALAR_FUNCTION": "FUNCTION", "TABLE_VALUED_FUNCTION": "TABLE FUNCTION"}
type _Definition = tuple[str, DefinitionKind, Resource]


def definition_steps(datasets: Sequence[DatasetBackup]) -> Iterator[KitStep]:
    """Yield what makes views and routines, in an order in which each finds what it reads.

    A definition that no command of `bq` makes is a step without one: it names what is left.
    """
    found = {
        item[0]: (item, bq_of(dataset)) for dataset in datasets for item in definitions_of(dataset)
    }
    for name in _ordered([item for item, _ in found.values()]):
        (_, kind, resource), bq = found[name]
        try:
            yield _routine(name, resource, bq) if kind == "routine" else _view(name, resource, bq)
        except SourceUnreadableError as error:
            yield KitStep(kind, name, (), left=(f"all of it: {error.message}",))


def _ordered(definitions: Sequence[_Definition]) -> tuple[str, ...]:
    """Return names, each behind those it reads; a view may call any routine, which no text tells."""
    names = {name for name, _, _ in definitions}
    read: dict[str, set[str]] = {}
    for name, _, resource in sorted(definitions):
        others = {f"{dataset}.{own}" for _, dataset, own in references(resource)}
        read[name] = (others & names) - {name}
    routines = {name for name, kind, _ in definitions if kind == "routine" and not read[name]}
    for name in names - routines:
        read[name] |= routines
    try:
        return tuple(TopologicalSorter(read).static_order())
    except CycleError:
        return tuple(sorted(names))


def _view(name: str, resource: Resource, bq: Bq) -> KitStep:
    arguments: list[Argument] = []
    if description := resource.get("description"):
        arguments.append(f"--description={description}")
    arguments += [f"--label={pair}" for pair in label_pairs(resource.get("labels") or {}, ":")]
    if view := resource.get("view"):
        legacy = "--use_legacy_sql" if view.get("useLegacySql") else "--nouse_legacy_sql"
        own = [legacy, f"--view={view['query']}"]
    else:
        materialized = resource["materializedView"]
        own = [f"--materialized_view={materialized['query']}"]
        if materialized.get("enableRefresh") is False:
            own.append("--noenable_refresh")
        if every := materialized.get("refreshIntervalMs"):
            own.append(f"--refresh_interval_ms={int(every)}")
    command = bq("mk", *arguments, *own, name)
    command.line()
    left = ("what is said of its columns", *left_of(resource, _VIEW_SET))
    return KitStep("view", name, (command,), left=left)


def _routine(name: str, resource: Resource, bq: Bq) -> KitStep:
    sql = f"files/{stem(name)}.routine.sql"
    return KitStep("routine", name, (bq.query(sql),), {sql: _routine_sql(name, resource).encode()})


def _routine_sql(name: str, resource: Resource) -> str:
    """Write the statement that makes a function of SQL.

    Raises:
        SourceUnreadableError: It is another routine, or its text is more than an expression.
    """
    made, body = _MADE.get(str(resource.get("routineType"))), str(resource.get("definitionBody"))
    if (
        made is None
        or resource.get("language") not in (None, "SQL")
        or "remoteFunctionOptions" in resource
    ):
        raise SourceUnreadableError("only functions of SQL are made by these commands")
    text = expression(body)
    arguments = ", ".join(map(_argument, resource.get("arguments", ())))
    text = text if made == "FUNCTION" else f"\n{body}\n"
    return f"CREATE {made} {quoted(name)}({arguments}){_returns(resource)} AS {text};"


def _returns(resource: Resource) -> str:
    if columns := (resource.get("returnTableType") or {}).get("columns"):
        inner = (f"{quoted(item['name'])} {_type_sql(item['type'])}" for item in columns)
        return f" RETURNS TABLE<{', '.join(inner)}>"
    returns = resource.get("returnType")
    return f" RETURNS {_type_sql(returns)}" if returns else ""


def _argument(argument: Resource) -> str:
    if argument.get("argumentKind") == "ANY_TYPE":
        return f"{quoted(argument['name'])} ANY TYPE"
    if "dataType" not in argument:
        raise SourceUnreadableError("an argument of it is a table")
    return f"{quoted(argument['name'])} {_type_sql(argument['dataType'])}"


def _type_sql(data_type: Resource) -> str:
    kind = str(data_type.get("typeKind"))
    if kind == "ARRAY":
        return f"ARRAY<{_type_sql(data_type['arrayElementType'])}>"
    if kind == "RANGE":
        return f"RANGE<{_type_sql(data_type['rangeElementType'])}>"
    if kind == "STRUCT":
        fields = (data_type.get("structType") or {}).get("fields", ())
        inner = (
            f"{quoted(field['name'])} {_type_sql(field['type'])}"
            if field.get("name")
            else _type_sql(field["type"])
            for field in fields
        )
        return f"STRUCT<{', '.join(inner)}>"
    if not _TYPE.fullmatch(kind):
        raise SourceUnreadableError("no type of SQL", subject=repr(kind)[:200])
    return kind
