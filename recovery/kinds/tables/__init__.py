"""BigQuery: tables, with their datasets, views and routines."""
