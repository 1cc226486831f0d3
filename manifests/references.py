"""Which tables a view or routine reads, as far as its text tells. Pure.

The text is not parsed: a name that stands behind FROM or JOIN is taken for a table's, or for that of
a table function, which stands wherever a table can (BigQuery, Table functions). A name too
many makes the plan say that a view cannot be made, which then is made all the same: nothing is
skipped because of what is found here.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Literal

from manifests.kinds.tables.model import DatasetBackup
from manifests.model.run import Manifest
from manifests.values import Resource

type DefinitionKind = Literal["view", "routine"]
type TableRef = tuple[str, str, str]
"""Project, dataset and own id."""

_COMMENTS = re.compile(r"--[^\n]*|#[^\n]*|/\*.*?\*/", re.DOTALL)
_STRINGS = re.compile(
    r"""(?:'{3}.*?'{3}|"{3}.*?"{3}|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*")""", re.DOTALL
)
_READ = re.compile(
    r"\b(?:FROM|JOIN)\s+((?:`[^`]+`|[\w-]+)(?:\s*\.\s*(?:`[^`]+`|[\w-]+))*)(\s*\()?", re.IGNORECASE
)
_LEGACY = re.compile(r"\[([\w-]+):(\w+)\.([\w-]+)\]")
_ALIAS = re.compile(r"(?:FROM|JOIN)\s+[`\w.-]+\s+(?:AS\s+)?(\w+)|\bAS\s+(\w+)", re.IGNORECASE)
_PARTS_WITH_PROJECT = 3
_NOT_A_TABLE = ("INFORMATION_SCHEMA", "__TABLES__")
_BUILT_IN = ("ML", "AI")
"""What stands before the names of Google's own table functions, as in `ML.PREDICT(...)` (BigQuery ML)."""


def definitions_of(dataset: DatasetBackup) -> list[tuple[str, DefinitionKind, Resource]]:
    """Return the name, kind and resource of every view and routine of a dataset."""
    named: list[tuple[str, DefinitionKind, Resource]] = [
        (f"{dataset.dataset_id}.{item['tableReference']['tableId']}", "view", item)
        for item in dataset.views
    ]
    named += [
        (f"{dataset.dataset_id}.{item['routineReference']['routineId']}", "routine", item)
        for item in dataset.routines
    ]
    return named


def unheld(manifest: Manifest) -> Iterator[tuple[str, DefinitionKind, list[str]]]:
    """Yield the name and kind of each view and routine that reads what its run does not hold.

    And what that is, `dataset.name`.
    """
    definitions = [item for dataset in manifest.datasets for item in definitions_of(dataset)]
    held = {table.name for table in manifest.tables} | {name for name, _, _ in definitions}
    for name, kind, resource in definitions:
        read = {f"{dataset}.{own_id}" for _, dataset, own_id in references(resource)}
        if others := sorted(read - held):
            yield name, kind, others


def text_of(definition: Resource) -> str:
    """Return the text of a view, materialized view or routine."""
    view = definition.get("view") or definition.get("materializedView") or {}
    return str(view.get("query") or definition.get("definitionBody") or "")


def references(definition: Resource) -> set[TableRef]:
    """Return the tables, views and table functions that a definition reads."""
    reference = definition.get("tableReference") or definition.get("routineReference") or {}
    own_project = str(reference.get("projectId", ""))
    text = _STRINGS.sub("''", _COMMENTS.sub(" ", text_of(definition)))
    found = {matched.groups() for matched in _LEGACY.finditer(text)}
    aliases = {name for matched in _ALIAS.finditer(text) for name in matched.groups() if name}
    for matched in _READ.finditer(text):
        names = matched[1].replace("`", "").replace(" ", "").split(".")
        if matched[2] and names[0].upper() in _BUILT_IN:
            continue
        if len(names) == _PARTS_WITH_PROJECT - 1 and names[0] not in aliases:
            names = [own_project, *names]
        # A wildcard names no single table, and names such as INFORMATION_SCHEMA stand for none.
        is_table = len(names) == _PARTS_WITH_PROJECT and not names[-1].endswith("*")
        if is_table and not any(name.upper() in _NOT_A_TABLE for name in names):
            found.add((names[0], names[1], names[2]))
    return {(str(project), str(dataset), str(name)) for project, dataset, name in found}


def unmakeable(
    definitions: Mapping[str, Resource], missing: Collection[TableRef]
) -> dict[str, str]:
    """Return which definitions cannot be made, and what each lacks: a table, or another view.

    Args:
        definitions: Those that are to be made, by name.
        missing: The tables and views that are not there and that nothing of the plan makes.
    """
    lacking = {
        name: ".".join(min(absent))
        for name, definition in definitions.items()
        if (absent := references(definition).intersection(missing))
    }
    grown = True
    while grown:
        found = {
            name: source
            for name, definition in definitions.items()
            if name not in lacking and (source := _first_of(definition, lacking))
        }
        lacking |= found
        grown = bool(found)
    return lacking


def _first_of(definition: Resource, names: Iterable[str]) -> str:
    read = {f"{dataset}.{name}" for _, dataset, name in references(definition)}
    return min(read.intersection(names), default="")
