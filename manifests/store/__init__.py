"""Reading and writing the documents of a run: write-once, manifest last, failing closed."""
