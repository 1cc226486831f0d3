"""What Cloud Asset Inventory calls what runs hold."""

from manifests.kinds.resources.assets import ASSETS, UNKNOWN, covered_assets
from manifests.kinds.resources.table import TYPES
from tests.standin.platform.services.cloudasset import known_types


def test_every_type_is_called_something_or_is_not_in_the_inventory():
    """A new row of the table has to say what the inventory calls it."""
    names = {kind.name for kind in TYPES}
    assert names == ASSETS.keys() | UNKNOWN
    assert not ASSETS.keys() & UNKNOWN
    for name, assets in ASSETS.items():
        (kind,) = (it for it in TYPES if it.name == name)
        assert kind.name == "bigquery/transfer" or all(it.startswith(kind.host) for it in assets)


def test_what_the_catalog_leaves_out_is_not_covered():
    """Only what a type that is named has is covered, and what data is made of."""
    covered = covered_assets({"run/service"})
    assert {"run.googleapis.com/Revision", "bigquery.googleapis.com/Table"} <= covered
    assert "run.googleapis.com/Job" not in covered
    everything = covered_assets(ASSETS.keys())
    assert known_types() - everything == {
        "artifactregistry.googleapis.com/DockerImage",
        "artifactregistry.googleapis.com/Repository",
        "pubsub.googleapis.com/Snapshot",
    }
