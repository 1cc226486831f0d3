"""Completion documents of a pipeline, rebuilt from the history of its processors. Pure.

Each document is flat: one map a processor, and metadata whose names begin with an underscore.
Whoever reads such a document counts every other name as one finished processor, so nothing else may
be in it: a name the catalog does not list is left out and told of. A date that is over is marked as
triggered, so that no late message makes the next phase run again.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from manifests.errors import NoRecoveryPointError
from manifests.ids import DatabaseId, TableName
from manifests.kinds.databases.catalog import CompletionRule, NameRules, Rebuild
from manifests.values import UtcTime, Value
from recovery.kinds.completions.rules.days import first_day
from recovery.kinds.events import event_words
from recovery.kinds.expiring import expiry_words
from recovery.kinds.step import MissingWord, Step
from recovery.listening import Listening
from recovery.request import Request

REASON = "rebuilt_from_run_history"
"""Why a rebuilt document says it was triggered: no processor of the platform writes this."""

_FINISHED = frozenset({"success", "partial"})
_WORD_BEGINS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_SCALARS: dict[type, tuple[str, Callable[[Any], object]]] = {
    type(None): ("nullValue", lambda item: item),
    bool: ("booleanValue", bool),
    int: ("integerValue", str),
    str: ("stringValue", str),
    datetime: ("timestampValue", lambda item: item.isoformat().replace("+00:00", "Z")),
}

type FieldValue = dict[str, Any]
"""A Firestore value as its REST API writes it, `{"integerValue": "7"}`."""


class ProcessorRun(Value):
    """One run of one processor, as the history tells it.

    Attributes:
        is_inferred: Whether only the rows it wrote tell of it; then any other run counts more.
    """

    processor: str
    phase: str
    day: date
    status: str
    completed_at: UtcTime | None
    records: int | None = None
    run_id: str | None = None
    output_table: str | None = None
    is_inferred: bool = False


class RebuiltDocument(Value):
    """One document that the history tells of, and how it compares with what is there.

    Attributes:
        fields: By name, as Firestore's REST API writes values.
        inferred: The processors that only the rows of their output tell of.
        newest_at: When the last of the runs it was rebuilt from ended.
        state: Whether it is missing, equal, or there with other content.
        differing: The fields that differ.
    """

    path: str
    fields: dict[str, FieldValue]
    newest_at: UtcTime
    inferred: tuple[str, ...] = ()
    state: Literal["missing", "equal", "differs"] = "missing"
    differing: tuple[str, ...] = ()


class CompletionsStep(Step):
    """What is rebuilt in one database.

    Attributes:
        history: The table that was read.
        since: The first date.
        overwrite: Whether documents that are there with other content are replaced.
        unread: The sources that could not be read, and why: then nothing is proven.
        erased: Of how many documents the history tells that stay erased.
        ignored: Names in the history that no document may hold, with the runs they had.
        listening: What Eventarc starts for each document that is written.
        expires: As of `SeenCompletions`.
    """

    kind: Literal["completions"] = "completions"
    name: DatabaseId
    into: DatabaseId
    action: Literal["leave", "rebuild"] = "rebuild"
    history: TableName
    since: date
    documents: tuple[RebuiltDocument, ...]
    overwrite: bool = False
    unthrottled: bool = False
    erased: int = 0
    ignored: Mapping[str, int] = {}
    unread: tuple[str, ...] = ()
    ephemeral: tuple[str, ...] = ()
    listening: Listening = Listening()
    expires: Mapping[str, int] | None = {}

    @property
    def written(self) -> str:
        """Return what other writers may write to meanwhile."""
        return f"database {self.name}" if self.into == self.name else ""

    @property
    def title(self) -> str:
        """Return how a sentence names it."""
        return f"rebuild of {self.into}"

    def missing_words(
        self, request: Request, *, confirmed_projects: Collection[str]
    ) -> Iterator[MissingWord]:
        """Yield the words that need writing what is deleted again, and starting what listens."""
        del confirmed_projects
        writes = len(self.writes)
        yield from expiry_words(self.into, self.expires if writes else {}, request)
        yield from event_words(self.into, writes, request, self.listening)

    @property
    def writes(self) -> tuple[RebuiltDocument, ...]:
        """Return the documents that are written."""
        wanted = ("missing", "differs") if self.overwrite else ("missing",)
        return tuple(item for item in self.documents if item.state in wanted)

    @property
    def kept(self) -> tuple[RebuiltDocument, ...]:
        """Return the documents that stay although the history tells something else."""
        return () if self.overwrite else tuple(it for it in self.documents if it.state == "differs")


def history_ends_at(steps: Sequence[CompletionsStep], *, now: datetime) -> datetime:
    """Return the instant up to which every database is rebuilt: that of its newest run.

    Raises:
        NoRecoveryPointError: The history tells of no run that any document is made of.
    """
    ends = [max(item.newest_at for item in step.documents) for step in steps if step.documents]
    if not ends:
        unread = [note for step in steps for note in step.unread]
        raise NoRecoveryPointError(
            "the history tells of no finished run, so that nothing can be rebuilt"
            + (f"; not read: {'; '.join(unread)}" if unread else ""),
            subject=", ".join(f"{step.history} since {step.since}" for step in steps),
            hint="`rebuild` of a database in the catalog names the history and its first day",
        )
    return min(now, *ends)


def rebuilt(
    rules: Rebuild, runs: Iterable[ProcessorRun], *, open_from: date
) -> tuple[tuple[RebuiltDocument, ...], dict[str, int]]:
    """Rebuild the documents of the last days, and count the runs of names that belong in none.

    Args:
        rules: What the catalog says.
        runs: The history, in any order.
        open_from: The first date of which phases may still go on, `first_open`.
    """
    by_phase = {rule.phase: rule for rule in rules.completions}
    latest: dict[tuple[str, date], dict[str, ProcessorRun]] = {}
    ignored: dict[str, int] = {}
    for run in runs:
        rule = by_phase.get(run.phase)
        too_old = run.day < first_day(rules, open_from)
        if rule is None or run.status not in _FINISHED or run.completed_at is None or too_old:
            continue
        name = processor_field(run, rule, rules.names)
        if name is None:
            ignored[run.processor] = ignored.get(run.processor, 0) + 1
            continue
        found = latest.setdefault((run.phase, run.day), {})
        if name not in found or _counts_more(run, found[name]):
            found[name] = run
    documents = tuple(
        RebuiltDocument(
            path=f"{by_phase[phase].collection}/{day.isoformat()}",
            inferred=tuple(name for name, run in latest[phase, day].items() if run.is_inferred),
            newest_at=max(_at(run) for run in latest[phase, day].values()),
            fields=_fields(
                by_phase[phase],
                latest[phase, day],
                is_over=day < open_from or (by_phase[phase].followed_by, day) in latest,
            ),
        )
        for phase, day in sorted(latest)
    )
    return documents, ignored


def inferred_run(
    rule: CompletionRule, rules: Rebuild, processor: str, day: date, rows: int
) -> ProcessorRun:
    """Return the run that the rows of a date tell of; when it ended is not known, the date is."""
    end = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(rules.time_zone))
    return ProcessorRun(
        processor=processor,
        phase=rule.phase,
        day=day,
        status="success",
        completed_at=end,
        records=rows,
        is_inferred=True,
    )


def processor_field(run: ProcessorRun, rule: CompletionRule, names: NameRules) -> str | None:
    """Return the field a processor's run belongs in, or None where no field is its own."""
    candidates = [] if run.output_table is None else [run.output_table.rsplit(".", 1)[-1]]
    candidates.append(snake_case(_stripped(run.processor, names)))
    for candidate in candidates:
        name = names.renamed.get(candidate, candidate)
        if name in rule.processors:
            return name
    return None


