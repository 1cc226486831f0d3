"""A table that is gone: what BigQuery's answer says of how it was."""

import pytest

from functions.exports.tables.dropped import is_before_history, never_was
from manifests.errors import CloudError


@pytest.mark.parametrize(
    ("message", "never", "before"),
    [
        ("Not found: Table p:lake.games@1764000000000", True, False),
        ("Not found: Table p.lake.games was not found in location US", True, False),
        ("Not found: Dataset p:rebound_scratch", False, False),
        ("Not found: Table p:lake.other", False, False),
        ("Invalid snapshot time 1 for table p:lake.games. Cannot read before 2", True, True),
        (
            "Table p:lake.games created at time which is before its allowed time travel interval",
            True,
            True,
        ),
        ("Access Denied: Table p:lake.games", False, False),
    ],
)
def test_what_an_answer_says_of_a_table(message: str, *, never: bool, before: bool):
    """That the scratch dataset is missing does not say that the table never was."""
    error = CloudError(message, subject="lake.games")
    assert (never_was(error, "lake.games"), is_before_history(error)) == (never, before)
