"""Completion documents from run history: the flat shape, and what the nested one would release."""

from datetime import UTC, date, datetime

import pytest

from manifests.errors import NoRecoveryPointError
from manifests.kinds.databases.catalog import CompletionRule, NameRules, Rebuild
from recovery.kinds.completions.rules.days import first_open
from recovery.kinds.completions.rules.rebuild import (
    REASON,
    CompletionsStep,
    ProcessorRun,
    history_ends_at,
    inferred_run,
    processor_field,
    rebuilt,
    snake_case,
)
from recovery.kinds.completions.rules.rows import rebuild_row
from tests.unit import told

PHASE3 = (
    "player_game_summary",
    "team_defense_game_summary",
    "team_offense_game_summary",
    "upcoming_player_game_context",
    "upcoming_team_game_context",
)
TODAY = date(2026, 1, 10)
RULES = Rebuild(
    history="ref.history",
    days=5,
    time_zone="America/New_York",
    names=NameRules(
        strip_prefixes=("Async",),
        strip_suffixes=("Processor",),
        renamed={"ml_feature_store_v2": "ml_feature_store"},
    ),
    completions=(
        CompletionRule(
            collection="phase2_completion",
            phase="phase_2_raw",
            processors=("p2_odds",),
            first_completion="timestamp",
            reason_field="_triggered_reason",
        ),
        CompletionRule(
            collection="phase3_completion",
            phase="phase_3_analytics",
            processors=PHASE3,
            metadata={"_mode": "overnight"},
            triggered_metadata={"_trigger_succeeded": True},
            entry={"is_incremental": False, "entities_changed": ()},
            followed_by="phase_4_precompute",
        ),
        CompletionRule(
            collection="phase4_completion",
            phase="phase_4_precompute",
            processors=("player_daily_cache", "ml_feature_store"),
            first_completion="text",
        ),
    ),
)


def run(processor: str, day: date = date(2026, 1, 9), **more: object) -> ProcessorRun:
    """Return one successful run of phase 3."""
    values: dict[str, object] = {
        "processor": processor,
        "phase": "phase_3_analytics",
        "day": day,
        "status": "success",
        "completed_at": datetime(2026, 1, 10, 6, 30, 1, 250000, tzinfo=UTC),
        "records": 281,
        "run_id": "r1",
        **more,
    }
    return ProcessorRun.model_validate(values)


def releases_next_phase(document: dict[str, object], expected: int) -> bool:
    """Apply the platform's own rule: every name without an underscore is a finished processor."""
    finished = [name for name in document if not name.startswith("_")]
    return not document.get("_triggered") and len(finished) >= expected


def test_flat_document():
    """A document holds one map a processor, and metadata that says it is over."""
    documents, ignored = rebuilt(RULES, [run("PlayerGameSummaryProcessor")], open_from=TODAY)
    at = {"timestampValue": "2026-01-10T06:30:01.250000Z"}
    entry = {
        "completed_at": at,
        "status": {"stringValue": "success"},
        "record_count": {"integerValue": "281"},
        "correlation_id": {"nullValue": None},
        "execution_id": {"stringValue": "r1"},
        "is_incremental": {"booleanValue": False},
        "entities_changed": {"arrayValue": {"values": []}},
    }
    assert documents[0].path == "phase3_completion/2026-01-09"
    assert documents[0].fields == {
        "player_game_summary": {"mapValue": {"fields": entry}},
        "_completed_count": {"integerValue": "1"},
        "_mode": {"stringValue": "overnight"},
        "_triggered": {"booleanValue": True},
        "_triggered_at": at,
        "_trigger_reason": {"stringValue": REASON},
        "_trigger_succeeded": {"booleanValue": True},
    }
    assert not ignored


def test_nested_shape_would_release():
    """After one real completion the runbook's nested shape is 5 of 5; the flat one is not."""
    nested: dict[str, object] = {
        "game_date": "2026-01-09",
        "processors": {"player_game_summary": {"completed": True, "status": "recovered"}},
        "all_complete": False,
        "recovered_at": "2026-01-10T07:00:00Z",
    }
    late = {"team_offense_game_summary": {"status": "success"}}
    assert releases_next_phase(nested | late, expected=5)
    documents, _ = rebuilt(RULES, [run("PlayerGameSummaryProcessor")], open_from=TODAY)
    ours: dict[str, object] = dict(documents[0].fields)
    assert not releases_next_phase(ours | late, expected=5)
    without_mark = {name: value for name, value in ours.items() if name != "_triggered"}
    assert not releases_next_phase(without_mark | late, expected=5)


def test_today_goes_on():
    """A phase of today is not marked as triggered, unless the next one has begun."""
    today = run("PlayerGameSummaryProcessor", TODAY)
    (document,), _ = rebuilt(RULES, [today], open_from=TODAY)
    assert document.fields["_triggered"] == {"booleanValue": False}
    assert "_trigger_reason" not in document.fields
    later = run("PlayerDailyCacheProcessor", TODAY, phase="phase_4_precompute")
    documents, _ = rebuilt(RULES, [today, later], open_from=TODAY)
    assert documents[0].fields["_triggered"] == {"booleanValue": True}


@pytest.mark.parametrize(
    ("now", "first"),
    [
        (datetime(2026, 1, 10, 5, 30, tzinfo=UTC), date(2026, 1, 9)),
        (datetime(2026, 1, 10, 16, 59, tzinfo=UTC), date(2026, 1, 9)),
        (datetime(2026, 1, 10, 17, 0, tzinfo=UTC), date(2026, 1, 10)),
        (datetime(2026, 3, 9, 15, 59, tzinfo=UTC), date(2026, 3, 8)),
        (datetime(2026, 3, 9, 16, 0, tzinfo=UTC), date(2026, 3, 9)),
    ],
)
def test_a_night_goes_on_until_noon(now: datetime, first: date):
    """What is played in an evening is processed after midnight: it triggers the next phase then."""
    assert first_open(RULES, now) == first


