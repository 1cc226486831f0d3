"""A deterministic platform to back up: the same scale always gives the same content.

Each function fills one service through Google's own client, or session, which the environment points
at it.
"""
