"""What a drill restores: the recoveries that each kind asks for. Pure."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, NamedTuple

from manifests.catalog import Catalog
from manifests.errors import UsageError
from manifests.kind import Backup
from manifests.model.run import Manifest
from manifests.parts import kind_of
from manifests.values import UtcTime
from recovery.drill.rules import lot
from recovery.kinds.drilled import Draw, Drilled
from recovery.kinds.known import RULES, rules_of
from recovery.kinds.places import Places
from recovery.request import Request, Target, said_of_databases
from recovery.scenarios import RecoveryKind, Scenario, scenario
from recovery.status.model import PartName
from recovery.status.rules import scenario_of

SAMPLE = "sample"
"""What a drill of single parts is called in the place of a scenario."""
SAMPLED = tuple(rules.kind for rules in RULES if not rules.why_not_drilled)
"""The kinds of which a part is drawn."""
_NEVER = datetime.min.replace(tzinfo=UTC)

type ProvenAt = Callable[[PartName], UtcTime | None]


class Task(NamedTuple):
    """One recovery of a drill.

    Attributes:
        name: What it restores, in a few words.
    """

    name: str
    request: Request


def drilled(name: str) -> Scenario:
    """Return the scenario that is drilled.

    Raises:
        UsageError: There is none, or it restores nothing.
    """
    found = scenario(name)
    if found.why_not_drilled:
        raise UsageError(
            f"no drill shows it: {found.why_not_drilled}",
            subject=name,
            hint="drill another scenario",
        )
    return found


def out_of_scope(covers: Sequence[RecoveryKind], manifest: Manifest) -> tuple[str, ...]:
    """Say what of a scenario no drill restores, and why."""
    return tuple(dict.fromkeys(_out_of_scope(covers, manifest)))


def _out_of_scope(covers: Sequence[RecoveryKind], manifest: Manifest) -> Iterator[str]:
    for rules in rules_of(covers):
        if rules.why_not_drilled:
            yield rules.why_not_drilled
        for part in rules.parts(manifest):
            if why := kind_of(part).why_not_drilled(part.name):
                yield f"{part.name}: {why}"
        yield from rules.never_drilled


def whole_tasks(
    covers: Sequence[RecoveryKind],
    manifest: Manifest,
    catalog: Catalog,
    sandbox: str,
    places: Places,
) -> Iterator[Task]:
    """Yield the recoveries of everything that a run holds of some kinds.

    Args:
        covers: The kinds.
        manifest: What is restored, without what the catalog does not name.
        catalog: What is protected.
        sandbox: The project that is written to.
        places: The drill's names.
    """
    for rules in rules_of(covers):
        for drilled in rules.drilled(manifest, places):
            yield _task(rules.kind, drilled, catalog, sandbox, places)


def sample_tasks(
    manifest: Manifest, catalog: Catalog, sandbox: str, places: Places, proven_at: ProvenAt
) -> Iterator[Task]:
    """Yield the recoveries of one table, one prefix of a bucket and one collection of a database.

    Of each kind it is the part that was not shown to restore for longest; of what is in it, what the
    drill's mark says.

    Args:
        manifest: What is restored, without what the catalog does not name.
        catalog: What is protected.
        sandbox: The project that is written to.
        places: The drill's names.
        proven_at: When a part was shown to restore last; None for never.
    """
    age, draw_lot = _by_age(proven_at, places.mark), partial(lot, places.mark)
    for rules in rules_of(SAMPLED):
        draw = Draw(partial(min, key=age), draw_lot)
        for drilled in rules.sampled(manifest, catalog, places, draw):
            yield _task(rules.kind, drilled, catalog, sandbox, places)


def _task(
    kind: RecoveryKind, drilled: Drilled, catalog: Catalog, sandbox: str, places: Places
) -> Task:
    whole: dict[str, Any] = {
        "scenario": scenario_of(kind).name,
        "target": Target.model_validate(
            {"project": sandbox, "label": places.mark, **drilled.target}
        ),
        "from_vault": True,
        "create_datasets": True,
        "unthrottled": True,
        "rewrite_references": True,
        "project_was_named": True,
        # A sandbox gets less than is there, never more.
        "unsigned_erasures": True,
        **said_of_databases(catalog, is_own=False),
        **drilled.asked,
    }
    return Task(drilled.name, Request.model_validate(whole))


def planted_request(task: Task, table: str, places: Places) -> Request:
    """Return what asks how a table compares in whose copy damage is planted."""
    target = task.request.target.model_copy(update={"prefix": places.planted_prefix})
    return task.request.model_copy(update={"target": target, "tables": (table,), "exact": True})


def _by_age(proven_at: ProvenAt, mark: str) -> Callable[[Backup], tuple[datetime, str]]:
    """Return what orders parts: those not shown for longest first, and equal ones by the mark."""

    def key(part: Backup) -> tuple[datetime, str]:
        found = proven_at(PartName(kind_of(part).name, part.name))
        return (found or _NEVER, lot(mark, part.name))

    return key
