"""Avro as BigQuery writes it in extract jobs and reads it in load jobs.

Rows cross between the SQL engine and Avro as one Parquet (or Arrow IPC) file. In it INT64 is int64,
FLOAT64 double, BOOL bool, STRING, JSON, GEOGRAPHY and INTERVAL text, BIGNUMERIC decimal text
without an exponent, BYTES binary, NUMERIC decimal128 with the field's precision and scale (38, 9
when it names none), DATE date32, TIME time64[us], DATETIME timestamp[us], TIMESTAMP
timestamp[us, UTC], RECORD a struct and a REPEATED field a list.

The rules are those of BigQuery's pages "Export table data" and "Load Avro data from Cloud Storage".
"""
