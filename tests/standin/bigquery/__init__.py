"""A local BigQuery: the REST API over DuckDB. See README.md for what differs from the real one."""
