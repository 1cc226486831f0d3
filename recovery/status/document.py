"""How everything stands, as a document: the answer first. Pure."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

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
from recovery.health import Health, health_error
from recovery.report.health import health_mends, health_rows, health_state
from recovery.status.model import NOT_SHOWN, PartStatus, ScenarioStatus, Status, stands
from recovery.units import age, counted, duration, listed, printable, shown

type _Due = tuple[datetime | None, str]

"""The state of a part that no drill can show, by somebody's decision."""
_NOTHING = "-"
_COLUMNS = (
    Column("part"),
    Column("state"),
    Column("newest point", "right"),
    Column("proven point", "right"),
    Column("proof", "right"),
    Column("by"),
    Column("may lose", "right"),
    Column("may take", "right"),
    Column("takes about", "right"),
    Column("drill due", "right"),
    Column(""),
)
_TAKES = 8
_OF_SCENARIOS = (
    Column("scenario"),
    Column("proven point", "right"),
    Column("proof", "right"),
    Column("by"),
    Column("parts", "right"),
    Column("drill due", "right"),
    Column(""),
)


def status_document(status: Status, *, is_whole: bool = True) -> Document:
    """Tell whether everything could be recovered now, and what is to be done about what could not.

    Args:
        status: What was found.
        is_whole: Whether each part has a line of its own; else those of a kind that stand alike share one.
    """
    parts = tuple(_cells(item, status) for item in status.parts)
    parts = parts if is_whole else tuple(_together(status.parts, parts))
    mends = tuple(dict.fromkeys(_mends(status)))
    error = health_error(status.health)
    return Document(
        title=f"{status.platform} in {status.project}, {status.looked_at:%Y-%m-%d %H:%M} UTC",
        conclusion=Conclusion(
            health_state(status.health), error.message if error else "", next(iter(mends), "")
        ),
        sections=(
            Section(
                (Paragraph(status.answer), *_decided(status), *_due(status)), "Can we recover now?"
            ),
            Section((Table(_COLUMNS, parts),), "Each part"),
            *_scenarios(status),
            Section(
                (health_rows(status.others),) if status.others else (), "What else needs a look"
            ),
            Section((Listing("to do:", mends),) if mends else (), "What to do"),
        ),
    )


def _scenarios(status: Status) -> Iterator[Section]:
    """Tell of each scenario what was shown to restore together."""
    if status.scenarios:
        rows = tuple(_scenario_cells(item, status) for item in status.scenarios)
        yield Section((Table(_OF_SCENARIOS, rows),), "Each scenario, restored as one")


def _scenario_cells(item: ScenarioStatus, status: Status) -> tuple[str, ...]:
    ago = (status.looked_at - item.proven_at).total_seconds() if item.proven_at else None
    return (
        item.scenario,
        f"{item.proven_point:%Y-%m-%d %H:%M}" if item.proven_point else _NOTHING,
        "never" if ago is None else f"{age(ago)} ago",
        shown(item.by) if item.by else _NOTHING,
        f"{item.parts:,} of {item.of:,}" if item.of else _NOTHING,
        _day(item.drill_due_at, status.looked_at),
        f"no drill: {item.not_drilled}" if item.not_drilled else "",
    )


def _cells(part: PartStatus, status: Status) -> tuple[str, ...]:
    now = status.looked_at
    point = (now - part.recovery_point).total_seconds() if part.recovery_point else None
    proven = (now - part.proven_at).total_seconds() if part.proven_at else None
    takes = part.estimated_seconds
    return (
        shown(part.label),
        _state(part),
        _NOTHING if point is None else f"{age(point)} ago",
        f"{part.proven_point:%Y-%m-%d %H:%M}" if part.proven_point else _NOTHING,
        _unproven(part) if proven is None else f"{age(proven)} ago",
        part.how or _NOTHING,
        duration(part.rpo_seconds),
        duration(part.rto_seconds),
        _NOTHING if takes is None else duration(takes),
        _day(part.drill_due_at, now),
        printable(part.what),
    )


def _unproven(part: PartStatus) -> str:
    return "nothing held" if part.proven == "nothing held" else "never"


