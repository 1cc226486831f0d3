"""What is told of health: how each thing is, and what mends it. Pure."""

from collections.abc import Iterable, Sequence

from recovery.document import Command, Conclusion, Row, Rows
from recovery.health import Health, HealthFinding, worst

_BAD = (Health.CRITICAL, Health.UNKNOWN)
_WORST_FIRST = tuple(reversed(Health))


def health_word(health: Health) -> str:
    """Return the word of a health, in capitals when it is bad."""
    return health.value.upper() if health in _BAD else health.value


def health_rows(findings: Iterable[HealthFinding], *, mended: bool = True) -> Rows:
    """Tell of each finding how it is; the worst first, in order otherwise.

    Args:
        findings: What was found.
        mended: Whether what mends it is told with it.
    """
    ordered = sorted(findings, key=lambda item: _WORST_FIRST.index(item.health))
    return Rows(tuple(_row(item, mended=mended) for item in ordered), "health")


def health_actions(findings: Iterable[HealthFinding]) -> tuple[Command, ...]:
    """Return what to do, the worst first; each command once, for the first thing that it mends."""
    found: dict[str, Command] = {}
    for health in _WORST_FIRST[:-1]:
        for item in findings:
            if item.health is health and item.mend:
                page = f"see {item.page}" if item.page else ""
                found.setdefault(item.mend, Command(_about(item), item.mend, page))
    return tuple(found.values())


def health_conclusion(findings: Sequence[HealthFinding], text: str = "") -> Conclusion:
    """Say what all findings come to.

    Args:
        findings: What was found.
        text: What is told of it.
    """
    first = next(iter(health_actions(findings)), None)
    hint = f"`{first.command}`" if first else ""
    return Conclusion(health_word(worst(item.health for item in findings)), text, hint)


def _row(item: HealthFinding, *, mended: bool) -> Row:
    below = (Row(f"`{item.mend}`" + (f" ({item.page})" if item.page else "")),)
    is_told = mended and bool(item.mend)
    return Row(f"{_about(item)}: {item.what}", health_word(item.health), None, below * is_told)


def _about(item: HealthFinding) -> str:
    return f"{item.check} {item.subject}".strip()
