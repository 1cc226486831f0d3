"""Google's discovery documents as the judge of every JSON request and every JSON answer.

`documents` knows the methods of an API, `schemas` makes a check of each schema, and `middleware`
holds what passes through a stand-in against them. What does not fit is written to `reported`, for
the test that is running to fail with.
"""
