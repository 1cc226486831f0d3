"""What a recovery would do to each table, and why."""

import shlex
from collections.abc import Collection, Iterator, Mapping
from typing import Literal

from pydantic import model_validator

from manifests.fingerprint import combined
from manifests.ids import PartitionId, TableName
from manifests.kinds.tables.model import TableBackup
from manifests.partitions import WHOLE_TABLE
from manifests.values import Fingerprint, Resource, UtcTime
from recovery.compare.findings import Finding
from recovery.compare.observed import Expired, ObservedTable, expired_of, without_expired
from recovery.compare.tables import property_findings, row_findings, shape_findings
from recovery.kinds.events import table_words
from recovery.kinds.step import MissingWord, Step
from recovery.kinds.tables.rules.sources import Source, coming_back
from recovery.listening import Listening
from recovery.request import Request
from recovery.units import counted

Action = Literal["leave", "create", "fill", "replace partitions", "replace", "set properties"]


class TableStep(Step):
    """What happens to one table.

    Its names reach statements, also after a plan was read back from a journal, where others can
    write: each is one that BigQuery could have given.

    Attributes:
        damage: What is wrong with it; empty when nothing is.
        partitions: The partitions that are written; empty where the whole table is.
        loses_rows: Whether rows, or a view, that are there now are replaced or removed.
        seen: What the plan saw in the partitions that it replaces or removes: nothing else may be.
        coming: How many rows come back in each of these.
        modified: Which table is replaced as a whole, and when it was last changed.
        only_removes: Whether all that goes are partitions that `exact` asked to remove.
        kept_partitions: Partitions the recovery point does not know and the recovery keeps.
        removed_partitions: Those that it removes, because `exact` was asked for.
        source: Where its rows come from; None where none are written.
        expired: What the table's own rule has let expire of the backup, which nothing brings back
            and nobody misses.
        expired_at: When its own time was over; it comes back without that time, or with another.
        by_now: What is told of it where the plan is resumed, and it is not as it was then.
        listening: What is told of it when it is written.
    """

    kind: Literal["table"] = "table"
    name: TableName
    action: Action
    damage: tuple[Finding, ...]
    partitions: tuple[PartitionId, ...] = ()
    loses_rows: bool = False
    seen: Mapping[PartitionId, Fingerprint] = {}
    coming: Mapping[PartitionId, int] = {}
    modified: str = ""
    only_removes: bool = False
    kept_partitions: tuple[PartitionId, ...] = ()
    kept_rows: int = 0
    removed_partitions: tuple[PartitionId, ...] = ()
    rows: int = 0
    stored_bytes: int = 0
    source: Source | None = None
    expired: Expired = Expired()
    expired_at: UtcTime | None = None
    by_now: str = ""
    listening: Listening = Listening()

    @model_validator(mode="after")
    def _removes_what_it_saw(self) -> "TableStep":
        if not set(self.removed_partitions) <= self.seen.keys():
            message = "it removes a partition that it did not see"
            raise ValueError(message)
        return self

    @property
    def written(self) -> str:
        """Return what other writers may write to meanwhile."""
        return f"dataset {self.name.partition('.')[0]}" if self.into == self.name else ""

    @property
    def title(self) -> str:
        """Return the table's own name, which needs no other word."""
        return self.name

    @property
    def followed(self) -> str:
        """Return the name at the recovery point, under which its progress is told."""
        return self.name

    @property
    def needs_overwrite(self) -> bool:
        """Whether rows, or a view, that are there now are replaced."""
        return self.loses_rows and not self.only_removes

    def missing_words(
        self, request: Request, *, confirmed_projects: Collection[str]
    ) -> Iterator[MissingWord]:
        """Yield the words that replacing rows, or a view, and telling others need."""
        del confirmed_projects
        if self.needs_overwrite:
            yield from overwriting(self.name, request)
        if self.changes and not request.notify:
            yield from table_words(self.name, self.listening)

    def told(self, request: Request) -> Mapping[PartitionId, Fingerprint]:
        """Return what was seen in the partitions that go according to the plan.

        A step comes back from where others can write: what was seen there goes only where it also
        says that rows are replaced, and where removing them was asked for.
        """
        may_go = () if not self.needs_overwrite else (*self.partitions, WHOLE_TABLE)
        removed = self.removed_partitions if self.loses_rows and request.exact else ()
        return {name: self.seen[name] for name in (*may_go, *removed) if name in self.seen}


def plan_table(table: TableBackup, observed: ObservedTable, request: Request) -> TableStep:
    """Decide what happens to one table."""
    unexpired, present, gone = without_expired(table, observed)
    step = _plan_unexpired(unexpired, present, request)
    drops = _rule_drops(table, observed, present)
    return step.model_copy(
        update={
            "expired": expired_of(table, gone),
            "loses_rows": step.loses_rows or bool(drops),
            "only_removes": step.only_removes and not drops,
            "seen": {**step.seen, **drops},
            "losing": step.losing + combined(drops.values()).row_count,
        }
    )


def _rule_drops(
    table: TableBackup, observed: ObservedTable, unexpired: ObservedTable
) -> dict[str, Fingerprint]:
    """Return what setting the old expiration would delete; nothing where the table has that now."""
    if observed.resource is None:
        return {}
    rules = [item.get("timePartitioning") or {} for item in (table.resource, observed.resource)]
    if rules[0].get("expirationMs") == rules[1].get("expirationMs"):
        return {}
    there, stays = observed.partitions or {}, unexpired.partitions or {}
    return {name: content for name, content in there.items() if name not in stays}


