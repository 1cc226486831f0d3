"""What a recovery would do, and why. Pure: models in, models out.

The plan is the whole decision. Executing it adds nothing, except that what turns out to be done
already is not done again.
"""
