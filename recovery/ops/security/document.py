"""Tells of security: the most urgent finding first, each with its step. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from recovery.document import Block, Column, Document, Paragraph, Row, Rows, Section, Table
from recovery.health import worst
from recovery.ops.security.model import Light, SecurityFinding
from recovery.report.health import actions_told, health_conclusion
from recovery.units import shown

_COLUMNS = (Column("severity"), Column("check"), Column("of"), Column("found"))


def security_document(found: Sequence[SecurityFinding], light: Light) -> Document:
    """Tell what was found.

    Args:
        found: The findings.
        light: When it was looked, and at what.
    """
    urgent = sorted((item for item in found if item.severity), key=lambda it: str(it.severity))
    rows = tuple(
        (str(it.severity), it.finding.check, shown(it.finding.subject), it.finding.what)
        for it in urgent
    )
    fine = tuple(
        Row(f"{it.finding.check}: {it.finding.what}", "healthy") for it in found if not it.severity
    )
    wrong: Block = Table(_COLUMNS, rows) if rows else Paragraph("nothing")
    severities = Counter(str(it.severity) for it in urgent)
    told = ", ".join(f"{number} of {severity}" for severity, number in severities.items())
    findings = [item.finding for item in urgent]
    everything = [item.finding for item in found]
    steps = actions_told(findings)
    counts = (Paragraph(told),) if told else ()
    sections = [Section((*counts, wrong), "What needs a step")]
    sections += [Section(steps, "The steps")] if steps else []
    sections += [Section((Rows(fine, "health"),), "What is as it should be")] if fine else []
    return Document(
        title=f"security of {light.project}, {light.hours:g} h to {light.now:%Y-%m-%d %H:%M} UTC",
        sections=tuple(sections),
        conclusion=health_conclusion(everything, told),
        has_headings=True,
    )


def security_json(found: Sequence[SecurityFinding], light: Light) -> dict[str, Any]:
    """Return the same as JSON has it."""
    return {
        "health": worst(item.finding.health for item in found),
        "looked_at": light.now.isoformat(),
        "hours": light.hours,
        "findings": [{"severity": it.severity, **asdict(it.finding)} for it in found],
    }
