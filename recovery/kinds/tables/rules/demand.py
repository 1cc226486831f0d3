"""What a recovery of tables takes. Pure."""

from collections.abc import Iterator, Sequence
from math import ceil

from manifests.kinds.tables.model import TableBackup
from manifests.model.run import Manifest
from manifests.partitions import WHOLE_TABLE, is_ingestion_time
from recovery.kinds.demand import Demand, Quota, StepDemand
from recovery.kinds.tables.rules.tables import TableStep
from recovery.limits import limit

_LOOKS = 3
"""So often the rows of a table are scanned: before, in staging, and once they are published."""


def tables_demand(steps: Sequence[TableStep], manifest: Manifest) -> Demand:
    """Return what it takes to bring the rows of tables back.

    Args:
        steps: What happens to each.
        manifest: What is brought back.
    """
    known = {table.name: table for table in manifest.tables}
    written = [
        (step, known[step.name]) for step in steps if step.source is not None and step.name in known
    ]
    loads = sum(_loads(step, table) for step, table in written)
    copies = sum(_is_copied(step, table) for step, table in written)
    return Demand(
        steps=tuple(_demand(step, table) for step, table in written),
        quotas=(
            _quota("loads_per_project_per_day", "load jobs of the project in a day", loads),
            _quota("copies_per_project_per_day", "copy jobs of the project in a day", copies),
        ),
    )


def _demand(step: TableStep, table: TableBackup) -> StepDemand:
    logical = int(table.resource.get("numBytes") or 0)
    return StepDemand(
        name=step.title,
        moved_bytes=step.stored_bytes,
        # Rows of time travel come by one query; one copy or one script publishes them.
        jobs=(_loads(step, table) or 1) + 1,
        scanned_bytes=_LOOKS * logical,
        table_bytes=logical,
        quotas=tuple(_quotas(step, table)),
    )


def _quotas(step: TableStep, table: TableBackup) -> Iterator[Quota]:
    """Yield how much of the daily limit of its table a copy uses; where there are partitions, of theirs.

    A DML statement counts for neither (BigQuery, Quotas and limits, Standard tables, Partitioned tables).
    """
    if not _is_copied(step, table):
        return
    if _is_partitioned(table):
        arrives = is_ingestion_time(table.resource)
        name = "arrival_changes_per_day" if arrives else "partition_changes_per_day"
        yield _quota(name, "partitions of it written in a day", len(table.partitions))
    else:
        yield _quota("table_writes_per_day", "jobs that write it in a day", 1)


def _quota(name: str, what: str, used: int) -> Quota:
    most = limit(name)
    return Quota(what=what, used=used, most=most.value, document=most.document)


def _partitions(step: TableStep, table: TableBackup) -> Sequence[str]:
    return step.partitions or [item.partition_id for item in table.partitions]


def _is_partitioned(table: TableBackup) -> bool:
    return any(item.partition_id != WHOLE_TABLE for item in table.partitions)


def _loads(step: TableStep, table: TableBackup) -> int:
    """Return how many jobs load the files that are needed; none where the rows come from time travel."""
    if step.source is None or step.source.name != "vault":
        return 0
    wanted = set(_partitions(step, table))
    needed = {item.export_id for item in table.partitions if item.partition_id in wanted}
    most = limit("files_per_load").value
    files = [len(item.objects) for item in table.exports if item.export_id in needed]
    return sum(ceil(number / most) for number in files)


def _is_copied(step: TableStep, table: TableBackup) -> bool:
    """Whether a copy job publishes a table: a whole one, of no more partitions than one job may write.

    Everything else is published by a script of DML.
    """
    return not step.partitions and len(table.partitions) <= limit("partitions_per_job").value
