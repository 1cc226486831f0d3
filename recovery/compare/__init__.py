"""What differs between the recovery point and the world. Pure, and failing closed.

What could not be observed counts as different: a comparison never passes for lack of something to
compare.
"""
