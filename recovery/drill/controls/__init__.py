"""Damage that a drill plants in copies: each check that says all is well has to tell of some.

Before anything is planted the same check looks at the copy and has to find nothing: what is told
afterwards is told of the damage.
"""
