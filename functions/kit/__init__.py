"""The kit of a run: what restores it with `bq` and `gcloud` alone, where there is no Rebound.

Pure but for `writing`: what a kit holds follows from a manifest and the files of its resources.
"""
