"""A world that is equal to the recovery point of the sample run, or not; and plans for it."""

from datetime import timedelta
from typing import Any

from manifests.model.run import Manifest
from manifests.values import Fingerprint
from recovery.compare.observed import ObservedTable
from recovery.kinds.buckets.rules.buckets import BucketStep
from recovery.kinds.decision import Origin
from recovery.kinds.tables.rules.seen import TablesSeen
from recovery.kinds.tables.rules.tables import TableStep
from recovery.plan.model import Plan
from recovery.plan.whole import make_plan
from recovery.request import Request, Target
from tests.unit.samples import GAMES, POINT, POLICY, fingerprint_of, games, manifest

EQUAL = {item.partition_id: item.fingerprint for item in games().partitions}
OTHER = fingerprint_of(["other"])


def request(**changes: Any) -> Request:  # noqa: ANN401 - fields of the model
    """Return what an operator asks for: everything, where it was."""
    asked = {"scenario": "bigquery-dataset-loss", "target": Target(project="platform")}
    return Request.model_validate(asked | changes)


def world(**tables: ObservedTable) -> TablesSeen:
    """Return a world that is equal to the recovery point, but for the tables that are given."""
    backups = {item.table_id: item for item in manifest().tables}
    equal = {
        name: ObservedTable(
            resource=item.resource,
            row_access_policies=item.row_access_policies,
            partitions={part.partition_id: part.fingerprint for part in item.partitions},
        )
        for name, item in backups.items()
    }
    (nba, ref) = manifest().datasets
    return TablesSeen(
        datasets={"nba": nba.resource, "ref": ref.resource},
        tables={backups[name].name: found for name, found in {**equal, **tables}.items()},
        definitions={"nba.latest games": nba.views[0], "nba.season": nba.routines[0]},
        observed_at=POINT + timedelta(hours=3),
    )


def now(
    partitions: dict[str, Fingerprint] | None,
    *,
    policies: tuple[dict[str, Any], ...] = (POLICY,),
    **more: object,
) -> ObservedTable:
    """Return the games table with this content."""
    return ObservedTable(
        resource={**GAMES, **more}, row_access_policies=policies, partitions=partitions
    )


def planned(origin: Manifest, observed: TablesSeen, asked: Request) -> Plan:
    """Plan a recovery of tables from a run."""
    return make_plan(Origin(origin), {"tables": observed}, asked)


def plan(observed: TablesSeen, **asked: Any) -> Plan:  # noqa: ANN401 - fields of the model
    """Plan a recovery."""
    return planned(manifest(), observed, request(**asked))


def step(found: ObservedTable, **asked: Any) -> TableStep:  # noqa: ANN401 - fields of the model
    """Return what is planned for the games table."""
    made = plan(world(games=found), **asked)
    return next(item for item in made.of(TableStep) if item.name == "nba.games")


GONE = ObservedTable(resource=None)
LOSING = world(games=now(EQUAL | {"20250101": OTHER}))


def bucket_step(**changes: Any) -> BucketStep:  # noqa: ANN401 - fields of the model
    """Return what happens to a bucket: nothing, but for what is given."""
    nothing = {"action": "leave", "keeps_replaced": True, "objects": 0, "equal": 0}
    named = {"name": "raw-files", "into": "raw-files", "counts": (), "samples": ()}
    return BucketStep.model_validate(nothing | named | changes)
