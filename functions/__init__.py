"""The nightly backup: one HTTP call in, one complete run out.

`main` is the entry point, `run` the course of one run, `parts` its parts in flight, `exports` what
is done for each table, bucket and database. Nothing here knows the recovery side; the two meet in
`manifests`.
"""
