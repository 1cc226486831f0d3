"""What a drill came to, and which drills there were, as documents. Pure."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime

from manifests.errors import (
    NotEqualError,
    ObjectiveMissedError,
    PartialError,
    ReboundError,
    UnhealthyError,
)
from recovery.document import (
    Block,
    Column,
    Conclusion,
    Document,
    FactLine,
    Listing,
    Paragraph,
    Section,
    Span,
    Table,
    Timeline,
)
from recovery.drill.model import DrillRecord, Kept, SignOff, Since
from recovery.report.conclusion import concluded
from recovery.units import age, counted, duration, printable, shown

_PARTS = (
    Column("part"),
    Column("state"),
    Column("restored", "right"),
    Column("held", "right"),
    Column("point older than the drill by", "right"),
    Column("written since", "right"),
    Column("findings"),
)
_PHASES = (Column("phase"), Column("state"), Column("took", "right"), Column("why"))
_CONTROLS = (Column("planted"), Column("caught"), Column("by"), Column("what it said"))
_TARGETS = (Column("criterion"), Column("met"), Column("target", "right"), Column("measured"))
_HISTORY = (
    Column("drill"),
    Column("verdict"),
    Column("point"),
    Column("took", "right"),
    Column("caught", "right"),
    Column("verified by"),
    Column("age", "right"),
    Column("why"),
)


_FINDINGS = (
    Column("finding"),
    Column("state"),
    Column("what"),
    Column("owner"),
    Column("due"),
    Column("ticket"),
    Column("mended"),
)


def drill_error(record: DrillRecord) -> ReboundError | None:
    """Return the error that a drill ends with; None when it passed."""
    errors: dict[str, type[ReboundError]] = {"void": UnhealthyError, "incomplete": PartialError}
    if record.verdict == "pass":
        return None
    unproven = any(item.state != "proven" for item in record.parts) or any(
        item.exit_code for item in record.phases
    )
    kind = errors.get(record.verdict, NotEqualError if unproven else ObjectiveMissedError)
    hint = f"`rebound drill --clean --project {record.begun.sandbox}` removes what is kept"
    return kind(
        f"{record.verdict}: {record.why}",
        subject=record.begun.drill_id,
        hint=hint if record.left else "",
    )


def drill_document(record: DrillRecord) -> Document:
    """Tell what a drill came to: the verdict, the parts, the clock, what was planted, the rest."""
    begun = record.begun
    return Document(
        title=f"{begun.drill_id}: {begun.scenario} into {begun.sandbox}",
        conclusion=concluded(drill_error(record), state=record.verdict),
        sections=(
            Section((Paragraph(f"{record.verdict}: {record.why}"), _point(record)), "The verdict"),
            Section((_targets(record),), "Criteria, written down before"),
            Section((_parts(record),), "What was restored"),
            Section((_timeline(record), _phases(record)), "The clock"),
            Section((_controls(record),), "Damage that was planted in copies"),
            Section(tuple(_rest(record)), "Who, what with, and what is left"),
        ),
    )


def _point(record: DrillRecord) -> FactLine:
    begun = record.begun
    old = duration((begun.began_at - begun.recovery_point).total_seconds())
    return FactLine(
        (
            ("recovery point", f"{begun.recovery_point:%Y-%m-%d %H:%M} UTC, {old} old"),
            ("run", f"{begun.run_id} ({begun.chosen})"),
            ("took", duration(record.seconds)),
        )
    )


def _targets(record: DrillRecord) -> Table:
    rows = tuple(
        (item.name, "yes" if item.is_met else "NO", item.target, f"{item.measured} ({item.basis})")
        for item in record.measured
    )
    return Table(_TARGETS, rows)


def _parts(record: DrillRecord) -> Table:
    rows = tuple(
        (
            printable(item.label),
            item.state,
            f"{item.restored:,}",
            f"{item.held:,}",
            duration(item.lost_seconds),
            _since(item.since),
            "; ".join(map(printable, item.findings)),
        )
        for item in record.parts
    )
    return Table(_PARTS, rows)


def _phases(record: DrillRecord) -> Table:
    rows = tuple(
        (item.name, item.state, f"{item.seconds:.3f} s", printable(item.what))
        for item in record.phases
    )
    return Table(_PHASES, rows)


def _timeline(record: DrillRecord) -> Timeline:
    spans = tuple(Span(item.name, item.state, item.seconds) for item in record.phases)
    return Timeline("how long each phase took", spans)


def _controls(record: DrillRecord) -> Table:
    rows = tuple(
        (
            f"{item.name} in a copy of {shown(item.subject)}",
            _caught(is_planted=item.is_planted, is_caught=item.is_caught),
            item.check,
            printable(item.what),
        )
        for item in record.controls
    )
    return Table(_CONTROLS, rows)


def _caught(*, is_planted: bool, is_caught: bool) -> str:
    if not is_planted:
        return "not planted"
    return "yes" if is_caught else "NOT CAUGHT"


def _rest(record: DrillRecord) -> Iterator[Block]:
    begun = record.begun
    caught = f"{record.caught} of {len(record.controls)}"
    yield FactLine(
        (("caught", caught), ("operator", begun.operator), ("approver", begun.approver or "nobody"))
    )
    yield FactLine(
        (("next due", f"{record.next_due_at:%Y-%m-%d}"), ("Rebound", begun.rebound_version))
    )
    if record.keep_until is not None:
        yield Paragraph(f"this record is kept until {record.keep_until:%Y-%m-%d} at least")
    lists = {
        "isolation:": begun.isolation,
        "not part of the drill:": begun.out_of_scope,
        "otherwise than planned:": record.deviations,
        "still there:": record.left,
        "recoveries:": record.recoveries,
    }
    for heading, items in lists.items():
        if items:
            yield Listing(heading, tuple(map(printable, items)))


def history_document(kept: Sequence[Kept], *, now: datetime) -> Document:
    """List drills, what each came to, and who verified it."""
    rows = tuple(_told(item, now) for item in kept)
    states = {item.trust.state for item in kept if item.trust is not None}
    unchecked = Paragraph("NOT CHECKED who wrote them: REBOUND_OPERATOR_KEYS is not set")
    told = (unchecked,) if states & {"unsigned", "unchecked"} else ()
    found = tuple(row for item in kept for row in _findings(item, now.date()))
    findings = (Section((Table(_FINDINGS, found),), "What was found, and is to be mended"),)
    each = Section((Table(_HISTORY, rows), *told), "Each drill")
    sections = (each, *(findings if found else ()))
    return Document(sections, title="drills", conclusion=_newest(rows))


def _newest(rows: Sequence[tuple[str, ...]]) -> Conclusion | None:
    """Return what the newest drill of a history came to; None where there is none."""
    if not rows:
        return None
    name, verdict, *_ = rows[-1]
    text = f"the newest of {counted(len(rows), 'drill')}: {name}"
    return Conclusion(verdict if verdict == "pass" else verdict.upper(), text)


def _findings(item: Kept, today: date) -> Iterator[tuple[str, ...]]:
    closed = {it.number: it for it in item.closed}
    for found in item.findings:
        state = "OVERDUE" if found.due < f"{today:%Y-%m-%d}" else "open"
        shows = ""
        if mended := closed.get(found.number):
            state = f"mended {mended.closed_at:%Y-%m-%d}"
            shows = f"{mended.by}: {mended.shown_by}"
        name, what = f"{item.drill_id} {found.number}", printable(found.what)
        owner, ticket = shown(found.owner), shown(found.ticket)
        yield name, state, what, owner, found.due, ticket, printable(shows)


def _told(item: Kept, now: datetime) -> tuple[str, ...]:
    begun, record = item.begun, item.record
    if begun is None:
        return item.drill_id, "damaged", "-", "-", "-", "-", "-", "its beginning cannot be read"
    since = age((now - begun.began_at).total_seconds())
    point = f"{begun.recovery_point:%Y-%m-%d %H:%M}"
    if record is None:
        return item.drill_id, "incomplete", point, "-", "-", "-", since, "it has no record"
    verifier = _verifier(record, item.signed) if item.signed else "nobody"
    left = len(item.open_findings)
    open_findings = f"{left} of {counted(len(item.findings), 'finding')} open; " if left else ""
    caught = f"{record.caught}/{len(record.controls)}"
    took = duration(record.seconds)
    doubt = f"{item.trust.problem}; " if item.trust and item.trust.problem else ""
    why = printable(f"{doubt}{open_findings}{record.why}")
    return item.drill_id, record.verdict, point, took, caught, verifier, since, why


def _verifier(record: DrillRecord, signed: SignOff) -> str:
    """Return who agreed; where accounts cannot be compared the name is all that is known."""
    is_compared = bool(record.identity and signed.identity and record.identity != signed.identity)
    return signed.verifier if is_compared else f"{signed.verifier} (NOT CHECKED who that is)"


def _since(since: Since | None) -> str:
    if since is None:
        return "-"
    return "not known" if since.things is None else f"{since.things:,}"


def unchecked_verifier(record: DrillRecord | None, identity: str) -> str:
    """Say why nobody knows whether somebody else agrees; empty where both accounts are known.

    Args:
        record: What is agreed with.
        identity: The account of who agrees, as Google Cloud knows it; empty where nobody can tell.
    """
    ran = record.identity if record else ""
    unknown = ["who ran it"] * (not ran) + ["who signs it off"] * (not identity)
    if not unknown:
        return ""
    return f"NOT CHECKED that they are two people: no account is known of {' and '.join(unknown)}"
