"""Asynchronous jobs: query, extract, load, copy."""
