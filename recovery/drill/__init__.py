"""Drills: a recovery into a sandbox project, through the same code as a real one.

A drill shows that what is stored restores, and that the checks which say so would have told of
damage: what they look for is planted in copies. `rules` decide; what talks to Google Cloud is thin.
"""
