import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from manifests.catalog import Catalog, load_catalog
from manifests.catalog_drills import DrillRule
from manifests.catalog_operations import Bands, Operations
from manifests.errors import CatalogError, UsageError
from manifests.kinds.resources.table import resource_type
from manifests.kinds.tables.kind import TABLES
from manifests.parts import PARTS
from manifests.protected import to_be_shown
from tests.standin.platform.services.serviceusage import ENABLED_AT_FIRST

WHOLE = {"dataset": "lake", "tables": "all", "group": "raw"}


def valid() -> dict[str, Any]:
    """Return a small catalog."""
    return {
        "platform": "basketball",
        "location": "us-west2",
        "full_every_days": 7,
        "retention": {"keep_days": 35, "keep_at_least": 3, "partial_days": 7},
        "protected_projects": ["platform"],
        "tables": [
            {"table": "nba.games", "group": "phase3"},
            {"table": "ref.teams", "group": "reference"},
            {"table": "nba.players", "group": "phase3"},
        ],
    }


def load(tmp_path: Path, content: str) -> Catalog:
    """Load a catalog with this content."""
    path = tmp_path / "catalog.json"
    path.write_text(content)
    return load_catalog(path)


def test_the_shipped_catalog_loads():
    """The catalog in the package protects the platform's critical tables."""
    catalog = load_catalog()
    assert len(catalog.tables) == 13
    assert catalog.platform in catalog.protected_projects


def test_what_is_healthy_is_what_the_platforms_team_called_so():
    """Their bounds are the defaults, and the shipped ones.

    Two are stricter than theirs: they called four fifths of the tables healthy, which hides one that has no
    rows, and nine errors few.
    """
    shipped, default = load_catalog().operations, Operations()
    bounds = {
        "succeeded": Bands(warning=1, critical=0.75),
        "empty_percent": Bands(warning=5, critical=20),
        "days_behind": Bands(warning=2, critical=8),
        "tables": Bands(warning=1, critical=0.5),
        "errors": Bands(warning=1, critical=100),
    }
    for name, wanted in bounds.items():
        assert (getattr(shipped, name), getattr(default, name)) == (wanted, wanted), name
    assert (shipped.workflow_hours, default.workflow_hours) == (6, 6)
    assert len(shipped.workflows) == 5
    assert (shipped.security.most_changes, shipped.security.most_failed) == (5, 100)


def test_the_shipped_catalog_keeps_what_was_asked_for():
    """Runs are kept for 90 days, and partial ones for a week."""
    retention = load_catalog().retention
    assert (retention.keep_days, retention.keep_at_least, retention.partial_days) == (90, 3, 7)


def test_the_shipped_catalog_knows_what_google_enables_by_itself():
    """A new project is not told of services that nobody asked for: each is backed up, or left out."""
    catalog = load_catalog()
    known = {resource_type(entry.type).host for entry in catalog.resources}
    known |= {service for kind in PARTS for service in kind.services}
    known |= {name for decision in catalog.left_out for name in decision.names}
    # The exporter passes over it: it has no content.
    known.add("serviceusage.googleapis.com")
    assert {f"{name}.googleapis.com" for name in ENABLED_AT_FIRST} <= known


def test_datasets_in_order_of_first_mention(tmp_path: Path):
    """Each dataset is named once."""
    catalog = load(tmp_path, json.dumps(valid()))
    assert catalog.dataset_ids == ("nba", "ref")
    assert (catalog.tables[0].dataset_id, catalog.tables[0].table_id) == ("nba", "games")


def test_what_writers_write_to(tmp_path: Path):
    """Datasets are named once, by kind in the order of the kinds; resources are written to by nobody."""
    more = {
        "datasets": [WHOLE],
        "buckets": [{"bucket": "raw-files"}],
        "databases": [{"database": "(default)"}],
        "resources": [{"type": "pubsub/topic"}],
    }
    catalog = load(tmp_path, json.dumps(valid() | more))
    every = ("dataset nba", "dataset ref", "dataset lake", "bucket raw-files", "database (default)")
    assert catalog.written([kind.name for kind in PARTS]) == every
    assert catalog.written(["resources", "buckets"]) == ("bucket raw-files",)


def test_a_missing_catalog_is_told_of(tmp_path: Path):
    """A path that leads nowhere is a mistake of the operator, with a hint."""
    with pytest.raises(CatalogError, match="does not exist") as caught:
        load_catalog(tmp_path / "nowhere.json")
    assert "REBOUND_CATALOG" in caught.value.hint
    assert isinstance(caught.value, UsageError)


def test_a_folder_is_no_catalog(tmp_path: Path):
    """What cannot be read is told of as such."""
    with pytest.raises(CatalogError, match="cannot be read"):
        load_catalog(tmp_path)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"tables:\n - a.b\n", b"\xff\xfe{}", b"1" * 5_000, b"[" * 100_000]
)
def test_what_is_not_json_is_told_of(tmp_path: Path, content: bytes):
    """A file that is no JSON text is named as such."""
    path = tmp_path / "catalog.json"
    path.write_bytes(content)
    with pytest.raises(CatalogError, match="not JSON"):
        load_catalog(path)


def test_a_catalog_with_a_decision_that_nobody_needs_any_more_is_read(tmp_path: Path):
    """A drill of a newer version may show what none did when somebody decided; it is asked for again."""
    text = json.dumps(
        valid() | decided("nba.games") | {"tables": [{"table": "nba.games", "group": "g"}]}
    )
    read = load(tmp_path, text)
    assert read.unneeded_decisions == ("nba.games",)
    day = datetime(2026, 12, 1, tzinfo=UTC)
    assert to_be_shown(read, None, (), now=day) == (("tables", "nba.games"),)


