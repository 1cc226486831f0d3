"""Backs up buckets of Cloud Storage."""
