"""Every statement that Rebound runs, but for the two that measure and encode rows. Pure.

`fingerprint` and `encoding` write those, `partitions` the conditions, and `sql` quotes for all. Each
function here gives one statement, or one script of a transaction.
"""

from collections.abc import Iterable
from datetime import date, datetime
from itertools import batched

from manifests.encoding import decode_sql, encode_sql
from manifests.kinds.tables.model import encryption_key
from manifests.partitions import in_partitions, is_ingestion_time, partition_filter, partition_time
from manifests.sql import literal, moment, quoted
from manifests.values import Resource

MOST_PARTITIONS = 4000
"""So many partitions one statement or load may change (BigQuery, Quotas and limits)."""


def freeze(copy: str, table: str, resource: Resource, *, at: datetime, hours: int) -> str:
    """Clone a table as it was, where there is no such clone yet.

    Args:
        copy: Full id of the clone.
        table: Full id of the table.
        resource: The table's resource.
        at: The instant.
        hours: How long the clone lives when nothing removes it.
    """
    options = _options(resource, hours)
    if resource.get("timePartitioning"):
        # The clone would inherit the expiration, and lose partitions before they are extracted.
        options = f"{options}, partition_expiration_days = NULL"
    # IF NOT EXISTS: an earlier job's effect may outlive its job.
    return (
        f"CREATE TABLE IF NOT EXISTS {quoted(copy)} CLONE {quoted(table)} {_as_of(at)} "
        f"OPTIONS({options})"
    )


def dropped_tables(
    location: str, dataset_ids: Iterable[str], *, since: datetime | None, until: datetime
) -> str:
    """Name the tables of some datasets that are deleted; the answer's column is name.

    BigQuery tells of them a few minutes later, of those that expired up to a day later, and of a dataset
    that is deleted with more than 1,000 tables not at all while it keeps them (BigQuery, TABLE_STORAGE
    view, which is one of a region).

    Args:
        location: Where the datasets are.
        dataset_ids: At least one dataset.
        since: Only those that were made after it; None for all.
        until: Only those that were made by then.
    """
    made = f"creation_time <= {moment('TIMESTAMP', until)}"
    if since is not None:
        made = f"creation_time > {moment('TIMESTAMP', since)} AND {made}"
    names = ", ".join(map(literal, dataset_ids))
    return (
        "SELECT DISTINCT CONCAT(table_schema, '.', table_name) AS name "
        f"FROM {quoted(f'region-{location.lower()}')}.INFORMATION_SCHEMA.TABLE_STORAGE "
        f"WHERE deleted AND table_schema IN ({names}) AND {made}"
    )


def count_at(table: str, resource: Resource, at: datetime) -> str:
    """Count a table's rows as they were; the answer's column is row_count."""
    return (
        f"SELECT COUNT(*) AS row_count FROM {quoted(table)} AS row_ {_as_of(at)}"
        f"{partition_filter(resource)}"
    )


def encoded(
    copy: str, frozen: str, resource: Resource, partition_id: str | None, *, hours: int
) -> str:
    """Copy a frozen table, or one partition of it, with every column in its stored form.

    Args:
        copy: Full id of the copy.
        frozen: Full id of the frozen table.
        resource: The table's resource.
        partition_id: Only this partition's rows; None for all.
        hours: How long the copy lives when nothing removes it.
    """
    return (
        f"CREATE TABLE IF NOT EXISTS {quoted(copy)} OPTIONS({_options(resource, hours)}) "
        f"AS {encode_sql(frozen, resource, partition_id)}"
    )


def snapshot(undo: str, table: str) -> str:
    """Keep a table as it is, where it is not kept yet.

    The snapshot has no expiration of its own, which would need the permission to delete snapshots:
    the default of its dataset applies. It has the key of its table, because a statement makes it
    (both BigQuery, Create table snapshots).
    """
    return f"CREATE SNAPSHOT TABLE IF NOT EXISTS {quoted(undo)} CLONE {quoted(table)}"


def published(
    live: str,
    staged: str,
    resource: Resource,
    partitions: Iterable[str],
    removed: Iterable[str] = (),
) -> str:
    """Replace partitions of a table by staged ones.

    Args:
        live: Full id of the table.
        staged: Full id of the table that has the rows.
        resource: The table's resource.
        partitions: The partitions that are written.
        removed: Partitions that are only removed.
    """
    columns = _moved_columns(resource)
    select = f"SELECT {columns} FROM {quoted(staged)} AS row_"
    return _replacing(live, resource, partitions, select=select, columns=columns, removed=removed)


def travelled(
    staging: str, live: str, resource: Resource, partitions: Iterable[str], *, at: datetime
) -> str:
    """Replace partitions of a staging table by those of the live table, as they were."""
    columns = _moved_columns(resource)
    select = f"SELECT {columns} FROM {quoted(live)} AS row_ {_as_of(at)}"
    return _replacing(staging, resource, partitions, select=select, columns=columns)


def decoded(staging: str, raw: str, resource: Resource, partitions: Iterable[str]) -> str:
    """Replace partitions of a staging table by decoded rows of a raw table."""
    columns = _columns(resource)
    select = f"SELECT {columns} FROM ({decode_sql(raw, resource)}) AS row_"
    return _replacing(staging, resource, partitions, select=select, columns=columns)


def decoded_arrivals(staging: str, raw: str, resource: Resource, partition_id: str) -> str:
    """Do the same for a table partitioned by ingestion time: no column tells the partition."""
    columns = _columns(resource)
    return (
        f"BEGIN TRANSACTION; {_removing(staging, resource, [partition_id])} "
        f"INSERT INTO {quoted(staging)} (_PARTITIONTIME, {columns}) "
        f"SELECT {partition_time(resource, partition_id)}, {columns} "
        f"FROM ({decode_sql(raw, resource)}) AS row_; COMMIT TRANSACTION;"
    )


