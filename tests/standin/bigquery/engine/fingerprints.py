"""FARM_FINGERPRINT, computed by Google's FarmHash: the values are those of BigQuery."""

import duckdb
import farmhash
import pyarrow as pa
from duckdb.func import ARROW


def create_fingerprints(connection: duckdb.DuckDBPyConnection) -> None:
    """Define `farm_text` and `farm_bytes`, which take whole columns at a time."""
    for name, kind in (("farm_text", "VARCHAR"), ("farm_bytes", "BLOB")):
        connection.create_function(name, _fingerprints, [kind], "BIGINT", type=ARROW)


def _fingerprints(values: pa.ChunkedArray) -> pa.Array:
    # FarmHash is unsigned, BigQuery's integer is the same 64 bits with a sign.
    found = [farmhash.fingerprint64(value) for value in values.to_pylist()]
    return pa.array(found, pa.uint64()).view(pa.int64())
