"""REST resources: datasets, tables, rows, routines, row access policies."""
