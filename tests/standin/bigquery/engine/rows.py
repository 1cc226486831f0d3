"""Row versions: which rows a table had at an instant, and how rows come and go."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from tests.standin.bigquery.engine.database import Write
from tests.standin.bigquery.engine.entries import LIVE, Entry, Generation
from tests.standin.bigquery.engine.types import (
    BIGNUMERIC,
    Field,
    duckdb_type,
    is_repeated,
    is_required,
    item_of,
    literal,
    quoted,
    too_long,
)
from tests.standin.bigquery.errors import invalid, invalid_query

PARTITION_TIME = "_PARTITIONTIME"
FROM, TO = "_rb_from", "_rb_to"
IS_LIVE = f"{TO} = {LIVE}"
NOW = "rb_now()"
"""The present instant (us) of the stand-in's clock, in DuckDB's SQL."""


def generation_at(entry: Entry, instant: int) -> Generation:
    """Return the stored rows that a table had at an instant (us).

    Raises:
        BigQueryError: The table did not exist then.
    """
    for item in entry.generations:
        if item.start <= instant < item.end:
            return item
    first = min(item.start for item in entry.generations)
    name = ".".join(entry.key)
    raise invalid_query(
        f"Invalid snapshot time {instant // 1000} for table {name}@{instant // 1000}. "
        f"Cannot read before {first // 1000}"
    )


def validity(generation: Generation, instant: int | None = None) -> str:
    """Return the condition of the row versions at an instant (us); None is now."""
    valid = IS_LIVE if instant is None else f"{FROM} <= {instant} AND {instant} < {TO}"
    if not generation.expiry:
        return valid
    return f"{valid} AND coalesce({generation.expiry} > {instant or NOW}, TRUE)"


def column_list(fields: Iterable[Field], *, ingestion: bool = False) -> str:
    """Return quoted column names."""
    names = [quoted(field["name"]) for field in fields]
    return ", ".join([PARTITION_TIME, *names] if ingestion else names) or "NULL"


def select_rows(
    generation: Generation, *, instant: int | None = None, where: str = "", hidden: bool = False
) -> str:
    """Return the SELECT of a generation's rows.

    Args:
        generation: The stored rows.
        instant: The instant (us); None is now.
        where: A further condition in DuckDB's SQL.
        hidden: Whether to give `_PARTITIONTIME` too.
    """
    columns = column_list(generation.fields, ingestion=hidden and generation.ingestion)
    further = f" AND ({where})" if where else ""
    return f"SELECT {columns} FROM {generation.name} WHERE {validity(generation, instant)}{further}"


def new_generation(
    write: Write, fields: list[Field], *, ingestion: bool, expiry: str = ""
) -> Generation:
    """Create the stored form of a new table or of a table's new schema."""
    name = f"g{write.catalog.new_number()}"
    columns = [f"{quoted(field['name'])} {duckdb_type(field)}" for field in fields]
    if ingestion:
        columns.insert(0, f"{PARTITION_TIME} TIMESTAMP WITH TIME ZONE")
    columns += [f"{FROM} BIGINT", f"{TO} BIGINT"]
    write.execute(f"CREATE TABLE {name} ({', '.join(columns)})")
    return Generation(
        name=name, fields=fields, start=write.stamp, ingestion=ingestion, expiry=expiry
    )


def append(write: Write, generation: Generation, select: str, columns: str) -> int:
    """Append the rows of a SELECT, whose columns are named, and return how many.

    Raises:
        BigQueryError: A REQUIRED column would be NULL, or a value is longer than its type.
    """
    count = write.changed_rows(
        f"INSERT INTO {generation.name} ({columns}, {FROM}, {TO}) "
        f"SELECT rb_new.*, {write.stamp}, {LIVE} FROM ({select}) AS rb_new"
    )
    check_constraints(write, generation)
    return count


def check_constraints(write: Write, generation: Generation) -> None:
    """Refuse NULL in REQUIRED columns of what a change wrote, and values longer than their type.

    Raises:
        BigQueryError: There is one.
    """
    broken = [
        (condition, literal(f"Required field {field['name']} cannot be null"))
        for field in generation.fields
        if (condition := _violation(quoted(field["name"]), field))
    ]
    broken += [
        (f"{measure} > {most}", f"replace({literal(said)}, '{{}}', ({measure})::VARCHAR)")
        for field in generation.fields
        for measure, most, said in _measures(quoted(field["name"]), field)
    ]
    if not broken:
        return
    cases = " ".join(f"WHEN {condition} THEN {message}" for condition, message in broken)
    found = write.execute(
        f"SELECT CASE {cases} END AS violated FROM {generation.name} "
        f"WHERE {FROM} = {write.stamp} AND {IS_LIVE} AND violated IS NOT NULL LIMIT 1"
    )
    if found:
        raise invalid(str(found[0][0]))


def _measures(expression: str, field: Field, depth: int = 0) -> Iterator[tuple[str, int, str]]:
    """Return what is measured of a field's values, the most it may be, and what is said of more.

    NUMERIC is not among them: DuckDB's own type minds its digits.
    """
    if is_repeated(field):
        item = f"i{depth}"
        for measure, most, said in _measures(item, item_of(field), depth + 1):
            yield f"list_max(list_transform({expression}, lambda {item}: {measure}))", most, said
    elif field["type"] == "RECORD":
        for child in field["fields"]:
            yield from _measures(f"{expression}.{quoted(child['name'])}", child, depth)
    elif "maxLength" in field:
        length = "octet_length" if field["type"] == "BYTES" else "length"
        yield f"{length}({expression})", int(field["maxLength"]), too_long(field)
    elif field["type"] == "BIGNUMERIC" and "precision" in field:
        precision, scale = int(field["precision"]), int(field.get("scale", 0))
        fitting = f"-?0*[0-9]{{0,{precision - scale}}}([.][0-9]{{0,{scale}}}0*)?"
        text = f"{expression}.{quoted(BIGNUMERIC)}"
        said = f"BIGNUMERIC({precision}, {scale}) does not hold a value that it got"
        yield f"(NOT regexp_full_match({text}, {literal(fitting)}))::INT", 0, said


def _violation(expression: str, field: Field, depth: int = 0) -> str:
    if is_repeated(field):
        item = f"i{depth}"
        inner = _violation(item, item_of(field), depth + 1)
        test = f"{item} IS NULL" + (f" OR {inner}" if inner else "")
        return f"len(list_filter({expression}, lambda {item}: {test})) > 0"
    parts = [f"{expression} IS NULL"] if is_required(field) else []
    for child in field.get("fields", []) if field["type"] == "RECORD" else []:
        inner = _violation(f"{expression}.{quoted(child['name'])}", child, depth)
        if inner:
            parts.append(f"({expression} IS NOT NULL AND ({inner}))")
    return " OR ".join(parts)


def end_rows(write: Write, generation: Generation, where: str = "TRUE") -> int:
    """End the validity of live rows and return how many."""
    return write.changed_rows(
        f"UPDATE {generation.name} SET {TO} = {write.stamp} "
        f"WHERE {validity(generation)} AND ({where})"
    )


def replaced(entry: Entry, write: Write, generation: Generation) -> Entry:
    """Return a table whose rows are a new generation from now on."""
    *earlier, last = entry.generations
    if last.start == write.stamp:
        return replace(entry, generations=(*earlier, generation))
    ended = replace(last, end=write.stamp)
    return replace(entry, generations=(*earlier, ended, generation))
