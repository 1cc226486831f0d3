"""A sample of every small record that is stored, and what the product tells of one."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from pydantic import BaseModel

from functions.exports.buckets.ranges import KeyRange, KeyRanges
from functions.exports.databases.exporter import DocumentCuts
from manifests import fence_layout
from manifests.erasures import Erasure
from manifests.model.drill import DrillEnd, DrillStart
from manifests.model.proof import ProofRecord, ProvenPart
from manifests.model.run import (
    FailedAttempt,
    FileMark,
    PartFailure,
    PruneRecord,
    VerdictRecord,
)
from manifests.store.envelope import decode, encode
from manifests.verification import ShareRecord
from recovery.actions import Action
from recovery.compare.difference import TableDifference
from recovery.document import Document
from recovery.drill.document import drill_document, history_document
from recovery.drill.model import (
    DrillCleaned,
    DrillFinding,
    DrillRecord,
    FindingClosed,
    Kept,
    Measured,
    SignOff,
)
from recovery.fence.model import (
    FencedWriter,
    FenceRecord,
    LeftWriter,
    ReleasedWriters,
    ThawRecord,
)
from recovery.fence.text import fence_lines
from recovery.kinds.buckets.rules.outcomes import RangeOutcome
from recovery.kinds.former import (
    AsideObject,
    AsideObjects,
    Binding,
    Former,
    FormerFile,
    FormerGrants,
    FormerObjects,
)
from recovery.kinds.processors.cloud.journal import SentRequest
from recovery.kinds.processors.rules.outcome import DateOutcome, DatesReport, PlannedDates
from recovery.kinds.processors.rules.plan import ProcessorPlan, ProcessorStep, UnreadTable
from recovery.kinds.processors.rules.request import DatesRequest
from recovery.kinds.resources.rules.steps import ConfigurationOutcome
from recovery.kinds.tables.cloud.undeleted import Undeletion
from recovery.kinds.tables.rules.outcomes import TableOutcome
from recovery.ledger import Ledger
from recovery.operator import Acted, Operator
from recovery.ops.readiness.model import ReadinessRecord
from recovery.outcome import AbandonedRecovery
from recovery.repair.model import Repair, Window, Witness
from recovery.report.acted import actions_document
from recovery.report.erasures import ledger_document
from recovery.report.html import page_of
from recovery.report.processors import dates_report_document
from recovery.report.text import text_of
from recovery.undo.date_rules import DatesAttempt, DatesLeft
from recovery.undo.model import UndoOutcome, UndoReport
from recovery.units import as_text
from tests.fuzz.whole import RECOVERY, whole_report
from tests.unit.drills import BEGUN, CAUGHT, DRILL_ID, NOW, PART, PHASES
from tests.unit.object_samples import record
from tests.unit.samples import GAMES, POINT, RUN, fingerprint_of, games

_DATES = "processor-failure-20250105T000000Z-abcd"
_DAY = date(2025, 1, 3)
_FENCE = fence_layout.fence_id(NOW, "00ff")
_STEP = ProcessorStep(
    processor="teams",
    table="nba.teams",
    due=3,
    missing=(_DAY,),
    runs=(_DAY,),
    unread=UnreadTable(why="gone", hint="look"),
)
_DATES_PLAN = ProcessorPlan(
    request=DatesRequest(project="league-1", overwrite=("*",)),
    observed_at=NOW,
    until=_DAY,
    has_schedule=True,
    steps=(_STEP,),
)
_DRILL = DrillRecord(
    begun=BEGUN,
    verdict="pass",
    why="all was proven",
    ended_at=NOW + timedelta(minutes=1),
    seconds=60,
    phases=PHASES,
    measured=(Measured(name="RTO", target="1 h", measured="1 min", basis="b", is_met=True),),
    parts=(PART,),
    controls=(CAUGHT,),
    recoveries=(RECOVERY,),
    deviations=("none",),
    made=("dataset x",),
    left=(),
    next_due_at=NOW + timedelta(days=90),
)
_SIGNED = SignOff(drill_id=DRILL_ID, verifier="ben", signed_at=NOW, record_digest="0")
_FINDING = DrillFinding(
    drill_id=DRILL_ID, found_at=NOW, what="slow", owner="ben", due="2027-01-01", ticket="T-1"
)
_ACTION = Action(
    did_at=NOW,
    verb="hold",
    subject="night",
    project="p",
    operator=Operator(identity="a@x", login="a@h", command=("hold", "night"), reason="audit"),
)

SAMPLES: tuple[BaseModel, ...] = (
    FailedAttempt(
        run_id=RUN,
        attempted_at=POINT,
        failures=(PartFailure(part="table nba.games", message="no", retryable=True),),
    ),
    PruneRecord(holder="me", term_seconds=60),
    VerdictRecord(run_id=RUN, verified_at=POINT, damaged=("a",), buckets=("b",)),
    ProofRecord(
        recovery_id=RECOVERY,
        scenario="bigquery-dataset-loss",
        how="recovery",
        proven_at=NOW,
        seconds=3,
        parts=(
            ProvenPart(
                kind="tables",
                name="nba.games",
                run_id=RUN,
                recovery_point=POINT,
                restored=6,
                held=6,
            ),
        ),
    ),
    ShareRecord(verified_at=NOW, share=1, shares=9, objects=2, read_bytes=5, damaged=("a",)),
    FileMark(name="runs/a", start_generation=1, sha256="0" * 64),
    KeyRanges(ranges=(KeyRange(start="", end="m"), KeyRange(start="m", end=None))),
    DocumentCuts(cuts=("a/b", "c/d")),
    FenceRecord(
        fence_id=_FENCE,
        project="p",
        fenced_at=NOW,
        why="a loss",
        things=("dataset nba",),
        writers=(
            FencedWriter(
                type="scheduler/job",
                name="projects/p/locations/l/jobs/a",
                writes=("dataset nba",),
                before="ENABLED",
                sha256="0" * 64,
            ),
        ),
        idle=("projects/p/locations/l/jobs/b",),
        unsubscribed=("eventarc/trigger raw",),
    ),
    FindingClosed(
        drill_id=RECOVERY, number=1, closed_at=NOW, by="a@x", identity="a@x", shown_by="drill"
    ),
    ReleasedWriters(fence_id=_FENCE, names=("projects/p/topics/t",)),
    Undeletion(dataset_id="nba", own_id=_FENCE),
    ThawRecord(
        fence_id=_FENCE,
        thawed_at=NOW,
        resumed=("projects/p/topics/t",),
        left_writers=(LeftWriter(name="x", why="gone"),),
    ),
    Erasure(
        number=1,
        kind="bucket",
        name="raw",
        digests=("0" * 64,),
        prefixes=(3,),
        erased_at=NOW,
        operator="a@x",
        why="asked",
    ),
    _ACTION,
    BEGUN,
    _DRILL,
    DrillStart.model_validate(BEGUN.model_dump()),
    DrillEnd.model_validate(_DRILL.model_dump()),
    _SIGNED,
    DrillCleaned(drill_id=DRILL_ID, cleaned_at=NOW, removed=("dataset x",), left=("x: why",)),
    _FINDING,
    ReadinessRecord(looked_at=NOW, score=71.5, dimensions={"security": 50.0}),
    AbandonedRecovery(recovery_id=RECOVERY, abandoned_at=NOW, why="a test"),
    RangeOutcome(number=1),
    whole_report().of(TableOutcome)[0],
    games(),
    ConfigurationOutcome(
        kind="resource", name="projects/p/topics/t", into="projects/q/topics/t", action="create"
    ),
    Former(resource=GAMES, policies=({"filterPredicate": "TRUE"},), access={"bindings": []}),
    FormerObjects(objects=(record("a").version,)),
    AsideObjects(
        objects=(
            AsideObject(name="undo/r/b/a", generation=7, before=record("a").version, is_extra=True),
        )
    ),
    FormerGrants(bindings=(Binding(role="roles/viewer", members=("user:a@example.com",)),)),
    FormerFile(name="recoveries/r/undo/databases/d/x.avro", sha256="ab12", are_removed=True),
    UndoReport(
        recovery_id=RECOVERY,
        began_at=NOW,
        finished_at=NOW,
        outcomes=(
            UndoOutcome(kind="table", name="nba.games", into="nba.games", action="put back"),
        ),
        left=("why",),
    ),
    Repair(
        table="nba.games",
        window=Window(since=NOW),
        witness=Witness(name="time travel", why="it reaches back"),
        partitions=("20250101",),
        key=("team",),
        rows=TableDifference(table="nba.games", run_id="", recovery_point=NOW, going=1, coming=2),
        kept_keys=0,
        left_out=0,
        seen={"20250101": fingerprint_of(["a"])},
        repaired={"20250101": fingerprint_of(["b"])},
        version=2,
    ),
    SentRequest(sent_at=NOW),
    DatesAttempt(at=NOW, is_fenced=True, fences=(_FENCE,)),
    DatesLeft(at=NOW, tables=(games(),), fences=(_FENCE,)),
    PlannedDates(recovery_id=_DATES, started_at=NOW, plan=_DATES_PLAN),
    DatesReport(
        recovery_id=_DATES,
        plan=_DATES_PLAN,
        started_at=NOW,
        finished_at=NOW,
        left=_DATES_PLAN,
        dates=(DateOutcome(processor="teams", day=_DAY, state="lacks", said="x"),),
        requests=1,
        billed_bytes=10**7,
    ),
)
"""One of each class that `decode` reads, but for those that `targets` has a target of its own for."""

_TOLD: Mapping[type[BaseModel], Callable[[Any], Document]] = {
    Erasure: lambda found: ledger_document(Ledger(unsigned=(found,))),
    Action: lambda found: actions_document([Acted(found)]),
    DrillRecord: drill_document,
    SignOff: lambda found: _history(signed=found),
    DrillFinding: lambda found: _history(findings=(found,)),
    type(BEGUN): lambda found: _history(begun=found, record=None),
    DatesReport: dates_report_document,
}


def _history(**known: Any) -> Document:  # noqa: ANN401 - any field
    kept = Kept(**{"drill_id": DRILL_ID, "begun": BEGUN, "record": _DRILL} | known)
    return history_document([kept], now=datetime(2026, 12, 1, tzinfo=UTC))


def record_name(sample: BaseModel) -> str:
    """Return how the target of a record is called."""
    return type(sample).__name__


def take_record(kind: type[BaseModel], content: bytes) -> None:
    """Decode a record, write it again, and tell of it."""
    found = decode(content, kind, subject="record")
    encode(found)
    for text in _texts(found):
        assert text.replace("\n", "").isprintable()


def _texts(found: BaseModel) -> Iterator[str]:
    if isinstance(found, FenceRecord):
        yield as_text(fence_lines(found))
    if (told := _TOLD.get(type(found))) is not None:
        document = told(found)
        yield text_of(document)
        yield page_of(document)
