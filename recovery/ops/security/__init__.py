"""Looks for unexpected access and changes, and for what endangers the backups themselves."""
