"""The way back: what a recovery replaced is put back, and what it made is removed again.

Only where nobody wrote since: a newer write is never lost, and the plan says which things it keeps
from going back. `rules` decide; what talks to Google Cloud is thin.
"""
