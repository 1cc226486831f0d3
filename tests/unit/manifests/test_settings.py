"""Settings that would make Rebound keep, or protect, its own things are refused when they are read."""

import pytest

from functions.settings import Settings as FunctionSettings
from manifests.errors import CatalogError, UsageError
from manifests.settings import read_settings
from recovery.settings import Settings
from tests.unit.samples import catalog

GOOD = {"PROJECT": "platform", "VAULT_BUCKET": "a-vault", "LANDING_BUCKET": "a-landing"}


def read(monkeypatch: pytest.MonkeyPatch, **changes: str) -> tuple[FunctionSettings, Settings]:
    """Read the settings of both sides from such an environment."""
    for name, value in {**GOOD, **changes}.items():
        monkeypatch.setenv(f"REBOUND_{name}", value)
    return read_settings(FunctionSettings), read_settings(Settings)


def test_good_settings_are_read(monkeypatch: pytest.MonkeyPatch):
    """Different things have different names."""
    assert read(monkeypatch)[1].undo_dataset == "rebound_undo"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"LANDING_BUCKET": "a-vault"},
            "REBOUND_VAULT_BUCKET and REBOUND_LANDING_BUCKET name one bucket",
        ),
        (
            {"UNDO_DATASET": "Rebound_Scratch"},
            "REBOUND_SCRATCH_DATASET and REBOUND_UNDO_DATASET name one dataset",
        ),
        ({"LEASE_SECONDS": "86400"}, "REBOUND_LEASE_SECONDS is wrong"),
        ({"PROJECT": "a`b"}, "REBOUND_PROJECT is wrong"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(
    monkeypatch: pytest.MonkeyPatch, changes: dict[str, str], told: str
):
    """Nothing is written before."""
    with pytest.raises(UsageError, match=told):
        read(monkeypatch, **changes)


@pytest.mark.parametrize("own", ["nba", "NBA"])
def test_what_rebound_works_in_is_not_protected(own: str):
    """A protected dataset is no scratch, whose tables expire, and a vault protects no vault."""
    protected = catalog(buckets=[{"bucket": "a-vault"}])
    protected.check_apart(buckets=("another",), datasets=("another",))
    with pytest.raises(CatalogError, match="backups are kept there"):
        protected.check_apart(buckets=("a-vault",), datasets=())
    with pytest.raises(CatalogError, match="Rebound's own tables"):
        protected.check_apart(buckets=(), datasets=(own,))
