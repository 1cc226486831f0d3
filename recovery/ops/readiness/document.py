"""Tells of readiness: the score, what is missing, and in how many days it is to be closed. Pure."""

from collections.abc import Iterator

from recovery.document import (
    Block,
    Chart,
    Column,
    Conclusion,
    Document,
    FactLine,
    Listing,
    Paragraph,
    Row,
    Rows,
    Section,
    Table,
)
from recovery.health import Health
from recovery.ops.readiness.model import Readiness, ServiceLevel
from recovery.ops.readiness.scoring import band, health_of, planned

_CRITERIA = (
    Column("criterion"),
    Column("points", "right"),
    Column("of", "right"),
    Column("costs", "right"),
    Column("told by"),
    Column("on", "right"),
    Column("evidence"),
)
_LEVELS = (
    Column("promised"),
    Column("target"),
    Column("measured"),
    Column(""),
    Column("told by"),
    Column("evidence"),
)


def readiness_document(found: Readiness) -> Document:
    """Tell how ready the platform is."""
    health = health_of(found)
    verdict = f"{found.score:g} of 100, {band(found.score)}; {found.passed:g} are enough"
    gaps = found.gaps
    hint = f"`{gaps[0].command}`" if gaps and gaps[0].command else ""
    state = health.value.upper() if health is Health.CRITICAL else health.value
    sections = (
        Section((Paragraph(verdict), FactLine(tuple(_dimensions(found)))), "The score"),
        Section(tuple(_plan(found)), "What is missing, and until when it is closed"),
        Section((Table(_CRITERIA, tuple(_criteria(found))),), "Each criterion"),
        Section((Table(_LEVELS, tuple(map(_level, found.levels))),), "What was promised"),
        Section((Rows(tuple(_checklist(found)), "health"),), "Before it goes live"),
        Section((_trend(found),), "The score of past looks"),
    )
    return Document(
        title=f"readiness of {found.project}, {found.looked_at:%Y-%m-%d %H:%M} UTC",
        sections=sections,
        conclusion=Conclusion(state, verdict, hint),
        has_headings=True,
    )


def _dimensions(found: Readiness) -> Iterator[tuple[str, str]]:
    return ((name, f"{score:g}") for name, score in found.dimensions.items())


def _criteria(found: Readiness) -> Iterator[tuple[str, ...]]:
    for item in found.criteria:
        yield (
            f"{item.dimension}/{item.name}",
            f"{item.scored:g}",
            f"{item.points:g}",
            f"{item.lost:.2f}",
            item.basis,
            f"{item.on}" if item.on else "-",
            f"{item.evidence} (`{item.command}`)" if item.command else item.evidence,
        )


def _plan(found: Readiness) -> Iterator[Block]:
    plan = planned(found.gaps)
    for days, gaps in plan.items():
        if gaps:
            items = tuple(
                f"{gap.dimension}/{gap.name}: {gap.lost:.2f}"
                + (f", `{gap.command}`" if gap.command else ", somebody declares it")
                for gap in gaps
            )
            yield Listing(f"within {days} days:", items)
    if not found.gaps:
        yield Paragraph("nothing")


def _level(level: ServiceLevel) -> tuple[str, ...]:
    state = {True: "kept", False: "NOT KEPT", None: "UNKNOWN"}[level.is_met]
    return (
        level.name,
        level.target,
        level.measured or "-",
        state,
        level.basis,
        level.evidence or (f"not measured: {level.why}" if level.why else "-"),
    )


def _checklist(found: Readiness) -> Iterator[Row]:
    for name, is_so in found.checklist:
        yield Row(name, "healthy" if is_so else "NOT SO")


def _trend(found: Readiness) -> Block:
    points = [(f"{it.looked_at:%Y-%m-%d}", it.score) for it in found.past]
    return Chart("score", (*points, (f"{found.looked_at:%Y-%m-%d}", found.score)))
