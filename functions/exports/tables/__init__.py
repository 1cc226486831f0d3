"""Backs up tables of BigQuery."""
