"""Statements that differ only in names and instants share a judgment, and no others do."""

from tests.standin.bigquery.googlesql.shape import shape_of

AS_OF = "SELECT a FROM `p.d.t` FOR SYSTEM_TIME AS OF TIMESTAMP '{}'"


def test_instants_share_a_shape():
    """Tables and valid instants are alike."""
    later = AS_OF.format("2026-03-01 12:34:56.789012+00:00").replace("p.d.t", "q.e.t")
    assert shape_of(AS_OF.format("2024-02-29 00:00:00+00:00")).text == shape_of(later).text


def test_what_is_no_instant_keeps_its_text():
    """An instant that does not exist is judged itself, and a text that holds one stays a text."""
    assert "2026-02-30" in shape_of(AS_OF.format("2026-02-30 00:00:00+00:00")).text
    quoting = """SELECT "TIMESTAMP '2024-01-01 00:00:00+00:00'", '2024-01-01 00:00:00+00:00'"""
    assert shape_of(quoting).text == quoting
