"""Compares the rows of one table with the recovery point, and writes nothing that stays."""

from collections.abc import Sequence

from manifests.cloud.working import SCRATCH_DAYS, ready_dataset
from manifests.errors import UsageError
from manifests.kinds.tables.model import TableBackup
from manifests.model.run import Manifest
from recovery.compare.difference import Sides, TableDifference
from recovery.kinds.decision import Origin
from recovery.kinds.tables.cloud.bigquery import BigQueryTarget
from recovery.kinds.tables.cloud.staging import Staging
from recovery.kinds.tables.rules.asked import wanted_tables
from recovery.kinds.tables.rules.plan import plan_source
from recovery.kinds.tables.rules.tables import TableStep
from recovery.request import Request


def table_difference(
    target: BigQueryTarget,
    staging: Staging,
    manifest: Manifest,
    request: Request,
    *,
    key: Sequence[str],
    samples: int,
    job: str,
) -> TableDifference:
    """Compare the one table of a request with the recovery point, where its partitions differ.

    The rows of the recovery point are staged and proven first, from the table's own history or the
    vault, as a recovery does.

    Args:
        target: Where the table is.
        staging: Stages the rows of the recovery point.
        manifest: The run's manifest.
        request: The table, and the partitions if some were named.
        key: The columns that tell which row is which.
        samples: How many rows of each side are shown.
        job: Begins the ids of the jobs.

    Raises:
        UsageError: The table is gone or has other columns, so that there is nothing to compare; or
            the table lacks a column of the key or a partition that was named.
        NotEqualError: What was loaded from the vault is not what the manifest says.
        CloudError: The table could not be looked at, or its rows could not be staged or compared.
    """
    wanted = request.partitions
    request = request.model_copy(update={"partitions": ()})
    observed = target.observe(manifest, request)
    for hidden in observed.unseen:
        raise hidden.error
    (table,) = wanted_tables(manifest, request)
    step = plan_source(table, Origin(manifest), observed, request)
    known = TableDifference(
        table=target.name(table.name),
        run_id=manifest.run_id,
        recovery_point=manifest.recovery_point,
        key=tuple(key),
    )
    _check(table, step, key)
    known_ids = {*table.fingerprints, *(observed.tables[table.name].partitions or {})}
    if unknown := [name for name in wanted if name not in known_ids]:
        raise UsageError(f"no partition of the table: {', '.join(unknown)}", subject=table.name)
    restored = tuple(name for name in step.partitions if not wanted or name in wanted)
    going = tuple(name for name in step.removed_partitions if not wanted or name in wanted)
    partitions = tuple(sorted({*restored, *going}))
    if not partitions:
        return known
    settings = target.settings
    ready_dataset(
        target.resources,
        settings.scratch_dataset,
        location=target.location,
        table_days=SCRATCH_DAYS,
    )
    if restored:
        source = step.source.name if step.source else "vault"
        staging.stage(table, restored, source)
    else:
        staging.create_empty(table)
    sides = Sides(
        live=target.full_id(target.name(table.name)),
        stored=target.full_id(staging.name(table.name)),
        resource=table.resource,
        partitions=partitions,
    )
    try:
        told = measured(target, sides, key, samples=samples, job=job)
        return known.model_copy(update={**told, "erased": staging.erased(table.name).rows})
    finally:
        staging.remove(table.name)


def _check(table: TableBackup, step: TableStep, key: Sequence[str]) -> None:
    if step.action in ("create", "replace", "fill"):
        raise UsageError(
            f"there is nothing to compare: {step.why}",
            subject=table.name,
            hint="`rebound plan bigquery-dataset-loss` says what comes back",
        )
    columns = {field["name"] for field in table.resource["schema"]["fields"]}
    if unknown := [name for name in key if name not in columns]:
        raise UsageError(f"no column of the table: {', '.join(unknown)}", subject=table.name)


def measured(
    target: BigQueryTarget, sides: Sides, key: Sequence[str], *, samples: int, job: str
) -> dict[str, object]:
    """Count and show the rows that differ between two tables, as fields of a `TableDifference`.

    Args:
        target: Where the tables are.
        sides: The tables.
        key: The columns that tell which row is which.
        samples: How many rows of each side are shown.
        job: Begins the ids of the jobs.

    Raises:
        CloudError: A query failed.
    """

    def rows(name: str, sql: str) -> list[dict[str, object]]:
        return target.jobs.rows(f"{job}-{name}", sql, subject=sides.live)

    (totals,) = rows("totals", sides.totals_sql())
    found: dict[str, object] = {"partitions": sides.partitions, **totals}
    for side in ("going", "coming"):
        sql = sides.samples_sql(going=side == "going", most=samples)
        found[f"{side}_samples"] = tuple(str(row["content"]) for row in rows(side, sql))
    if key:
        (counts,) = rows("columns", sides.columns_sql(key))
        found["changed"] = counts["changed"]
        found["columns"] = {
            name: counts[f"c{at}"]
            for at, name in enumerate(sides.compared(key))
            if counts[f"c{at}"]
        }
    return found
