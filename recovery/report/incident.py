"""Writes an incident report of what the journal knows, and lists what people have to fill in. Pure."""

from collections.abc import Iterator
from datetime import datetime

from manifests.values import UtcTime, Value
from recovery.document import (
    Block,
    Column,
    Conclusion,
    Document,
    Listing,
    Paragraph,
    Section,
    Table,
)
from recovery.report.conclusion import RecoveryState
from recovery.scenarios import scenario
from recovery.units import duration, shown

TO_FILL_IN = (
    "number: INC-YYYYMMDD-NNN",
    "noticed: when, by whom, by which alert or symptom",
    "lost: who missed what, from when to when",
    "cause: what happened, and why it could",
    "stopped: what ended it, and when",
    "led by: who decided, who did it, who was told and when",
    "went well, went badly: what the page said wrongly, what was missing",
    "follow-ups: each with an owner and a date",
)
"""What no journal knows."""
_UNKNOWN = "unknown: fill in"
_COLUMNS = (Column("what"), Column("known"))


class Incident(Value):
    """What is known of an incident from the journal of its recovery.

    Attributes:
        rto_seconds: The objective: in so many seconds it had to be proven.
        detail: What is told of the state: what failed or differs.
        begun_by: Who began the recovery; empty where nobody wrote it down.
        reason: Why, in that person's words; empty when none were said.
        ended_at: When the last attempt ended; None while none has.
        recovery_point: What came back is as it was then; None where nothing came from a backup.
        not_proven: What was asked for and is not proven.
        not_back: What no recovery brings back.
    """

    recovery_id: str
    scenario: str
    project: str
    rto_seconds: float
    state: RecoveryState
    detail: str = ""
    begun_by: str = ""
    reason: str = ""
    began_at: UtcTime
    ended_at: UtcTime | None = None
    recovery_point: UtcTime | None = None
    run_id: str | None = None
    not_proven: tuple[str, ...] = ()
    not_back: tuple[str, ...] = ()


def incident_document(incident: Incident, told: Document) -> Document:
    """Tell what is known, how each part ended, and what has to be filled in.

    Args:
        incident: What is known.
        told: What the report of the recovery says, or how far it is.
    """
    return Document(
        title=f"incident: {incident.scenario} in {incident.project}",
        conclusion=told.conclusion or Conclusion(incident.state),
        sections=(
            Section((Table(_COLUMNS, tuple(_known(incident))),), "What is known"),
            *(section for section in told.sections if section.blocks),
            Section(tuple(_open(incident)), "What is not proven, and what does not come back"),
            Section((Listing("to fill in:", TO_FILL_IN),), "To fill in"),
        ),
    )


def _known(incident: Incident) -> Iterator[tuple[str, str]]:
    facts = scenario(incident.scenario)
    yield "severity", facts.severity
    yield "noticed", _UNKNOWN
    if incident.recovery_point is not None:
        lost = duration((incident.began_at - incident.recovery_point).total_seconds())
        point = _time(incident.recovery_point)
        yield "recovery point", f"{point}, {lost} before the recovery began"
        yield "backup", str(incident.run_id)
    yield "recovery", incident.recovery_id
    yield "began", _time(incident.began_at)
    yield "begun by", shown(incident.begun_by) or _UNKNOWN
    if incident.reason:
        yield "because", shown(incident.reason)
    if incident.ended_at is None:
        yield "ended", "not yet"
    else:
        took = duration((incident.ended_at - incident.began_at).total_seconds())
        objective = duration(incident.rto_seconds)
        yield "ended", f"{_time(incident.ended_at)}, after {took}; the objective is {objective}"
    detail = f": {shown(incident.detail)}" if incident.detail else ""
    yield "state", f"{incident.state}{detail}"


def _open(incident: Incident) -> Iterator[Block]:
    if incident.not_proven:
        yield Listing("not proven:", tuple(map(shown, incident.not_proven)))
    elif incident.state in ("proven", "late"):
        yield Paragraph("everything that was asked for is proven")
    else:
        yield Paragraph("nothing is proven as long as no attempt has ended")
    if incident.not_back:
        yield Listing("does not come back:", incident.not_back)


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
