"""Which pages the runbooks are."""

from pathlib import Path

from recovery.runbooks import page_digests


def test_a_page_that_changed_has_another_digest(tmp_path: Path):
    """Every page of every folder has one, and nothing else has."""
    (tmp_path / "alerts").mkdir()
    for name in ("a.md", "alerts/b.md", "contacts.json"):
        (tmp_path / name).write_text(name)
    before = page_digests(tmp_path)
    assert list(before) == ["a.md", "alerts/b.md"]
    (tmp_path / "alerts" / "b.md").write_text("changed")
    after = page_digests(tmp_path)
    assert (before["a.md"] == after["a.md"], before["alerts/b.md"] == after["alerts/b.md"]) == (
        True,
        False,
    )
