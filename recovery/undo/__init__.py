"""The way back: what a recovery replaced is put back, and what it made is removed again.

A thing goes back only where nobody wrote it since the recovery: what somebody wrote is never lost, and
the plan says which things it keeps from going back. `rules` decide; what talks to Google Cloud is thin.
"""
