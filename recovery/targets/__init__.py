"""The thin side that reads and writes Google Cloud for a recovery."""
