"""What a table's resource says about its rows: counts, sizes, change time, etag."""

import base64
import hashlib

from tests.standin.bigquery.engine.database import Connection, Write
from tests.standin.bigquery.engine.entries import LIVE, Entry
from tests.standin.bigquery.engine.types import Field, quoted

_SAMPLE_ROWS = 10_000
_FIXED_BYTES = {
    "INTEGER": 8,
    "FLOAT": 8,
    "BOOLEAN": 1,
    "NUMERIC": 16,
    "BIGNUMERIC": 32,
    "DATE": 8,
    "TIME": 8,
    "DATETIME": 8,
    "TIMESTAMP": 8,
    "INTERVAL": 16,
    "RANGE": 16,
}
_TEXT = ("STRING", "JSON")


def etag_of(*parts: object) -> str:
    """Return an etag that differs when any part does."""
    digest = hashlib.md5(repr(parts).encode(), usedforsecurity=False).digest()
    return base64.b64encode(digest).decode()


def stamped(entry: Entry, stamp: int) -> Entry:
    """Return an entry with its change time and etag moved to an instant (us)."""
    return entry.with_resource(
        lastModifiedTime=str(stamp // 1000), etag=etag_of(entry.key, entry.number, stamp)
    )


def measured(entry: Entry, write: Write) -> Entry:
    """Return a table with its counts, sizes, change time and etag brought up to date."""
    rows, size = size_of(write.connection, entry.rows.name, entry.fields, f"_rb_to = {LIVE}")
    kept = "numLongTermBytes", "numLongTermLogicalBytes"
    return stamped(
        entry.with_resource(
            numRows=str(rows),
            numBytes=str(size),
            numTotalLogicalBytes=str(size),
            numActiveLogicalBytes=str(size),
            **dict.fromkeys(kept, "0"),
        ),
        write.stamp,
    )


def size_of(connection: Connection, table: str, fields: list[Field], where: str) -> tuple[int, int]:
    """Count rows exactly and estimate their logical bytes from the first ones."""
    widths = " + ".join(_width(field) for field in fields) or "0"
    sample = f"SELECT * FROM {table} WHERE {where} LIMIT {_SAMPLE_ROWS}"
    count, mean = connection.execute(f"SELECT count(*), avg({widths}) FROM ({sample})").fetchall()[
        0
    ]
    if count == _SAMPLE_ROWS:
        count = connection.execute(f"SELECT count(*) FROM {table} WHERE {where}").fetchall()[0][0]
    return int(count), max(int(count), round(count * (mean or 0)))


def _width(field: Field) -> str:
    name = quoted(field["name"])
    if field.get("mode") != "REPEATED":
        if field["type"] in _TEXT:
            return f"coalesce(strlen({name}) + 2, 0)"
        if field["type"] == "BYTES":
            return f"coalesce(octet_length({name}) + 2, 0)"
        if field["type"] in _FIXED_BYTES:
            return f"CASE WHEN {name} IS NULL THEN 0 ELSE {_FIXED_BYTES[field['type']]} END"
    return f"coalesce(strlen({name}::VARCHAR), 0)"
