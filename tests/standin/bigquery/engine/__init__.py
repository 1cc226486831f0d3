"""Stored rows and resources: one DuckDB file, row versions, write locks."""
