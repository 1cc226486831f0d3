"""A local BigQuery: an HTTP server that the real clients talk to."""
