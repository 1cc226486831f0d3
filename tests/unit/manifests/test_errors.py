import re
from collections.abc import Iterator

import pytest

from manifests import errors
from manifests.errors import ReboundError


def classes(parent: type[ReboundError] = ReboundError, depth: int = 0) -> Iterator[tuple[int, str]]:
    """Yield the depth and name of every error, parents first."""
    yield depth, parent.__name__
    for child in parent.__subclasses__():
        yield from classes(child, depth + 1)


ALL = [
    value
    for value in vars(errors).values()
    if isinstance(value, type) and issubclass(value, ReboundError)
]


def test_the_tree_in_the_docstring_is_the_tree():
    """The documented tree of errors shows each class under its parent, with its exit code."""
    drawn = re.findall(
        r"^    ([\u2502\u251c\u2514\u2500 ]*)(\w+Error) *(\d*)", errors.__doc__ or "", re.MULTILINE
    )
    assert [(len(lead) // 4, name) for lead, name, _ in drawn] == list(classes())
    for _, name, code in drawn:
        found = getattr(errors, name)
        expected = code or str(found.__bases__[0].exit_code)
        assert str(found.exit_code) == expected


def test_an_exit_code_has_one_meaning():
    """Each exit code begins at one class; only its subclasses share it."""
    first: dict[int, type[ReboundError]] = {}
    for error in ALL:
        owner = first.setdefault(error.exit_code, error)
        assert issubclass(error, owner)
    assert sorted(first) == list(range(1, 12))


@pytest.mark.parametrize("error", ALL, ids=lambda error: error.__name__)
def test_each_error_is_documented_and_no_success(error: type[ReboundError]):
    """Each class says what it means, ends in Error, and is no success to a shell or over HTTP."""
    assert error.__doc__
    assert error.__name__.endswith("Error")
    assert 0 < error.exit_code < 130
    assert 400 <= error.http_status < 600


@pytest.mark.parametrize("error", ALL, ids=lambda error: error.__name__)
def test_an_error_says_all_it_knows(error: type[ReboundError]):
    """What happened, to what, what to do next and whether a retry can help, as plain values."""
    raised = error("it broke", subject="nba.games", hint="try again", retryable=True)
    assert str(raised) == "nba.games: it broke"
    assert raised.as_json() == {
        "error": error.__name__,
        "message": "it broke",
        "subject": "nba.games",
        "hint": "try again",
        "retryable": True,
        "exit_code": error.exit_code,
    }
    assert error("it broke", retryable=False).retryable is False
    assert error("it broke").retryable is error.default_retryable
    assert str(error("it broke")) == "it broke"


def test_damage_and_refusals_are_not_retried_by_themselves():
    """A scheduler never repeats what another try cannot change."""
    retried = {error.__name__ for error in ALL if error.default_retryable}
    assert retried == {
        "RunInProgressError",
        "PartialError",
        "LeaseLostError",
        "MisconfiguredError",
    }
