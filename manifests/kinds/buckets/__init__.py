"""Buckets of Cloud Storage, as a run stores them."""
