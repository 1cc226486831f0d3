"""Names that are made of names have room."""

import pytest

from recovery.naming import bounded


@pytest.mark.parametrize("name", ["x" * 1000, "ü" * 500, "\U0001f3c0" * 250])
def test_names_that_are_made_of_names_are_bounded(name: str):
    """A name that has no room behind the folder is cut, and still tells objects apart."""
    folder = "undo/gcs-bucket-corruption-20261124T080000Z-abcd/raw/"
    made, other = bounded(folder, name), bounded(folder, f"{name}!")
    assert made.startswith(f"{folder}{name[:100]}")
    assert max(len(made.encode()), len(other.encode())) <= 1024
    assert made != other
    assert bounded(folder, "short") == f"{folder}short"
