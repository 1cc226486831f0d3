"""Looks at run history in BigQuery, and writes state documents."""
