"""Decides what happens to tables, datasets, views and routines. Pure."""
