"""Steps that bring tables back with `bq`: made empty, loaded raw, decoded, counted, and protected. Pure."""

import hashlib
from collections.abc import Iterator
from typing import NamedTuple

from functions.kit.script import (
    Argument,
    KitStep,
    ShellCommand,
    Variable,
    as_json,
    joined,
    label_pairs,
    stem,
    vault_uris,
)
from manifests import statements
from manifests.encoding import stored_fields
from manifests.fingerprint import fingerprint_sql
from manifests.kinds.tables.model import DatasetBackup, Export, TableBackup, encryption_key
from manifests.kinds.tables.properties import settings
from manifests.partitions import demands_filter, is_ingestion_time
from manifests.sql import quoted
from manifests.values import Resource

WORKING_DATASET = "rebound_kit"
_WORKING_SECONDS = 7 * 24 * 3600
_DAY_MS = 24 * 3600 * 1000
_MOST_ROWS = 100_000
"""Partitions of one table: 10,000 at most (BigQuery, Quotas and limits)."""

# What commands set; every other property that somebody set is told as left.
_TABLE_SET = frozenset(
    {
        "clustering",
        "description",
        "encryptionConfiguration",
        "labels",
        "rangePartitioning",
        "requirePartitionFilter",
        "schema",
        "timePartitioning",
    }
)
_DATASET_SET = frozenset(
    {
        "access",
        "defaultEncryptionConfiguration",
        "defaultPartitionExpirationMs",
        "defaultTableExpirationMs",
        "description",
        "labels",
        "location",
        "maxTimeTravelHours",
        "storageBillingModel",
    }
)


class Bq(NamedTuple):
    """Writes `bq` commands for one location."""

    location: str

    def __call__(self, *arguments: Argument, stdin: str = "", stdout: str = "") -> ShellCommand:
        """Return a command of `bq`."""
        project: Argument = ("--project_id=", Variable.PROJECT)
        flags: tuple[Argument, ...] = (
            project,
            f"--location={self.location}",
            "--headless",
            "--quiet",
        )
        shown: tuple[Argument, ...] = ("--format=json",) if stdout else ()
        return ShellCommand(("bq", *flags, *shown, *arguments), stdin=stdin, stdout=stdout)

    def query(self, file: str, stdout: str = "") -> ShellCommand:
        """Return the command that runs a statement of a file."""
        most = (f"--max_rows={_MOST_ROWS}",) if stdout else ()
        return self("query", "--nouse_legacy_sql", *most, stdin=file, stdout=stdout)


def dataset_steps(dataset: DatasetBackup) -> Iterator[KitStep]:
    """Yield what makes a dataset, without what it does by itself to tables and whom it lets in."""
    resource, bq = dataset.resource, bq_of(dataset)
    arguments = [*_described(resource)]
    if key := str((resource.get("defaultEncryptionConfiguration") or {}).get("kmsKeyName") or ""):
        arguments.append(f"--default_kms_key={key}")
    if hours := resource.get("maxTimeTravelHours"):
        arguments.append(f"--max_time_travel_hours={int(hours)}")
    if model := resource.get("storageBillingModel"):
        arguments.append(f"--storage_billing_model={model}")
    yield KitStep(
        "dataset",
        dataset.dataset_id,
        (bq("mk", "--dataset", *arguments, dataset.dataset_id),),
        left=left_of(resource, _DATASET_SET),
    )


def working_step(dataset: DatasetBackup) -> KitStep:
    """Return what makes the dataset that raw rows are loaded into; its tables expire."""
    own = f"--default_table_expiration={_WORKING_SECONDS}"
    command = bq_of(dataset)("mk", "--force", "--dataset", own, WORKING_DATASET)
    return KitStep("working-dataset", WORKING_DATASET, (command,))


def access_step(dataset: DatasetBackup) -> KitStep:
    """Return what lets into a dataset whom it let in, and gives its tables their expirations."""
    resource, name = dataset.resource, f"files/{stem(dataset.dataset_id)}.access.json"
    arguments = [f"--source={name}"]
    for flag, key in (("table", "defaultTable"), ("partition", "defaultPartition")):
        if milliseconds := int(resource.get(f"{key}ExpirationMs") or 0):
            arguments.append(f"--default_{flag}_expiration={milliseconds // 1000}")
    access = {"access": resource.get("access", [])}
    command = bq_of(dataset)("update", "--dataset", *arguments, dataset.dataset_id)
    return KitStep("access", dataset.dataset_id, (command,), {name: as_json(access)})


def table_steps(table: TableBackup, bq: Bq) -> Iterator[KitStep]:
    """Yield what makes a table, brings its rows, counts them, and protects them as they were.

    Expirations are set behind the rows, so that none is lost before it is counted, and row access
    policies behind the count, which they would hide rows from.
    """
    yield _creation(table, bq)
    yield _rows(table, bq)
    if protection := _protection(table, bq):
        yield protection


def bq_of(dataset: DatasetBackup) -> Bq:
    """Return what writes commands for the location of a dataset."""
    return Bq(str(dataset.resource.get("location") or "US"))


