"""What differs between the recovery point and the world. Pure, and failing closed.

What could not be observed differs: a comparison never passes because there was nothing to compare.
"""