def narrowed(staging: str, resource: Resource, partitions: Iterable[str]) -> str:
    """Remove the rows of all other partitions."""
    others = in_partitions(resource, partitions, negated=True)
    return f"DELETE FROM {quoted(staging)} AS row_ WHERE {others}"


def history(table: str, since: date) -> str:
    """Read the runs of processors that ended, of the dates from one on."""
    return (
        "SELECT processor_name, phase, data_date, status, processed_at, records_processed, "
        f"run_id, output_table FROM {quoted(table)} "
        f"WHERE data_date >= DATE '{since.isoformat()}' AND processed_at IS NOT NULL"
    )


def rows_by_date(table: str, column: str, since: date, until: date) -> str:
    """Count rows by a date column, from one date on and before another."""
    name = quoted(column)
    return (
        f"SELECT {name} AS day, COUNT(*) AS row_count FROM {quoted(table)} "
        f"WHERE {name} >= DATE '{since.isoformat()}' AND {name} < DATE '{until.isoformat()}' "
        "GROUP BY day"
    )


def rows_of_dates(
    table: str,
    column: str,
    first: date,
    last: date,
    *,
    key: Iterable[str],
    game: str | None,
    filled: Iterable[str] = (),
) -> str:
    """Measure the rows of each date: how many, how many games, doubled keys, and empty columns.

    The answer's columns are day, row_count, doubled, games, and empty_0 and so on.

    Args:
        table: Full id of the table.
        column: Its date column.
        first: The first date.
        last: The last date.
        key: The columns of which a date has each combination once.
        game: The column that names a game; None where there is none.
        filled: Columns that may not be empty.
    """
    day, keys = quoted(column), ", ".join(map(quoted, key))
    games = f"COUNT(DISTINCT {quoted(game)})" if game else "CAST(NULL AS INT64)"
    empty = [
        f", COUNTIF({quoted(name)} IS NULL) AS empty_{number}" for number, name in enumerate(filled)
    ]
    return (
        f"SELECT {day} AS day, COUNT(*) AS row_count, "
        f"COUNT(*) - COUNT(DISTINCT TO_JSON_STRING(STRUCT({keys}))) AS doubled, "
        f"{games} AS games{''.join(empty)} FROM {quoted(table)} "
        f"WHERE {_between(day, first, last)} GROUP BY day"
    )


def games_of_dates(
    table: str,
    column: str,
    first: date,
    last: date,
    *,
    game: str,
    status: str,
    final: int,
    prefixes: Iterable[str] = (),
) -> str:
    """Count the games of each date: those that were played, and all.

    The answer's columns are day, final and scheduled. A game counts once, however many rows it has.

    Args:
        table: Full id of the schedule.
        column: Its date column.
        first: The first date.
        last: The last date.
        game: The column that names a game.
        status: The column that tells how far it is.
        final: What that says of a game that was played.
        prefixes: How the ids of games begin that count; any when empty.
    """
    day, name = quoted(column), quoted(game)
    begins = " OR ".join(f"STARTS_WITH({name}, {literal(prefix)})" for prefix in prefixes)
    return (
        f"SELECT {day} AS day, "
        f"COUNT(DISTINCT IF({quoted(status)} = {int(final)}, {name}, NULL)) AS final, "
        f"COUNT(DISTINCT {name}) AS scheduled FROM {quoted(table)} "
        f"WHERE {_between(day, first, last)}{f' AND ({begins})' if begins else ''} GROUP BY day"
    )


def _between(day: str, first: date, last: date) -> str:
    return f"{day} >= DATE '{first.isoformat()}' AND {day} <= DATE '{last.isoformat()}'"


def _replacing(
    into: str,
    resource: Resource,
    partitions: Iterable[str],
    *,
    select: str,
    columns: str,
    removed: Iterable[str] = (),
) -> str:
    """Write the script that replaces partitions in one transaction, however many there are."""
    written = list(batched(partitions, MOST_PARTITIONS, strict=False))
    deletes = [
        _removing(into, resource, some)
        for some in (*written, *batched(removed, MOST_PARTITIONS, strict=False))
    ]
    inserts = [
        f"INSERT INTO {quoted(into)} ({columns}) {select} WHERE {in_partitions(resource, some)};"
        for some in written
    ]
    return " ".join(["BEGIN TRANSACTION;", *deletes, *inserts, "COMMIT TRANSACTION;"])


def _removing(table: str, resource: Resource, partitions: Iterable[str]) -> str:
    return f"DELETE FROM {quoted(table)} AS row_ WHERE {in_partitions(resource, partitions)};"


def _options(resource: Resource, hours: int) -> str:
    """Return the options of a copy: it expires by itself, and is encrypted as its table is.

    Without the key a copy takes the default of its own dataset (BigQuery, Customer-managed keys).
    """
    expires = f"TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL {int(hours)} HOUR)"
    key = encryption_key(resource)
    own_key = f", kms_key_name = {literal(key)}" if key else ""
    return f"expiration_timestamp = {expires}{own_key}"


def _as_of(at: datetime) -> str:
    return f"FOR SYSTEM_TIME AS OF {moment('TIMESTAMP', at)}"


def _columns(resource: Resource) -> str:
    return ", ".join(quoted(field["name"]) for field in resource["schema"]["fields"])


def _moved_columns(resource: Resource) -> str:
    """Return the columns to insert, with the partition time where no column holds it."""
    names = _columns(resource)
    return f"_PARTITIONTIME, {names}" if is_ingestion_time(resource) else names