def left_of(resource: Resource, known: frozenset[str]) -> tuple[str, ...]:
    """Return the properties that somebody set, and that are none of those that commands set."""
    own = settings(resource)
    return tuple(sorted(key for key, value in own.items() if value and key not in known))


def _creation(table: TableBackup, bq: Bq) -> KitStep:
    resource, schema = table.resource, f"files/{stem(table.name)}.schema.json"
    arguments = [f"--schema={schema}", *_described(resource), *_partitioned(resource)]
    if fields := (resource.get("clustering") or {}).get("fields"):
        arguments.append(f"--clustering_fields={joined(fields)}")
    if demands_filter(resource):
        arguments.append("--require_partition_filter")
    if key := encryption_key(resource):
        arguments.append(f"--destination_kms_key={key}")
    return KitStep(
        "table",
        table.name,
        (bq("mk", "--table", *arguments, table.name),),
        {schema: as_json(resource["schema"]["fields"])},
        left=left_of(resource, _TABLE_SET),
    )


def _partitioned(resource: Resource) -> Iterator[str]:
    if by_time := resource.get("timePartitioning"):
        yield f"--time_partitioning_type={by_time.get('type', 'DAY')}"
        if field := by_time.get("field"):
            yield f"--time_partitioning_field={field}"
    if by_range := resource.get("rangePartitioning"):
        limits = (by_range["range"][name] for name in ("start", "end", "interval"))
        yield f"--range_partitioning={joined([by_range['field'], *map(str, limits)])}"


def _rows(table: TableBackup, bq: Bq) -> KitStep:
    name = stem(table.name)
    files: dict[str, bytes] = {
        f"files/{name}.stored.json": as_json(stored_fields(table.resource["schema"]["fields"])),
        f"files/{name}.count.sql": fingerprint_sql(
            table.name, table.resource, table.fingerprint_version
        ).encode(),
    }
    commands: list[ShellCommand] = []
    for number, export in enumerate(table.exports):
        owned = [
            item.partition_id for item in table.partitions if item.export_id == export.export_id
        ]
        if export.row_count and owned:
            decode = f"files/{name}.{number:05d}.sql"
            raw = f"{WORKING_DATASET}.raw_{_mark(table.name)}_{number:05d}"
            files[decode] = _decoded(table, export, raw, owned).encode()
            commands += [*_loads(table, export, raw, bq), bq.query(decode)]
    answer = f"answers/{name}.json"
    commands.append(bq.query(f"files/{name}.count.sql", answer))
    commands.append(ShellCommand(("python3", "check.py", "rows", table.name, answer)))
    return KitStep("rows", table.name, tuple(commands), files)


def _loads(table: TableBackup, export: Export, raw: str, bq: Bq) -> Iterator[ShellCommand]:
    """Yield loads of the files of an export into a raw table; the first one empties it."""
    schema = f"files/{stem(table.name)}.stored.json"
    key = encryption_key(table.resource)
    flags = ["--source_format=AVRO", "--use_avro_logical_types"]
    flags += [f"--destination_kms_key={key}"] if key else []
    for number, uris in enumerate(vault_uris(stored.name for stored in export.objects)):
        how = ("--noreplace",) if number else ("--replace",)
        yield bq("load", *how, *flags, raw, uris, schema)


def _decoded(table: TableBackup, export: Export, raw: str, owned: list[str]) -> str:
    """Write the script that puts the rows of an export in their place, and forgets the raw ones."""
    if export.partition_id is not None and is_ingestion_time(table.resource):
        sql = statements.decoded_arrivals(table.name, raw, table.resource, export.partition_id)
    else:
        sql = statements.decoded(table.name, raw, table.resource, owned)
    return f"{sql} DROP TABLE {quoted(raw)};"


def _protection(table: TableBackup, bq: Bq) -> KitStep | None:
    commands = [
        bq(
            "mk",
            "--row_access_policy",
            f"--policy_id={policy['rowAccessPolicyReference']['policyId']}",
            f"--target_table={table.name}",
            f"--grantees={joined(policy.get('grantees', []))}",
            f"--filter_predicate={policy['filterPredicate']}",
        )
        for policy in table.row_access_policies
    ]
    files: dict[str, bytes] = {}
    expires_ms = int((table.resource.get("timePartitioning") or {}).get("expirationMs") or 0)
    if expires_ms:
        sql = f"files/{stem(table.name)}.expiration.sql"
        option = f"partition_expiration_days = {expires_ms / _DAY_MS}"
        files[sql] = f"ALTER TABLE {quoted(table.name)} SET OPTIONS ({option})".encode()
        commands.append(bq.query(sql))
    return KitStep("protection", table.name, tuple(commands), files) if commands else None


def _described(resource: Resource) -> Iterator[str]:
    if description := resource.get("description"):
        yield f"--description={description}"
    for pair in label_pairs(resource.get("labels") or {}, ":"):
        yield f"--label={pair}"


def _mark(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:16]
