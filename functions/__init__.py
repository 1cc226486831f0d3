"""The nightly backup: one HTTP call in, one complete run out.

`main` is the entry point, `run` the course of one run, `exports` what is done for each table,
`sources` what is read from the platform. Nothing here knows the recovery side; the two meet in
`manifests`.
"""
