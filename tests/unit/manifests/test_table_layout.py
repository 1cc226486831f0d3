"""Ids that become part of names of tables, statements and paths."""

import pytest

from manifests.errors import UnsafeNameError
from manifests.kinds.tables import layout as table_layout


@pytest.mark.parametrize("name", ["season", "latest games", "é_ü-1", "試合", "a‿b"])
def test_definitions_may_be_called_what_bigquery_allows(name: str):
    """A view may have a name in any script."""
    table_layout.check_definition_id(name)


@pytest.mark.parametrize(
    "name", ["", " ", "a/b", "..", "a.b", "a`b", "a'b", "a\nb", "a?b", "a#b", "a%2Fb", "a\\b", "☂"]
)
def test_definitions_cannot_leave_their_path(name: str):
    """A view's name ends no path segment and no quotation."""
    with pytest.raises(UnsafeNameError):
        table_layout.check_definition_id(name)


def test_partitions_policies_and_datasets_are_words():
    """Ids that reach statements and paths are plain words."""
    table_layout.check_partition_id("__UNPARTITIONED__")
    table_layout.check_partition_id("-10")
    table_layout.check_policy_id("own_team")
    table_layout.check_dataset_id("nba_2026")
    for check, bad in (
        (table_layout.check_partition_id, "x') OR ('1'='1"),
        (table_layout.check_policy_id, "a/../b"),
        (table_layout.check_dataset_id, "../other"),
    ):
        with pytest.raises(UnsafeNameError):
            check(bad)
