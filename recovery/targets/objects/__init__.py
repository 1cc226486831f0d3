"""Buckets and objects as a recovery observes and writes them."""
