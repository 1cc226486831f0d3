"""What of a table is wrong, what it is to hold, and what has to be said before. Pure."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from manifests.catalog import Catalog
from manifests.errors import RefusedError, UsageError
from manifests.fingerprint import combined
from manifests.ids import PartitionId
from manifests.kinds.tables.model import Partition, TableBackup
from manifests.model.run import Manifest
from manifests.partitions import is_ingestion_time
from manifests.statements import MOST_PARTITIONS
from manifests.values import Fingerprint, Resource
from recovery.compare.observed import ObservedTable
from recovery.compare.row_key import row_key
from recovery.kinds.tables.rules.sources import Source
from recovery.kinds.tables.rules.tables import TableStep
from recovery.plan.approval import Decided, paused
from recovery.plan.model import Plan
from recovery.plan.said import planning_table
from recovery.repair.model import PREFIX, Ask, Repair, RepairPlan, Window, Witness
from recovery.request import Request, Target
from recovery.units import listed

_BEFORE = timedelta(milliseconds=1)
"""A job's times are told to the millisecond."""


class JobFacts(NamedTuple):
    """What BigQuery says of a job that ended.

    Attributes:
        tables: `dataset.table` of what it wrote, as far as it says; empty for a script.
    """

    job_id: str
    user: str
    started_at: datetime
    ended_at: datetime
    failure: str
    tables: Collection[str]


def is_repair(recovery_id: str) -> bool:
    """Whether a recovery is a repair, by its id."""
    return recovery_id.startswith(f"{PREFIX}-")


def check_ask(ask: Ask, *, now: datetime) -> None:
    """Refuse what cannot be meant.

    Raises:
        UsageError: Nothing says when it went wrong, two things do, or it is no time that has been.
    """
    if ask.job and (ask.since or ask.until):
        raise UsageError("a job says itself when it ran", hint="leave `--since` and `--until` out")
    if not (ask.job or ask.since or ask.where or ask.run):
        raise UsageError(
            "nothing says what went wrong",
            subject=ask.table,
            hint="name the `--job`, since when (`--since`), or which rows (`--where`)",
        )
    if ask.until and (ask.since is None or ask.until <= ask.since):
        raise UsageError("`--until` is later than `--since`", subject=ask.table)
    if any(at > now for at in (ask.since, ask.until) if at):
        raise UsageError("a time that has not come yet", subject=ask.table)


def window_of_job(job: JobFacts, table: str) -> Window:
    """Return when a job can have written.

    Raises:
        UsageError: It failed, so that it wrote nothing, or wrote something else.
    """
    if job.failure:
        raise UsageError(f"the job failed, so it wrote nothing: {job.failure}", subject=job.job_id)
    if job.tables and table not in job.tables:
        raise UsageError(
            f"the job wrote {listed(sorted(job.tables))}, not {table}", subject=job.job_id
        )
    return Window(
        since=job.started_at - _BEFORE,
        until=job.ended_at + _BEFORE,
        by=f"job {job.job_id} of {job.user}",
    )


def check_table(ask: Ask, found: ObservedTable) -> Resource:
    """Refuse a table that cannot be repaired row by row; return what it is.

    Raises:
        UsageError: It is gone, or no table, or has no such column.
        RefusedError: Its rows cannot be told apart, or rows are on their way into it.
    """
    resource = found.resource
    if resource is None or resource.get("type", "TABLE") != "TABLE":
        raise UsageError(
            "there is no such table, so that nothing of it can be kept",
            subject=ask.table,
            hint=f"`{planning_table(ask.table)}` shows what brings it back",
        )
    if is_ingestion_time(resource):
        raise RefusedError(
            "its rows do not tell which partition they are of",
            subject=ask.table,
            hint=f"`{planning_table(ask.table)}` shows which of its partitions come back whole",
        )
    if resource.get("streamingBuffer"):
        raise RefusedError(
            "rows are being streamed into it",
            subject=ask.table,
            hint="pause the writers and wait until the buffer is empty, 90 minutes at most",
        )
    columns = {field["name"] for field in resource["schema"]["fields"]}
    named = {*ask.key, *([ask.newest] if ask.newest else [])}
    if unknown := sorted(named - columns):
        raise UsageError(f"no column of the table: {listed(unknown)}", subject=ask.table)
    return resource


def key_of(ask: Ask, resource: Resource, catalog: Catalog) -> tuple[str, ...]:
    """Return the columns that tell which row is which: as asked, of the table, or of the catalog."""
    return ask.key or row_key(ask.table, resource, catalog)


def wrong_partitions(
    ask: Ask, before: Mapping[str, Fingerprint], after: Mapping[str, Fingerprint]
) -> tuple[PartitionId, ...]:
    """Return the partitions that are not what they were.

    Raises:
        RefusedError: There are more than one statement may change.
    """
    found = sorted(
        name
        for name in {*before, *after}
        if before.get(name) != after.get(name) and (not ask.partitions or name in ask.partitions)
    )
    if len(found) > MOST_PARTITIONS:
        raise RefusedError(
            f"{len(found)} partitions are not what they were; one statement changes {MOST_PARTITIONS}",
            subject=ask.table,
            hint="name some with `--partition`",
        )
    return tuple(found)