def snake_case(name: str) -> str:
    """Write a class name in snake case: `MLFeatureStore` is `ml_feature_store`."""
    return _WORD_BEGINS.sub("_", name).lower()


def _counts_more(run: ProcessorRun, other: ProcessorRun) -> bool:
    if run.is_inferred != other.is_inferred:
        return other.is_inferred
    return _at(run) > _at(other)


def _stripped(name: str, names: NameRules) -> str:
    for prefix in names.strip_prefixes:
        name = name.removeprefix(prefix)
    for suffix in names.strip_suffixes:
        name = name.removesuffix(suffix)
    return name


def _fields(
    rule: CompletionRule, runs: Mapping[str, ProcessorRun], *, is_over: bool
) -> dict[str, FieldValue]:
    fields: dict[str, FieldValue] = {name: _entry(runs[name], rule) for name in sorted(runs)}
    times = sorted(_at(run) for run in runs.values())
    metadata: dict[str, object] = {"_completed_count": len(runs), **rule.metadata}
    if rule.first_completion == "timestamp":
        metadata["_first_completion_at"] = times[0]
    elif rule.first_completion == "text":
        metadata["_first_completion_at"] = times[0].isoformat()
    metadata["_triggered"] = is_over
    if is_over:
        metadata |= {"_triggered_at": times[-1], rule.reason_field: REASON}
        metadata |= rule.triggered_metadata
    return fields | {name: to_value(item) for name, item in metadata.items()}


def _entry(run: ProcessorRun, rule: CompletionRule) -> FieldValue:
    return to_value(
        {
            "completed_at": _at(run),
            "status": run.status,
            "record_count": run.records or 0,
            "correlation_id": None,
            "execution_id": run.run_id,
            **rule.entry,
        }
    )


def _at(run: ProcessorRun) -> datetime:
    if run.completed_at is None:
        message = "only finished runs are rebuilt from"
        raise ValueError(message)
    return run.completed_at


def to_value(item: object) -> FieldValue:
    """Return a plain value as Firestore's REST API writes it.

    Raises:
        TypeError: It is of a type no completion document has.
    """
    if isinstance(item, Mapping):
        return {"mapValue": {"fields": {name: to_value(item[name]) for name in item}}}
    if isinstance(item, list | tuple):
        return {"arrayValue": {"values": [to_value(value) for value in item]}}
    if (found := _SCALARS.get(type(item))) is None:
        message = f"no value of a completion document: {type(item).__name__}"
        raise TypeError(message)
    return {found[0]: found[1](item)}
