"""Cloud Storage: buckets, with their objects."""