def borne_out(
    witness: Witness,
    manifest: Manifest | None,
    backup: TableBackup | None,
    holds: Mapping[str, Fingerprint],
    version: int,
) -> Witness:
    """Return a witness with how many partitions the backup has just so."""
    if manifest is None or backup is None or backup.fingerprint_version != version:
        return witness
    equal = sum(backup.fingerprints.get(name) == content for name, content in holds.items())
    update = {"run_id": manifest.run_id, "point": manifest.recovery_point, "equal": equal}
    return witness.model_copy(update=update)


def check_key(
    ask: Ask,
    key: tuple[str, ...],
    after: Mapping[str, Fingerprint],
    now: Mapping[str, Fingerprint],
    wrong: tuple[str, ...],
) -> None:
    """Refuse to guess which rows are the same.

    Raises:
        RefusedError: Somebody wrote since, or a condition chooses rows, and nothing says which row
            is which.
    """
    if key:
        return
    hint = "name the columns that tell which row is which with `--key`"
    written = [name for name in wrong if after.get(name) != now.get(name)]
    if written:
        raise RefusedError(
            f"somebody wrote since to {listed(written)}, and nothing says which rows are the same",
            subject=ask.table,
            hint=hint,
        )
    if ask.where or ask.newest:
        raise RefusedError("nothing says which rows are the same", subject=ask.table, hint=hint)


def as_table(
    name: str, found: ObservedTable, holds: Mapping[str, Fingerprint], *, version: int
) -> TableBackup:
    """Return a table that is what it is now, and holds something."""
    dataset_id, table_id = name.split(".")
    return TableBackup(
        dataset_id=dataset_id,
        table_id=table_id,
        group="repaired",
        resource=found.resource or {},
        row_access_policies=found.row_access_policies,
        fingerprint_version=version,
        fingerprint=combined(holds.values()),
        partitions=tuple(
            Partition(partition_id=partition_id, fingerprint=content, export_id="")
            for partition_id, content in sorted(holds.items())
        ),
        exports=(),
    )


def holds_then(found: Repair, now: Mapping[str, Fingerprint]) -> dict[str, Fingerprint]:
    """Return what every partition holds once it is repaired: all others what they do now."""
    others = {name: content for name, content in now.items() if name not in found.partitions}
    return {**others, **found.repaired}


def agrees(found: Repair) -> bool:
    """Whether what a repair does is what is told of it: its journal lies where others can write."""
    was, becomes = combined(found.seen.values()), combined(found.repaired.values())
    told = was.row_count - found.rows.going + found.rows.coming
    touched = {*found.seen, *found.repaired}
    return touched.issubset(found.partitions) and told == becomes.row_count


def decided(made: RepairPlan) -> Decided:
    """Return what a plan of a repair decides; which rows are shown of it decides nothing."""
    found, plan = made.found, made.plan
    witness = found.witness
    said = {
        "what was asked for": made.ask,
        "the project": plan.request.target.project,
        "when it went wrong": found.window,
        "the witness": (witness.name, witness.run_id, witness.point),
        "the run": (plan.run_id, plan.manifest_digest, plan.trust, plan.foreign),
        "the partitions": found.partitions,
        "which row is which": (found.key, found.where),
        "the rows that go and come back": (found.rows.going, found.rows.coming),
        "the rows that stay": (found.kept_keys, found.left_out),
        "what the table holds": found.seen,
        "what it is to hold": found.repaired,
        "what is paused": paused(plan.fence),
    }
    return Decided(said)


def plan_of(found: Repair, target: Target, **told: Any) -> Plan:  # noqa: ANN401 - fields of the model
    """Return the recovery that a repair is.

    Args:
        found: What is wrong.
        target: Where the table is.
        told: What the plan says of the run that is a witness.
    """
    request = Request(
        scenario="bigquery-dataset-loss",
        target=target,
        tables=(found.table,),
        overwrite=(found.table,),
        exact=True,
        point_was_named=True,
    )
    source = Source(name=found.witness.name, why=found.witness.why)
    step = TableStep(
        name=found.table,
        into=target.name(found.table),
        action="replace partitions",
        why="rows went wrong",
        damage=(),
        partitions=tuple(sorted(found.repaired)),
        removed_partitions=tuple(name for name in found.seen if name not in found.repaired),
        loses_rows=True,
        losing=found.rows.going,
        seen=found.seen,
        rows=found.rows.coming,
        source=source,
    )
    return Plan(
        request=request,
        run_id=found.witness.run_id if found.witness.name == "vault" else None,
        recovery_point=found.window.since,
        steps=(step,),
        cannot_bring_back=(),
        **told,
    )
