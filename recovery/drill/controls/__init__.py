"""Plants damage in copies: each check that calls all well has to detect some of it.

The same check looks at the copy before, and has to find nothing: so what it finds afterwards is the
damage.
"""
