"""Whose the resources of a run are."""

import pytest

from manifests.errors import ManifestAlteredError
from recovery.kinds.resources.rules.planning import check_owner


def names(*projects: str) -> list[str]:
    """Return names of resources in some projects."""
    return [f"projects/{project}/topics/t" for project in projects]


@pytest.mark.parametrize(
    ("found", "asked"), [((), 0), (("p",), 0), (("p", "12"), 1), (("12", "12"), 1)]
)
def test_a_project_has_an_id_and_a_number(found: tuple[str, ...], asked: int):
    """Names have either; the number is asked for where one has it."""
    calls: list[str] = []

    def number() -> str:
        calls.append("12")
        return "12"

    check_owner(names(*found), project="p", number=number)
    assert len(calls) == asked


@pytest.mark.parametrize("found", [("p", "q"), ("p", "12", "13"), ("q", "12"), ("p-1",)])
def test_what_is_of_another_project_is_refused(found: tuple[str, ...]):
    """By its id and by its number."""
    with pytest.raises(ManifestAlteredError, match="of another project"):
        check_owner(names(*found), project="p", number=lambda: "12")


def test_what_is_of_no_project_is_refused():
    """A name that does not say whose it is is none that a list gives."""
    with pytest.raises(ManifestAlteredError, match="of another project"):
        check_owner(["organizations/1/roles/r"], project="p", number=lambda: "12")
