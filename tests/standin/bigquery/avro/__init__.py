"""Avro as BigQuery writes it in extract jobs and reads it in load jobs.

Rows cross between the SQL engine and Avro as one Parquet (or Arrow IPC) file. In it INT64 is int64,
FLOAT64 double, BOOL bool, STRING, JSON, GEOGRAPHY and INTERVAL text, BIGNUMERIC decimal text
without an exponent, BYTES binary, NUMERIC decimal128 with the field's precision and scale (38, 9
when it names none), DATE date32, TIME time64[us], DATETIME timestamp[us], TIMESTAMP
timestamp[us, UTC], RECORD a struct and a REPEATED field a list.

The rules are those of BigQuery's pages "Export table data" and "Load Avro data from Cloud Storage".
"""

from tests.standin.bigquery.avro.errors import AvroRefusedError
from tests.standin.bigquery.avro.extract import WrittenFile, write_files
from tests.standin.bigquery.avro.fields import arrow_type, avro_schema
from tests.standin.bigquery.avro.load import read_files
from tests.standin.bigquery.avro.rules import LoadRules

__all__ = [
    "AvroRefusedError",
    "LoadRules",
    "WrittenFile",
    "arrow_type",
    "avro_schema",
    "read_files",
    "write_files",
]
