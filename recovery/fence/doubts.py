"""Finds writers in the record of a fence that nothing else confirms. Pure.

A record of a fence lies where others can write, and what it names is paused or resumed.
"""

from collections.abc import Collection, Iterable, Mapping

from manifests.catalog_writers import FenceRule
from manifests.errors import RefusedError
from manifests.kinds.resources.table import resource_type
from manifests.values import Resource
from recovery.fence.addresses import written_itself
from recovery.fence.model import FencedWriter, FenceRecord, ThawStep
from recovery.fence.rules import is_about


def doubts(
    record: FenceRecord,
    present: Mapping[str, Resource | None],
    rule: FenceRule | None,
    *,
    projects: Collection[str],
    made: Collection[str],
    alone: Collection[str],
) -> dict[str, str]:
    """Return why each writer that is doubted is, by its name.

    Args:
        record: The fence.
        present: The writers as they are, by name; None where there is none.
        rule: What the catalog says of writers; None where it says nothing.
        projects: The project of the platform, by id and by number.
        made: Names of what the plan of the record's recovery makes, and of what carries the events of
            triggers that the catalog names.
        alone: Names of writers that only one of the two records of the fence has.
    """
    found = {
        writer.name: "only one of the two records of the fence names it"
        if writer.name in alone
        else _doubt(writer, present.get(writer.name), rule, projects=projects, made=made)
        for writer in record.writers
    }
    return {name: why for name, why in found.items() if why}


def projects_of(record: FenceRecord) -> set[str]:
    """Return the projects of the writers of a record, by id or by number."""
    return {_segment(writer.name, "projects") for writer in record.writers}


def strange_writers(
    steps: Iterable[ThawStep], doubted: Mapping[str, str], said: Collection[str]
) -> list[RefusedError]:
    """Return a refusal of each writer that a thaw would resume and that is doubted.

    Args:
        steps: What the thaw does.
        doubted: Why, by name.
        said: Writers that the operator names, by the last part of their names; `*` is any.
    """
    return [
        RefusedError(
            f"it would be resumed, and {doubted[step.name]}",
            subject=step.name,
            hint=f"find out who wrote the record; `--writer {own}` allows it",
        )
        for step in steps
        if step.action == "resume" and step.name in doubted
        if (own := step.name.rpartition("/")[2]) not in said and "*" not in said
    ]


def _doubt(
    writer: FencedWriter,
    resource: Resource | None,
    rule: FenceRule | None,
    *,
    projects: Collection[str],
    made: Collection[str],
) -> str:
    if (project := _segment(writer.name, "projects")) not in projects:
        return f"it is in the project {project}"
    if writer.name in made:
        return ""
    kind = resource_type(writer.type)
    if rule is None:
        return "the catalog names no writers"
    # What calls something is told by that, which a pause takes from it.
    field = kind.pause_by(writer.field).field
    running = {**(resource or {}), "name": writer.name, field: writer.before}
    named = any(is_about(item, kind, running) for item in rule.writers)
    return (
        ""
        if named or written_itself(running, project)
        else "the catalog does not name it among the writers"
    )


def _segment(name: str, behind: str) -> str:
    """Return the segment of a full name that follows another; empty where it has none."""
    segments = name.split("/")
    return segments[segments.index(behind) + 1] if behind in segments[:-1] else ""
