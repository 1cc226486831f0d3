"""Every kind of part is backed up by one exporter."""

from functions.exporters import EXPORTERS
from manifests.parts import PARTS


def test_every_kind_has_its_exporter():
    """None is left out, and none has two; a kind without one would make every run lack it."""
    assert [exporter.kind for exporter in EXPORTERS] == list(PARTS)


def test_an_exporter_without_back_up_is_none():
    """What has to be written is what cannot be inherited."""
    assert all(not exporter.__abstractmethods__ for exporter in EXPORTERS)
