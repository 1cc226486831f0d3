"""Looks at buckets in Google Cloud, and writes them."""
