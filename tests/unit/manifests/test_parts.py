"""Every kind of part has its place in the manifest, in the catalog and among the names."""

from typing import Any

import pytest

from manifests.catalog import Catalog
from manifests.errors import UnsafeNameError
from manifests.kind import PartKind
from manifests.model.run import Manifest
from manifests.parts import PARTS, part_kind
from tests.unit.samples import RUN, manifest


@pytest.mark.parametrize("kind", PARTS, ids=lambda kind: kind.name)
class TestKind:
    """One kind of part."""

    def test_it_has_its_fields(self, kind: PartKind[Any]):
        """Manifest and catalog have a field of its name, and an earlier run has none of it."""
        for model in (Manifest, Catalog):
            assert not model.model_fields[kind.name].is_required() or kind.name == "tables"
        assert isinstance(manifest().parts(kind), tuple)
        assert part_kind(kind.name) is kind

    @pytest.mark.parametrize("name", ["..", "a/b", "", "a\nb", "x" * 3000])
    def test_a_name_stays_in_its_folder(self, kind: PartKind[Any], name: str):
        """What could lead out of the folder is the name of nothing."""
        with pytest.raises(UnsafeNameError):
            kind.receipt_name(RUN, name)


def test_kinds_are_told_apart():
    """By name, by noun, by label and by model."""
    for told in ("name", "noun", "label", "model"):
        assert len({getattr(kind, told) for kind in PARTS}) == len(PARTS)


def test_a_manifest_goes_through_its_parts():
    """Each with its kind; one that is formed anew takes the place of the old, None of none."""
    whole = manifest()
    assert [part.name for _, part in whole.every_part] == [item.name for item in whole.tables]
    first = whole.tables[0]
    left = whole.each(lambda _, part: None if part is first else part)
    assert left.tables == whole.tables[1:]
    assert left.model_copy(update={"tables": whole.tables}) == whole