def test_types_of_first_completion():
    """It is a timestamp in phase 2, text in phase 4, and absent in phase 3."""
    runs = [
        run("x", phase="phase_2_raw", output_table="raw.p2_odds"),
        run("PlayerGameSummaryProcessor"),
        run("PlayerDailyCacheProcessor", phase="phase_4_precompute"),
    ]
    two, three, four = rebuilt(RULES, runs, open_from=TODAY)[0]
    assert two.fields["_first_completion_at"] == {"timestampValue": "2026-01-10T06:30:01.250000Z"}
    assert two.fields["_triggered_reason"] == {"stringValue": REASON}
    assert "_first_completion_at" not in three.fields
    first = {"stringValue": "2026-01-10T06:30:01.250000+00:00"}
    assert four.fields["_first_completion_at"] == first


def test_only_what_finished():
    """Failures, unknown names, other phases, old dates and earlier runs leave no trace."""
    runs = [
        run("PlayerGameSummaryProcessor", status="failed"),
        run("PlayerGameSummaryProcessor", date(2026, 1, 4)),
        run("PlayerGameSummaryProcessor", phase="phase_5_predictions"),
        run("PlayerGameSummaryProcessor", completed_at=None),
        run("SomethingElseProcessor"),
        run("TeamOffenseGameSummaryProcessor", status="partial", run_id="old"),
        run(
            "AsyncTeamOffenseGameSummaryProcessor",
            run_id="new",
            completed_at=datetime(2026, 1, 10, 7, tzinfo=UTC),
        ),
    ]
    (document,), ignored = rebuilt(RULES, runs, open_from=TODAY)
    assert [name for name in document.fields if name[0] != "_"] == ["team_offense_game_summary"]
    entry = document.fields["team_offense_game_summary"]["mapValue"]["fields"]
    assert entry["execution_id"] == {"stringValue": "new"}
    assert document.fields["_completed_count"] == {"integerValue": "1"}
    assert ignored == {"SomethingElseProcessor": 1}


@pytest.mark.parametrize(
    ("name", "snake"),
    [
        ("MLFeatureStore", "ml_feature_store"),
        ("PlayerGameSummary", "player_game_summary"),
        ("player_daily_cache", "player_daily_cache"),
    ],
)
def test_snake_case(name: str, snake: str):
    """Class names become the platform's field names, acronyms included."""
    assert snake_case(name) == snake


def test_output_table_names_the_field():
    """The output table decides where it is known, after renaming."""
    rule = RULES.completions[2]
    row = run("Odd", phase="phase_4_precompute", output_table="nba.ml_feature_store_v2")
    assert processor_field(row, rule, RULES.names) == "ml_feature_store"


def test_inferred_runs_count_least():
    """What only rows tell of gives way to any run of the history, whichever ended later."""
    rule, day = RULES.completions[1], date(2026, 1, 9)
    rows = inferred_run(rule, RULES, "player_game_summary", day, 7)
    assert rows.completed_at == datetime(2026, 1, 10, 5, tzinfo=UTC)
    told = run("PlayerGameSummaryProcessor", completed_at=datetime(2026, 1, 9, tzinfo=UTC))
    for runs in ([rows, told], [told, rows]):
        (document,), _ = rebuilt(RULES, runs, open_from=TODAY)
        assert document.inferred == ()
    (document,), _ = rebuilt(RULES, [rows], open_from=TODAY)
    assert document.inferred == ("player_game_summary",)
    assert [name for name in document.fields if name[0] != "_"] == ["player_game_summary"]


def step(*runs: ProcessorRun, **more: object) -> CompletionsStep:
    """Return what is rebuilt from some runs."""
    documents, ignored = rebuilt(RULES, runs, open_from=TODAY)
    values = {
        "name": "(default)",
        "into": "(default)",
        "history": RULES.history,
        "since": date(2026, 1, 5),
        "documents": documents,
        "ignored": ignored,
        **more,
    }
    return CompletionsStep.model_validate(values)


def at(hour: int) -> datetime:
    """Return an instant of the day after the last runs."""
    return datetime(2026, 1, 10, hour, tzinfo=UTC)


def test_recovery_point_is_where_the_history_ends():
    """What was rebuilt is as of the newest run in it, of the database whose history ends first."""
    early = run("PlayerGameSummaryProcessor", completed_at=at(3))
    late = run("TeamOffenseGameSummaryProcessor", completed_at=at(5))
    assert history_ends_at([step(early, late)], now=at(9)) == at(5)
    assert history_ends_at([step(late), step(early), step()], now=at(9)) == at(3)
    assert history_ends_at([step(late)], now=at(4)) == at(4)


def test_nothing_rebuilt_is_no_success():
    """A history that tells of no run is no recovery point; what could not be read is named."""
    with pytest.raises(NoRecoveryPointError) as refused:
        history_ends_at([step(), step(unread=("nba.gone: 404",))], now=at(9))
    assert "nba.gone: 404" in refused.value.message
    assert "ref.history since 2026-01-05" in refused.value.subject


def test_a_rebuild_is_told():
    """Counts are in words, what was not read is named, and names from outside are escaped."""
    runs = [run("Some\x1bProcessor"), run("PlayerGameSummaryProcessor")]
    lines = told.planned(rebuild_row(step(*runs, unread=("nba.gone: 404",))))
    assert lines[0].endswith("1 of 1 document, from ref.history since 2026-01-05")
    assert "    ignore   1 run of Some\\x1bProcessor: no document holds them" in lines
    assert "    unread   nba.gone: 404: the rebuild cannot be proven" in lines