def _together(
    parts: Iterable[PartStatus], cells: Iterable[tuple[str, ...]]
) -> Iterator[tuple[str, ...]]:
    """Yield a line for all parts of a kind that stand alike: with their names where something is wrong.

    What each takes is told of the one that takes longest.
    """
    alike: dict[tuple[str, ...], list[tuple[PartStatus, tuple[str, ...]]]] = {}
    for part, whole in zip(parts, cells, strict=True):
        noun, line = _noun(part), whole
        told = [cell for at, cell in enumerate(line[1:], 1) if at != _TAKES]
        alike.setdefault((noun, *told), []).append((part, line))
    for (noun, *_), its in alike.items():
        slowest = max(its, key=lambda it: it[0].estimated_seconds or 0)[1]
        names = [part.label.rpartition(" ")[2] for part, _ in its]
        plural = (
            f"{len(its):,} types of resources" if noun == "resources" else f"{len(its):,} {noun}s"
        )
        label = slowest[0] if len(its) == 1 else plural
        note = (
            f"{slowest[-1]} ({listed(names, len(names))})"
            if len(its) > 1 and slowest[-1]
            else slowest[-1]
        )
        yield label, *slowest[1:-1], note


def _noun(part: PartStatus) -> str:
    """Return what a part is called with others: a table's label is its name alone."""
    noun, space, _ = part.label.partition(" ")
    return noun if space else "table"


def _state(part: PartStatus) -> str:
    """Return how a part is; what was not shown to restore is never called healthy."""
    return NOT_SHOWN if stands(part) == NOT_SHOWN else health_state(part.health)


def _decided(status: Status) -> Iterator[Block]:
    """Tell what is shown by no drill, or in no backup, why, and by whose decision until when."""
    alike: dict[str, list[str]] = {}
    for part in status.parts:
        if part.not_shown:
            alike.setdefault(part.not_shown, []).append(part.label)
    if alike:
        told = tuple(f"{listed(names, len(names))}: {why}" for why, names in alike.items())
        yield Listing("not shown by any drill:", told)
    if status.left_out:
        yield Listing("in no backup:", status.left_out)


def _due(status: Status) -> Iterator[Paragraph]:
    """Tell when the next drill is due, and of what; nothing where no run holds what it could restore."""
    if not any(part.recovery_point for part in status.parts):
        return
    parts = [(it.drill_due_at, it.label) for it in status.parts]
    scenarios = [(it.drill_due_at, it.scenario) for it in status.scenarios]
    due = [at for at, _ in (*parts, *scenarios) if at is not None]
    if any(at <= status.looked_at for at in due):
        late = _due_by(parts, scenarios, lambda at: at <= status.looked_at)
        yield Paragraph(
            f"A drill is due now, of {late}: `rebound drill --due` takes what was not shown "
            "to restore for longest."
        )
    elif due:
        first = min(due)
        names = _due_by(parts, scenarios, lambda at: at.date() == first.date())
        yield Paragraph(f"The next drill is due on {first:%Y-%m-%d}: {names}.")


def _due_by(
    parts: Iterable[_Due], scenarios: Iterable[_Due], is_due: Callable[[datetime], bool]
) -> str:
    """Count and name what is due: parts and scenarios apart, since a scenario is shown as one."""
    told = []
    for noun, found in (("part", parts), ("scenario", scenarios)):
        names = [name for at, name in found if at is not None and is_due(at)]
        if names:
            told.append(f"{counted(len(names), noun)} ({listed(names)})")
    return " and ".join(told)


def _day(due_at: datetime | None, now: datetime) -> str:
    if due_at is None:
        return _NOTHING
    return "now" if due_at <= now else f"{due_at:%Y-%m-%d}"


def _mends(status: Status) -> Iterator[str]:
    """Yield what mends what is not healthy, the worst first."""
    for health in reversed(Health):
        if health is not Health.HEALTHY:
            yield from (it.mend for it in status.parts if it.health is health and it.mend)
            yield from health_mends(it for it in status.others if it.health is health)
