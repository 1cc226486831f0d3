"""From options to a request: what says nothing to a scenario is refused."""

from datetime import UTC, datetime
from typing import Any

import pytest

from manifests.errors import UsageError
from manifests.kinds.buckets.catalog import CatalogBucket
from manifests.kinds.databases.catalog import CatalogDatabase
from recovery.options.asked import Options
from recovery.request import Request
from tests.unit.samples import catalog

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
CATALOG = catalog()


def request(scenario_name: str, **given: Any) -> Request:  # noqa: ANN401 - options of any type
    """Return the request that some options make."""
    return Options.given(given).request(scenario_name, CATALOG, project="platform", now=NOW)


@pytest.mark.parametrize(
    "given",
    [
        {"at": "2026-11-24T09:00Z"},
        {"run": "night"},
        {"exact": True},
        {"collection": ("c",)},
        {"document": ("c/d",)},
    ],
    ids=str,
)
def test_rebuild_reads_no_backup(given: dict[str, Any]):
    """An option about a backup is refused beside `--rebuild`, and taken without it."""
    name = next(iter(given))
    with pytest.raises(UsageError) as refused:
        request("firestore-state-loss", rebuild=True, **given)
    assert f"`--{name}` says nothing to `--rebuild`" in refused.value.message
    request("firestore-state-loss", **given)


def test_triggers_are_those_of_the_protected_project():
    """A copy elsewhere starts nothing of it; one beside the original what is started there."""
    triggers = {"(default)": ("on-completion",)}
    databases = (CatalogDatabase(database="(default)", triggers=triggers["(default)"]),)
    catalog = CATALOG.model_copy(update={"databases": databases})
    for target, expected in (
        ({}, triggers),
        ({"into_database": "copy-of-it"}, triggers),
        ({"into_project": "platform"}, triggers),
        ({"into_project": "elsewhere"}, {}),
    ):
        asked = Options.given(target)
        made = asked.request("firestore-state-loss", catalog, project="platform", now=NOW)
        assert made.triggers == expected


def test_buckets_of_another_project_have_another_name():
    """Bucket names are global: the project alone would have the recovery write to those that are live."""
    catalog = CATALOG.model_copy(update={"buckets": (CatalogBucket(bucket="raw-files"),)})

    def ask(scenario_name: str, **given: str) -> Request:
        options = Options.given({"into_project": "elsewhere", **given})
        return options.request(scenario_name, catalog, project="platform", now=NOW)

    for name in ("gcs-bucket-corruption", "complete-outage"):
        with pytest.raises(UsageError, match="`--into-project` needs `--into-bucket`"):
            ask(name)
    assert ask("gcs-bucket-corruption", into_bucket="copy").target.bucket == "copy"
    assert ask("complete-outage", into_bucket_prefix="dr-").target.bucket_name("raw") == "dr-raw"
    assert ask("bigquery-dataset-loss").target.project == "elsewhere"


def test_rebuild_takes_what_it_can_use():
    """A database, another target and the rate make sense without a backup, too."""
    asked = request(
        "firestore-state-loss",
        rebuild=True,
        database=("(default)",),
        into_database="copy-of-it",
        unthrottled=True,
        overwrite=("*",),
    )
    assert asked.target.database == "copy-of-it"
    assert asked.point_was_named


@pytest.mark.parametrize(
    ("scenario_name", "given"),
    [
        ("gcs-bucket-corruption", {"into_prefix": "drill_"}),
        ("gcs-bucket-corruption", {"rebuild": True}),
        ("firestore-state-loss", {"into_bucket": "other-bucket"}),
        ("bigquery-dataset-loss", {"into_database": "copy-of-it"}),
    ],
)
def test_options_of_another_scenario(scenario_name: str, given: dict[str, Any]):
    """An option of another service is refused: ignoring it could hit what is live."""
    option = next(iter(given)).replace("_", "-")
    with pytest.raises(UsageError, match=f"`--{option}` says nothing to {scenario_name}"):
        request(scenario_name, **given)
