"""Settings that would make Rebound keep, or protect, its own things are refused when they are read."""

import os
from pathlib import Path

import pytest

from functions.settings import FunctionSettings
from manifests.errors import CatalogError, UsageError
from manifests.settings import read_settings
from recovery.settings import Settings
from recovery.settings_file import read_settings_file, told_settings
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
        (
            {"SECOND_BUCKET": "a-landing"},
            "REBOUND_SECOND_BUCKET and REBOUND_LANDING_BUCKET name one bucket",
        ),
        (
            {"SECOND_BUCKET": "a-vault"},
            "REBOUND_VAULT_BUCKET and REBOUND_SECOND_BUCKET name one bucket",
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


def test_who_recovers_may_read_the_second_place(monkeypatch: pytest.MonkeyPatch):
    """The command takes it in the place of a vault that is lost; a function writes both."""
    for name, value in {**GOOD, "SECOND_BUCKET": "a-vault"}.items():
        monkeypatch.setenv(f"REBOUND_{name}", value)
    second = read_settings(Settings)
    assert (second.place, second.own_buckets) == ("configuration", ("a-vault", "a-landing"))
    monkeypatch.setenv("REBOUND_SECOND_BUCKET", "a-second")
    both = read_settings(Settings)
    assert (both.place, both.own_buckets) == ("", ("a-vault", "a-landing", "a-second"))


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Return a folder to run in, with nothing set."""
    for name in [*os.environ]:
        if name.startswith("REBOUND_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_file_says_what_the_environment_does_not(alone: Path, monkeypatch: pytest.MonkeyPatch):
    """The environment wins; a file that is named wins over the one that lies there."""
    lines = 'project = "platform"\nvault_bucket = "a-vault"\nundo_days = 9\n'
    (alone / "rebound.toml").write_text(lines)
    with pytest.raises(UsageError, match="REBOUND_LANDING_BUCKET is not set"):
        read_settings(Settings)
    monkeypatch.setenv("REBOUND_LANDING_BUCKET", "a-landing")
    assert read_settings(Settings).undo_days == 9
    monkeypatch.setenv("REBOUND_UNDO_DAYS", "3")
    assert read_settings(Settings).undo_days == 3
    (alone / "ü.toml").write_text(lines.replace("platform", "another"))
    monkeypatch.setenv("REBOUND_SETTINGS", "ü.toml")
    assert read_settings(Settings).project == "another"
    said = read_settings_file(alone / "ü.toml", Settings.model_fields)
    told = {
        item.variable: item
        for item in told_settings(Settings.model_fields, os.environ, said, "ü.toml")
    }
    assert told["REBOUND_PROJECT"][1:] == ("another", "ü.toml")
    assert told["REBOUND_UNDO_DAYS"][1:] == ("3", "environment")
    assert told["REBOUND_UNDO_DATASET"][1:] == ("rebound_undo", "default")
    with pytest.raises(UsageError, match="is not set"):
        read_settings(FunctionSettings)


@pytest.mark.parametrize("name", ["api_endpoint", "operator_keys", "trusted_keys"])
def test_a_file_that_lies_there_says_not_whom_to_believe(
    alone: Path, monkeypatch: pytest.MonkeyPatch, name: str
):
    """It may have come with an archive; the operator's token goes where the environment says."""
    for variable, value in GOOD.items():
        monkeypatch.setenv(f"REBOUND_{variable}", value)
    file = alone / "rebound.toml"
    file.write_text(f'{name} = "http://evil.example"')
    with pytest.raises(
        UsageError, match=f"{name}: only a file that REBOUND_SETTINGS names"
    ) as told:
        read_settings(Settings)
    assert f"REBOUND_SETTINGS={file}" in told.value.hint
    file.write_text('api_endpoint = "http://mine.example"')
    monkeypatch.setenv("REBOUND_SETTINGS", str(file))
    assert read_settings(Settings).api_endpoint == "http://mine.example"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('webhook_url = "https://a/secret"', "no setting is called webhook_url"),
        ("project = ", "is no TOML"),
        ('undo_days = "many"', "REBOUND_UNDO_DAYS is wrong"),
        (None, "cannot be read"),
    ],
)
def test_a_file_that_says_something_else_is_refused(
    alone: Path, monkeypatch: pytest.MonkeyPatch, text: str | None, why: str
):
    """A secret has no place in it, and a name that is misspelt would be silence."""
    for name, value in GOOD.items():
        monkeypatch.setenv(f"REBOUND_{name}", value)
    monkeypatch.setenv("REBOUND_SETTINGS", str(alone / "my.toml"))
    if text is not None:
        (alone / "my.toml").write_text(text)
    with pytest.raises(UsageError, match=why):
        read_settings(Settings)
