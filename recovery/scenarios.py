"""The disasters an operator can name, as data."""

from collections.abc import Mapping
from typing import Literal

from manifests.catalog_objectives import Objective, ScenarioName
from manifests.errors import UsageError
from manifests.parts import PARTS, KindName
from manifests.values import Value
from recovery.units import meant

type RecoveryKind = KindName | Literal["completions", "foundations"]
"""A sort of things that is brought back; `recovery.kinds` has a folder of each."""


_DAY_SECONDS = 24 * 3600


class Scenario(Value):
    """One disaster: how bad, how fast, and what a recovery brings back.

    Attributes:
        threat: What happens to the platform.
        objective: What holds where the catalog agrees on nothing else.
        covers: The kinds that it brings back, in the order in which it does;
            none where dates are run again.
        rebuilds: The kinds that `--rebuild` brings back in their place, without any run.
        why_not_drilled: Why no drill shows it; empty where one does.
    """

    name: ScenarioName
    severity: Literal["P0", "P1", "P2"]
    objective: Objective
    covers: tuple[RecoveryKind, ...]
    brings_back: str
    threat: str
    rebuilds: tuple[RecoveryKind, ...] = ()
    why_not_drilled: str = ""


SCENARIOS = (
    Scenario(
        name="bigquery-dataset-loss",
        severity="P0",
        objective=Objective(rto_seconds=4 * 3600, rpo_seconds=_DAY_SECONDS),
        covers=("tables",),
        threat="tables or whole datasets are deleted, or their rows are wrong",
        brings_back="tables, views, routines and row access policies of one or more datasets",
    ),
    Scenario(
        name="gcs-bucket-corruption",
        severity="P0",
        objective=Objective(rto_seconds=2 * 3600, rpo_seconds=_DAY_SECONDS),
        covers=("buckets",),
        threat="objects of a bucket are deleted, overwritten or corrupted",
        brings_back="missing, overwritten and corrupted objects; extra ones are reported",
    ),
    Scenario(
        name="firestore-state-loss",
        severity="P1",
        objective=Objective(rto_seconds=3600, rpo_seconds=_DAY_SECONDS),
        covers=("databases",),
        threat="state documents are deleted, or are not as they were",
        brings_back="state documents, from the backup or rebuilt from run history",
        rebuilds=("completions",),
    ),
    Scenario(
        name="complete-outage",
        severity="P0",
        objective=Objective(rto_seconds=8 * 3600, rpo_seconds=_DAY_SECONDS),
        covers=("foundations", *(kind.name for kind in PARTS)),
        threat="everything is lost: data, state and the configuration that runs them",
        brings_back="everything, in dependency order: services, accounts, data, state, schedules",
    ),
    Scenario(
        name="processor-failure",
        severity="P2",
        objective=Objective(rto_seconds=3 * 3600, rpo_seconds=_DAY_SECONDS),
        covers=(),
        threat="a processor did not write the rows of some dates",
        brings_back="dates that a processor missed, run again in the order of phases",
        why_not_drilled="what is run again is the platform's own code on the platform's own tables, and a "
        "sandbox has neither; `rebound plan processor-failure` tells what would be run",
    ),
)


def scenario(name: str) -> Scenario:
    """Return a scenario by its name.

    Raises:
        UsageError: There is no such scenario; the message lists them.
    """
    for item in SCENARIOS:
        if item.name == name:
            return item
    names = [item.name for item in SCENARIOS]
    raise UsageError(
        f"no such scenario; there are: {', '.join(names)}",
        subject=name,
        hint=meant(name, names).rstrip(),
    )


def objective_of(name: str, agreed: Mapping[ScenarioName, Objective]) -> Objective:
    """Return what was agreed of the recovery after a disaster, or what holds where nothing was.

    Args:
        name: That of its scenario.
        agreed: What the catalog says.

    Raises:
        UsageError: There is no such scenario.
    """
    named = scenario(name)
    return agreed.get(named.name, named.objective)
