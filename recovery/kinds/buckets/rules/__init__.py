"""Decides what happens to buckets. Pure."""
