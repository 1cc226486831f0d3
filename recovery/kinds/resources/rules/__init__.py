"""Decides what happens to the platform's configuration. Pure."""
