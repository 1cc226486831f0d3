"""Judges what was looked at. Pure: values in, problems out."""
