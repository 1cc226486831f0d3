"""What reaches a statement is of its type, and ends no quotation."""

from datetime import UTC, datetime

import pytest

from manifests.errors import SourceUnreadableError
from manifests.sql import literal, moment, quoted

ENDS = ["a`b", "a\\b", "a\nb", "a\rb", "a\x00b", "a\u2028b", "a\u2029b", "a\x85b", "\ud800", ""]
NO_TEXT = [None, 7, True, ["a"], ["x` OR TRUE; DROP TABLE `t"], {"a": 1}, b"a"]


@pytest.mark.parametrize("name", [*ENDS, *NO_TEXT], ids=repr)
def test_what_is_no_name_is_refused(name: object):
    """A list of text looks like text where only the characters are looked at."""
    with pytest.raises(SourceUnreadableError):
        quoted(name)


@pytest.mark.parametrize("text", [*ENDS[1:], "a'b", *NO_TEXT], ids=repr)
def test_what_is_no_literal_is_refused(text: object):
    """A quote could end it."""
    with pytest.raises(SourceUnreadableError):
        literal(text)


def test_what_is_plain_is_quoted():
    """Any other character stays as it is."""
    assert quoted("arena location'é") == "`arena location'é`"
    assert literal("20241231`é") == "'20241231`é'"


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        ("DATE", "DATE '0001-01-01'"),
        ("DATETIME", "DATETIME '0001-01-01 02:03:04'"),
        ("TIMESTAMP", "TIMESTAMP '0001-01-01 02:03:04+00:00'"),
    ],
)
def test_an_instant_says_its_zone(kind: str, written: str):
    """A year has four digits, and a timestamp its offset."""
    assert moment(kind, datetime(1, 1, 1, 2, 3, 4, tzinfo=UTC)) == written
