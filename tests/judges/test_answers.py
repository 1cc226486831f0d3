"""The stand-in's SQL answers as Google's reference evaluator does, or refuses."""

from collections.abc import Iterator
from contextlib import closing, suppress
from typing import Any

import pytest
from google.api_core.exceptions import GoogleAPICallError
from google.cloud import bigquery

from tests.judges.answers import google, lines, same, standin
from tests.standin.bigquery.googlesql.library import GoogleSqlError
from tests.standin.cloud import Cloud

_BATCH = 40
_FAMILIES = ("aggregates", "arrays", "dates", "json", "numbers", "texts")


@pytest.fixture
def client(cloud: Cloud) -> Iterator[bigquery.Client]:
    """Return the real client."""
    del cloud  # It has told the environment where it is.
    with closing(bigquery.Client(project="p-judged")) as client:
        yield client


def _columns(expressions: list[str]) -> str:
    columns = ", ".join(f"(SELECT {item}) AS c{at}" for at, item in enumerate(expressions))
    return f"SELECT {columns}"


def _judged(client: bigquery.Client, expression: str) -> str | None:
    """Return how the answers to one expression differ."""
    sql = f"SELECT {expression}"
    return _differing(sql, google(sql), _answer(client, sql))


def _answer(client: bigquery.Client, sql: str) -> Any:  # noqa: ANN401 - rows or an error's text
    try:
        return standin(client, sql)
    except GoogleAPICallError as error:
        return str(error)


def _differing(sql: str, wanted: Any, found: Any) -> str | None:  # noqa: ANN401 - any values
    return None if same(wanted, found) else f"{sql}\n    Google {wanted}\n    here   {found}"


@pytest.mark.parametrize("family", _FAMILIES)
def test_expressions_have_googles_values(client: bigquery.Client, family: str):
    """Awkward values go through every function, in batches; a batch that differs is taken apart."""
    listed = lines(family)
    found: list[str | None] = []
    for at in range(0, len(listed), _BATCH):
        batch = listed[at : at + _BATCH]
        sql = _columns(batch)
        if not same(google(sql), _answer(client, sql)):
            found += [_judged(client, expression) for expression in batch]
            found += [] if any(found) else [f"only together: {sql}"]
    assert not any(found), "\n".join(item for item in found if item)


def test_queries_have_googles_rows(client: bigquery.Client):
    """Names, groups, windows, sets and arrays of a table with awkward rows."""
    found = []
    table = " ".join(lines("games"))
    for query in lines("queries"):
        recursive = query.startswith("WITH RECURSIVE ")
        begun = query.removeprefix("WITH RECURSIVE ")
        sql = f"WITH RECURSIVE {table}, {begun}" if recursive else f"WITH {table} {query}"
        wanted, answer = google(sql), _answer(client, sql)
        if "ORDER BY" not in query and isinstance(answer, list):
            wanted, answer = sorted(wanted, key=repr), sorted(answer, key=repr)
        found.append(_differing(query, wanted, answer))
    assert not any(found), "\n".join(item for item in found if item)


def test_what_google_cannot_compute_fails_here(client: bigquery.Client):
    """An overflow, a division by zero, a text that is no date: an error and no value."""
    answered = []
    for expression in lines("failing"):
        sql = f"SELECT {expression}"
        with pytest.raises(GoogleSqlError):
            google(sql)
        with suppress(GoogleAPICallError):
            answered.append(f"{expression}: {standin(client, sql)}")
    assert not answered, "\n".join(answered)


def test_what_cannot_be_answered_as_google_does_is_refused(client: bigquery.Client):
    """Each is answered by Google, and refused here rather than answered in another way."""
    answered = []
    for expression in lines("refused"):
        sql = f"SELECT {expression}"
        assert google(sql)
        with suppress(GoogleAPICallError):
            answered.append(f"{expression}: {standin(client, sql)}")
    assert not answered, "\n".join(answered)
