"""What is told of how something is: the worst first, each with what mends it. Pure."""

from collections.abc import Sequence
from dataclasses import asdict

from recovery.document import Column, Conclusion, Document, Facts, Section, Table
from recovery.health import Health, HealthFinding, worst
from recovery.units import shown

_WORDS = {
    Health.HEALTHY: "ok",
    Health.WARNING: "WARNING",
    Health.UNKNOWN: "UNKNOWN",
    Health.CRITICAL: "CRITICAL",
}
_COLUMNS = (Column("what"), Column("of"), Column("health"), Column("found"))
_MENDS = (Column("to do"), Column(""))


def health_document(findings: Sequence[HealthFinding], *, title: str) -> Document:
    """Tell of everything that was looked at, and below that what to do about what is wrong.

    Args:
        findings: What was found.
        title: What was looked at, and when.
    """
    order = list(Health)
    ordered = sorted(findings, key=lambda item: order.index(item.health), reverse=True)
    rows = tuple(
        (item.check, shown(item.subject), _WORDS[item.health], item.what) for item in ordered
    )
    mends = dict.fromkeys((item.mend, item.page) for item in ordered if item.mend)
    counted = tuple(
        (_WORDS[health], str(sum(item.health is health for item in findings)))
        for health in reversed(order)
    )
    sections = [
        Section((Facts(counted),), "Together"),
        Section((Table(_COLUMNS, rows),), "What was looked at"),
    ]
    if mends:
        sections.append(Section((Table(_MENDS, tuple(mends)),), "What mends it"))
    health = worst(item.health for item in findings)
    end = Conclusion(_WORDS[health], "" if health is Health.HEALTHY else "see what mends it")
    return Document(title=title, sections=tuple(sections), conclusion=end)


def health_json(findings: Sequence[HealthFinding]) -> dict[str, object]:
    """Return the same as JSON has it."""
    told = [asdict(item) for item in findings]
    return {"health": str(worst(item.health for item in findings)), "findings": told}
