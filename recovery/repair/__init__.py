"""Repairs of single tables: what a job, or somebody in a while, did wrongly to rows is taken back, and nothing else."""
