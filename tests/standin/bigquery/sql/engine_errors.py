"""What DuckDB raises, as BigQuery's errors."""

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from tests.standin.bigquery.engine.macros import told
from tests.standin.bigquery.errors import BigQueryError, invalid_query

_OVERFLOW = ("Overflow", "out of range", "Out of Range")


@contextmanager
def engine_errors() -> Iterator[None]:
    """Turn what DuckDB raises into BigQuery's errors.

    Raises:
        BigQueryError: DuckDB refused or failed.
    """
    try:
        yield
    except duckdb.InterruptException as error:
        raise BigQueryError("stopped", "Job execution was cancelled: User requested") from error
    except duckdb.Error as error:
        message = told(str(error).split("\n", maxsplit=1)[0])
        if any(sign in message for sign in _OVERFLOW) and "INT64" in message:
            message = f"int64 overflow: {message}"
        raise invalid_query(message) from error
    except (KeyError, AttributeError, NotImplementedError, RecursionError) as error:
        message = f"The stand-in does not understand this statement: {error!r}"
        raise invalid_query(message) from error
