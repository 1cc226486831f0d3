"""GoogleSQL read with sqlglot, rewritten for DuckDB."""
