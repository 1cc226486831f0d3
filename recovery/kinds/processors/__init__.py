"""Dates that a processor of the platform missed, brought back by running it again."""