def _plan_unexpired(table: TableBackup, observed: ObservedTable, request: Request) -> TableStep:
    if observed.resource is None:
        gone = Finding(subject=table.name, aspect="table", expected="there", actual="gone")
        return _written(
            table, request, "create", (gone,), request.partitions, why="the table is gone"
        )
    shape = shape_findings(table, observed.resource)
    if shape:
        why = f"its {shape[0].aspect} changed, which only a new table can undo"
        loses_rows = holds_something(observed.resource)
        step = _written(table, request, "replace", shape, why=why, loses_rows=loses_rows)
        losing = int(observed.resource.get("numRows") or 0)
        return step.model_copy(update={"modified": modified(observed.resource), "losing": losing})
    return _plan_rows(table, observed, request)


def _plan_rows(table: TableBackup, observed: ObservedTable, request: Request) -> TableStep:
    properties = property_findings(table, observed)
    rows = row_findings(table, observed.partitions, exact=request.exact, only=request.partitions)
    present = dict(observed.partitions or {})
    known = table.fingerprints
    extra = tuple(sorted(set(present) - set(known)))
    if not rows:
        return TableStep(
            name=table.name,
            into=request.target.name(table.name),
            action="set properties" if properties else "leave",
            damage=properties,
            kept_partitions=extra,
            kept_rows=sum(present[name].row_count for name in extra),
            why="its rows are equal" if properties else "already equal",
        )
    damage = (*rows, *properties)
    if observed.partitions is not None and not present and not request.partitions:
        return _written(table, request, "fill", damage, why="the table is empty")
    wanted = [name for name in known if not request.partitions or name in request.partitions]
    differing = tuple(sorted(name for name in wanted if present.get(name) != known[name]))
    # The rows of a table without partitions are no extra partition that could be kept.
    removes = (request.exact and not request.partitions) or WHOLE_TABLE in extra
    replaced = [name for name in differing if name in present]
    replaces = bool(replaced or WHOLE_TABLE in extra or observed.partitions is None)
    step = _written(
        table,
        request,
        "replace partitions",
        damage,
        differing,
        loses_rows=bool(replaces or (removes and extra)),
        why=f"{len(differing)} of {len(known)} partitions differ, "
        f"{len(differing) - len(replaced)} of them are missing"
        if differing
        else f"it holds {counted(len(extra), 'partition')} that the recovery point does not know",
    )
    gone = (*replaced, *extra) if removes else replaced
    return step.model_copy(
        update={
            "removed_partitions" if removes else "kept_partitions": extra,
            "kept_rows": 0 if removes else sum(present[name].row_count for name in extra),
            "only_removes": bool(removes and extra) and not replaces,
            "seen": {name: present[name] for name in gone},
            "coming": {name: known[name].row_count if name in known else 0 for name in gone},
            "losing": sum(present[name].row_count for name in gone),
        }
    )


def changed_since(step: TableStep, table: TableBackup, live: ObservedTable) -> tuple[Finding, ...]:
    """Return what differs of the properties of a table now, and is nothing that its plan tells.

    Args:
        step: What was planned.
        table: The table as it was.
        live: It as it is; its rows are not looked at.
    """
    return tuple(item for item in property_findings(table, live) if item not in step.damage)


def removed_rows(step: TableStep) -> int:
    """Return how many rows are in the partitions that a step removes."""
    return sum(step.seen[name].row_count for name in step.removed_partitions)


def _written(
    table: TableBackup,
    request: Request,
    action: Action,
    damage: tuple[Finding, ...],
    partitions: tuple[str, ...] = (),
    *,
    why: str,
    loses_rows: bool = False,
) -> TableStep:
    rows, stored_bytes = coming_back(table, action, partitions)
    return TableStep(
        name=table.name,
        into=request.target.name(table.name),
        action=action,
        damage=damage,
        partitions=partitions,
        loses_rows=loses_rows,
        rows=rows,
        stored_bytes=stored_bytes,
        why=why,
    )


def overwriting(name: str, request: Request) -> Iterator[MissingWord]:
    """Yield the word that replacing a table, view or routine needs."""
    if not request.may_overwrite(name):
        yield MissingWord(
            "what is there now would be replaced",
            subject=request.target.project,
            hint=f"`--overwrite {shlex.quote(name)}` allows it for one, `--overwrite '*'` for all, and an "
            "undo point is kept; `--only-missing` leaves what is there",
            name=name,
        )


def holds_something(resource: Resource) -> bool:
    """Whether deleting this would lose anything: rows, buffered rows, or a view's query."""
    return not is_table(resource) or holds_rows(resource)


def modified(resource: Resource) -> str:
    """Return which incarnation of a table it is, and when that was last changed."""
    return f"{resource.get('creationTime')}/{resource.get('lastModifiedTime')}"


def is_table(resource: Resource) -> bool:
    """Whether a resource is a table of rows, and no view, snapshot or the like."""
    return bool(resource.get("type", "TABLE") == "TABLE")


def holds_rows(resource: Resource) -> bool:
    """Whether a table holds rows, buffered ones included."""
    return "streamingBuffer" in resource or int(resource.get("numRows", 0)) > 0
