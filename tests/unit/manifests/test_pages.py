"""Every list is followed to its end by one helper."""

from collections.abc import Callable
from typing import Any

import pytest

from manifests.cloud.pages import pages
from manifests.values import Resource


@pytest.mark.parametrize(
    ("again", "names_next"),
    [
        ("pageToken", lambda token: {"nextPageToken": token}),
        ("continue", lambda token: {"metadata": {"continue": token}}),
    ],
)
def test_a_list_is_followed_to_its_end(again: str, names_next: Callable[[str], Resource]):
    """A page that is empty is not the last; each is asked for with the first's parameters."""
    answers = {None: {"items": [1]} | names_next("a"), "a": names_next("b"), "b": {"items": [2]}}
    asked: list[dict[str, Any]] = []

    def ask(query: dict[str, Any]) -> Resource:
        asked.append(query)
        return answers[query.get(again)]

    found = list(pages(ask, {"size": 1}, again=again))
    assert [item for page in found for item in page.get("items", ())] == [1, 2]
    assert asked == [{"size": 1}, {"size": 1, again: "a"}, {"size": 1, again: "b"}]


def test_what_is_no_page_ends_a_list():
    """A service that is not enabled has no list."""
    assert list(pages(lambda _: None, {})) == []
