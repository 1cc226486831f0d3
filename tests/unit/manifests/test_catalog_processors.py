"""What the catalog may say about processors."""

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from manifests.catalog import load_catalog
from manifests.catalog_processors import Processors
from tests.integration.processors.platform import processors


def changed(section_name: str, number: int, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Return the section with one entry of one list changed."""
    section = processors()
    section[section_name][number] |= changes
    return section


def test_the_shipped_services_are_asked_as_the_platform_takes_it():
    """Each phase has its own address and fields, one date and one processor a request, and few at once.

    Phase 3 is asked to tell nobody, so that no later phase runs by itself.
    """
    rules = load_catalog().processors
    assert rules is not None
    asked = {
        item.name: (item.path, item.request("P", date(2026, 1, 3)), item.parallel)
        for item in rules.services
    }
    day = "2026-01-03"
    assert asked == {
        "phase3": (
            "/process-date-range",
            {
                "start_date": day,
                "end_date": day,
                "processors": ["P"],
                "backfill_mode": True,
                "skip_downstream_trigger": True,
            },
            6,
        ),
        "phase4": (
            "/process-date",
            {
                "analysis_date": day,
                "processors": ["P"],
                "backfill_mode": True,
                "strict_mode": False,
                "skip_dependency_check": False,
            },
            3,
        ),
    }
    keys = {item.name: item.api_key_variable for item in rules.services}
    assert keys == {"phase3": "NBA_ANALYTICS_API_KEY", "phase4": None}


def test_the_shipped_processors_follow_their_phases():
    """Nothing runs before what it reads; the feature store is last."""
    rules = load_catalog().processors
    assert rules is not None
    waves = [[item.name for item in wave] for wave in rules.waves()]
    assert "team_offense_game_summary" in waves[0]
    assert "team_defense_game_summary" in waves[0]
    assert waves[1] == ["player_game_summary"]
    assert waves[2:] == [
        ["team_defense_zone_analysis", "player_shot_zone_analysis"],
        ["player_daily_cache"],
        ["player_composite_factors"],
        ["ml_feature_store"],
    ]


def test_the_shipped_calendar_has_the_platforms_dates():
    """The four whole seasons leave room for the 845 dates that were counted."""
    rules = load_catalog().processors
    assert rules is not None
    whole = [item for item in rules.seasons if item.last < date(2025, 7, 1)]
    assert [item.name for item in whole] == ["2021-22", "2022-23", "2023-24", "2024-25"]
    days = sum(
        (item.last - item.first).days + 1 - sum((p.last - p.first).days + 1 for p in item.pauses)
        for item in whole
    )
    assert 845 <= days <= 1000


def test_every_season_pauses_for_its_all_stars():
    """From a Friday to the Tuesday after it at least, in the middle of February; where more is not known, no more."""
    rules = load_catalog().processors
    assert rules is not None
    for season in rules.seasons:
        (pause,) = season.pauses
        assert (pause.first.weekday(), pause.last.weekday() in (1, 2)) == (4, True)
        assert (pause.last - pause.first).days in (4, 5)
        assert pause.first.month == pause.last.month == 2
        assert pause.first in season
    newest = rules.seasons[-1]
    assert (newest.name, newest.pauses[0].last) == ("2026-27", date(2027, 2, 23))
    assert "provisional" in newest.source


def test_a_request_names_the_date_and_the_processor():
    """What stands for them is filled in, however deep."""
    service = Processors.model_validate(processors()).services[0]
    assert service.request("TeamsProcessor", date(2024, 10, 22)) == {
        "start_date": "2024-10-22",
        "end_date": "2024-10-22",
        "processors": ["TeamsProcessor"],
    }


@pytest.mark.parametrize(
    ("section", "why"),
    [
        (changed("services", 0, url="http://phase.example"), "url"),
        (changed("services", 0, url="https://phase.example/?key=x"), "url"),
        (changed("services", 0, body={"day": "{date}"}), "processor"),
        (changed("services", 1, name="phase3"), "more than once"),
        (changed("processors", 1, name="teams"), "more than once"),
        (changed("processors", 0, service="phase9"), "phase9"),
        (changed("processors", 0, after=["nobody"]), "nobody"),
        (changed("processors", 0, after=["players"]), "wait for each other"),
        (changed("processors", 0, key=["a` OR TRUE"]), "key"),
        (changed("processors", 0, most_empty={"minutes": 1.5}), "most_empty"),
        (changed("seasons", 0, last="2024-01-01"), "before"),
        (processors(time_zone="Mars/Olympus"), "zone"),
    ],
)
def test_what_does_not_hold_together_is_refused(section: dict[str, Any], why: str):
    """Before anything is asked of anybody."""
    with pytest.raises(ValidationError, match=why):
        Processors.model_validate(section)
