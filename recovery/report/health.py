"""Writes findings of health as documents: the worst first, and what mends each. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict

from recovery.document import (
    Block,
    Command,
    Conclusion,
    Document,
    FactLine,
    Paragraph,
    Row,
    Rows,
    Section,
)
from recovery.health import Health, HealthFinding, worst
from recovery.units import shown

_BAD = (Health.CRITICAL, Health.UNKNOWN)
_WORST_FIRST = tuple(reversed(Health))


def health_state(health: Health) -> str:
    """Return the word of a health, in capitals when it is bad."""
    return health.value.upper() if health in _BAD else health.value


def health_rows(findings: Iterable[HealthFinding]) -> Rows:
    """Tell of each finding how it is; the worst first, in order otherwise."""
    ordered = sorted(findings, key=lambda item: _WORST_FIRST.index(item.health))
    rows = (Row(f"{_about(item)}: {item.what}", health_state(item.health)) for item in ordered)
    return Rows(tuple(rows), "health")


def health_actions(findings: Iterable[HealthFinding]) -> tuple[Command, ...]:
    """Return the commands that mend findings, the worst first; each once, with how many things it mends."""
    return tuple(map(_action, _steps(findings)))


def actions_told(findings: Iterable[HealthFinding]) -> tuple[Block, ...]:
    """Return the same as blocks of a document; what is a sentence, and no command to copy, is a paragraph."""
    return tuple(
        Paragraph(f"{item.purpose}: {item.command}") if _is_sentence(item.command) else item
        for item in health_actions(findings)
    )


def health_mends(findings: Iterable[HealthFinding]) -> Iterator[str]:
    """Yield what mends each finding; a text that is no command begins with what it is about."""
    for item in findings:
        if item.mend:
            yield item.mend if item.mend.startswith("`") else f"{_about(item)}: {item.mend}"


def _steps(findings: Iterable[HealthFinding]) -> Iterable[Sequence[HealthFinding]]:
    """Group the findings that something mends by what mends them, the worst first."""
    found: dict[str, list[HealthFinding]] = {}
    for item in sorted(findings, key=lambda item: _WORST_FIRST.index(item.health)):
        if item.mend and item.health is not Health.HEALTHY:
            found.setdefault(item.mend, []).append(item)
    return found.values()


def _action(findings: Sequence[HealthFinding]) -> Command:
    """Return the command that mends some findings; it ends the line, so that it can be copied."""
    first, *others = findings
    more = f" and {len(others):,} more" if others else ""
    page = f" ({first.page})" if first.page else ""
    danger = f", {first.danger}" if first.danger else ""
    return Command(f"{_about(first)}{more}{page}{danger}", first.mend)


def _is_sentence(mend: str) -> bool:
    """Whether what mends something is told in words, among which a command is set apart."""
    return "`" in mend


def health_conclusion(findings: Sequence[HealthFinding], text: str = "") -> Conclusion:
    """Return the worst health of all findings, with the first step.

    Args:
        findings: What was found.
        text: What is told of it.
    """
    first = next((alike[0] for alike in _steps(findings)), None)
    danger = f", {first.danger}" if first and first.danger else ""
    mend = first.mend if first else ""
    hint = f"{mend if _is_sentence(mend) else f'`{mend}`'}{danger}" if mend else ""
    return Conclusion(health_state(worst(item.health for item in findings)), text, hint)


def health_counts(findings: Sequence[HealthFinding]) -> str:
    """Count the findings of each health that there are, the worst first."""
    counts = {health: sum(it.health is health for it in findings) for health in _WORST_FIRST}
    return ", ".join(f"{number} {health.value}" for health, number in counts.items() if number)


def health_document(findings: Sequence[HealthFinding], *, title: str) -> Document:
    """Tell of everything that was looked at, and below that what to do about what is wrong.

    Args:
        findings: What was found.
        title: What was looked at, and when.
    """
    counted = tuple(
        (health_state(health), str(sum(item.health is health for item in findings)))
        for health in _WORST_FIRST
    )
    actions = actions_told(findings)
    return Document(
        title=title,
        sections=(
            Section((FactLine(counted),), "Together"),
            Section((health_rows(findings),), "What was looked at"),
            *([Section(actions, "What mends it")] if actions else ()),
        ),
        conclusion=health_conclusion(findings, "see what mends it" if actions else ""),
    )


def health_json(findings: Sequence[HealthFinding]) -> dict[str, object]:
    """Return the same as JSON has it."""
    told = [asdict(item) for item in findings]
    return {"health": str(worst(item.health for item in findings)), "findings": told}


def _about(item: HealthFinding) -> str:
    return f"{item.check} {shown(item.subject)}".strip()