def test_of_decisions_the_one_counts_that_holds():
    """A renewal that begins later hides none."""

    def decision(on: str, until: str) -> dict[str, Any]:
        days = {"decided_on": on, "until": until}
        return {"parts": ["a"], "decided_by": "ada", "why": "x"} | days

    now, later = decision("2026-11-01", "2026-12-31"), decision("2026-12-20", "2027-03-01")
    rule = DrillRule.model_validate({"not_shown": [now, later]})
    held = {
        day: rule.accepts("a", date.fromisoformat(day))
        for day in ("2026-11-30", "2026-12-25", "2027-03-02")
    }
    assert [it and f"{it.until}" for it in held.values()] == ["2026-12-31", "2027-03-01", None]


def decided(part: str, until: str = "2027-03-01") -> dict[str, Any]:
    """Return that somebody decided to live without a drill of a part."""
    on = "2026-11-30"
    decision = {"parts": [part], "decided_by": "ada", "decided_on": on, "until": until, "why": "x"}
    return {"drills": {"not_shown": [decision]}}


@pytest.mark.parametrize(
    ("edit", "where"),
    [
        ({"more": 1}, "more: "),
        ({"tables": []}, "it protects nothing"),
        ({"tables": [{"table": "games", "group": "g"}]}, "tables.0.table: "),
        ({"tables": [{"table": "a.b/../c", "group": "g"}]}, "tables.0.table: "),
        ({"tables": [{"table": "a.b\n", "group": "g"}]}, "tables.0.table: "),
        ({"tables": [{"table": "a.b", "group": "G"}]}, "tables.0.group: "),
        ({"tables": [{"table": "a.b", "group": "g", "x": 1}]}, "tables.0.x: "),
        ({"tables": [{"table": "a.b"}]}, "tables.0.group: "),
        ({"datasets": [WHOLE | {"tables": "some"}]}, "datasets.0.tables: "),
        ({"datasets": [WHOLE | {"exclude": ["a.b"]}]}, "datasets.0.exclude.0: "),
        ({"datasets": [WHOLE, WHOLE]}, "listed more than once: dataset lake"),
        ({"full_every_days": 0}, "full_every_days: "),
        (decided("a.b", until="2027-12-02"), "a decision holds for a year at most"),
        (decided("a.b", until="2026-10-01"), "a decision holds for a year at most"),
        ({"retention": {"keep_days": 0, "keep_at_least": 0, "partial_days": 1}}, "retention."),
        ({"platform": "Basket Ball"}, "platform: "),
        (
            {"tables": [{"table": "a.b", "group": "g"}, {"table": "a.b", "group": "h"}]},
            "listed more than once: a.b",
        ),
    ],
)
def test_a_catalog_that_does_not_hold_together_says_where(
    tmp_path: Path, edit: dict[str, Any], where: str
):
    """Each mistake is named by its place, on one line."""
    with pytest.raises(CatalogError) as caught:
        load(tmp_path, json.dumps(valid() | edit))
    assert where in caught.value.message
    assert "\n" not in caught.value.message


@pytest.mark.parametrize("key", sorted(set(valid()) - {"tables"}))
def test_every_field_has_to_be_there(tmp_path: Path, key: str):
    """What is protected is never guessed."""
    edited = valid()
    del edited[key]
    with pytest.raises(CatalogError, match=f"{key}: Field required"):
        load(tmp_path, json.dumps(edited))


@pytest.mark.parametrize("content", ["[]", "null", '"x"', "7"])
def test_a_catalog_is_an_object(tmp_path: Path, content: str):
    """JSON of another shape is no catalog."""
    with pytest.raises(CatalogError, match="catalog: "):
        load(tmp_path, content)


def test_all_tables_of_a_dataset(tmp_path: Path):
    """All tables of a dataset are protected but those left out; one that is listed stays as it is."""
    more = {"exclude": ["tmp_*", "Games"], "backup": "best effort"}
    listed = {"table": "lake.odds", "group": "odds"}
    catalog = load(tmp_path, json.dumps(valid() | {"tables": [listed], "datasets": [WHOLE | more]}))
    assert catalog.dataset_ids == ("lake",)
    names = ("lake.odds", "lake.games", "lake.Games", "lake.tmp_", "lake.a tmp", "lake2.games")
    protected = [name for name in names if catalog.protects(TABLES, name)]
    assert protected == ["lake.odds", "lake.games", "lake.a tmp"]
    night = catalog.listing(["lake.games", "lake.odds", "lake.tmp_1"])
    assert [(entry.table, entry.group, entry.backup) for entry in night.tables] == [
        ("lake.odds", "odds", "required"),
        ("lake.games", "raw", "best effort"),
    ]


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "UTC", "Mars/Olympus", "", "../UTC", "\0"])
def test_a_time_zone_is_known(tmp_path: Path, zone: str):
    """A zone that nobody knows is refused when the catalog is read, not when it is needed."""
    rebuild = {
        "history": "ref.runs",
        "time_zone": zone,
        "completions": [{"collection": "done", "phase": "p", "processors": ["one"]}],
    }
    content = json.dumps(valid() | {"databases": [{"database": "(default)", "rebuild": rebuild}]})
    if zone in ("UTC", "America/Los_Angeles"):
        load(tmp_path, content)
        return
    with pytest.raises(CatalogError, match="no time zone is called"):
        load(tmp_path, content)
