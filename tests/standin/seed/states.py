"""Seeding Firestore: the orchestration state of the platform, and every kind of value.

Times are fixed like the rest of the content. Names and shapes are those the platform's processors
read and write: anything in a completion document without a leading underscore is a processor.
"""

import datetime as dt
import uuid
from collections.abc import Iterator
from contextlib import closing
from itertools import batched
from typing import Any

from google.api_core.datetime_helpers import DatetimeWithNanoseconds
from google.cloud import firestore
from google.cloud.firestore_v1.vector import Vector

from tests.standin.firestore.creation import create_database
from tests.standin.seed.names import TEAMS, player_lookup, player_names
from tests.standin.seed.volumes import LAST_DAY, games_on

type Document = tuple[str, dict[str, Any]]

_OLD_HEARTBEATS = 101_868
_COMPLETIONS = 12_000
_KEPT_DAYS = 30
_WRITES_AT_ONCE = 400
_PROCESSORS = {
    "phase2": (
        "p2_bigdataball_pbp",
        "p2_odds_game_lines",
        "p2_odds_player_props",
        "p2_nbacom_gamebook_pdf",
        "p2_nbacom_boxscores",
    ),
    "phase3": (
        "player_game_summary",
        "team_defense_game_summary",
        "team_offense_game_summary",
        "upcoming_player_game_context",
        "upcoming_team_game_context",
    ),
    "phase4": (
        "team_defense_zone_analysis",
        "player_shot_zone_analysis",
        "player_composite_factors",
        "player_daily_cache",
        "ml_feature_store",
    ),
}


def seed_firestore(project: str, scale: float) -> None:
    """Create the default database, and fill it with the platform's state and some odd values.

    Args:
        project: Whose database it is.
        scale: 1 for the platform's document counts.
    """
    create_database(project)
    with closing(firestore.Client(project=project)) as client:
        for documents in batched(state_documents(client, scale), _WRITES_AT_ONCE, strict=False):
            batch = client.batch()
            for path, fields in documents:
                batch.set(client.document(path), fields)
            batch.commit()


def state_documents(client: firestore.Client, scale: float) -> Iterator[Document]:
    """Yield every document's path and fields; the same scale gives the same ones."""
    for back in range(_KEPT_DAYS):
        date = LAST_DAY - dt.timedelta(days=back)
        if games_on(date):
            yield from _completions(date)
    yield from _ephemeral(scale)
    yield from _prediction_batches(scale)
    yield from _odd_values(client)


def _at(date: dt.date, hour: int, minute: int = 0) -> dt.datetime:
    return dt.datetime.combine(date, dt.time(hour, minute, 7, 123_000), dt.UTC)


def _completions(date: dt.date) -> Iterator[Document]:
    day = date.isoformat()
    is_open = date == LAST_DAY
    for number, (phase, processors) in enumerate(_PROCESSORS.items()):
        done = processors[:3] if is_open else processors
        entries = {
            name: _entry(date, phase, name, hour=5 + number, minute=5 * at)
            for at, name in enumerate(done)
        }
        last = _at(date, 5 + number, 5 * len(done))
        first: dt.datetime | str = _at(date, 5 + number)
        if phase == "phase4":
            # The timeout check of phase 4 parses text, that of phase 2 takes a timestamp.
            first = first.isoformat()
        state = {
            "_completed_count": len(done),
            "_last_update": last,
            "_mode": "overnight",
            **({"_first_completion_at": first} if phase != "phase3" else {}),
            **({} if is_open else _triggered(last)),
        }
        yield f"{phase}_completion/{day}", {**entries, **state}


def _entry(date: dt.date, phase: str, name: str, *, hour: int, minute: int) -> dict[str, Any]:
    teams = [TEAMS[(date.toordinal() + at) % len(TEAMS)] for at in range(2)]
    return {
        "completed_at": _at(date, hour, minute),
        "status": "partial" if (date.day + minute) % 11 == 0 else "success",
        "record_count": games_on(date) * (26 if "player" in name else 2),
        "correlation_id": f"scraper-{date}-001" if date.day % 5 else None,
        "execution_id": f"{name[:3]}-{date:%m%d}",
        **({"is_incremental": False, "entities_changed": teams} if phase == "phase3" else {}),
    }


def _triggered(at: dt.datetime) -> dict[str, Any]:
    return {
        "_triggered": True,
        "_triggered_at": at,
        "_trigger_reason": "all_complete",
        "_trigger_succeeded": True,
    }


def _ephemeral(scale: float) -> Iterator[Document]:
    """Yield what a recovery leaves out: heartbeats, locks, instances."""
    names = [name for processors in _PROCESSORS.values() for name in processors]
    for name in names:
        yield f"processor_heartbeats/{name}", _heartbeat(name, 0)
        yield (
            f"processing_locks/{name}_{LAST_DAY}",
            {"acquired_at": _at(LAST_DAY, 9), "execution_id": "x-1", "processor": name},
        )
    for at in range(max(20, round(_OLD_HEARTBEATS * scale))):
        name = names[at % len(names)]
        date = LAST_DAY - dt.timedelta(days=at // len(names) % 365)
        yield f"processor_heartbeats/{name}_{date}_{at:08x}", _heartbeat(name, at)
    instance = str(uuid.uuid5(uuid.NAMESPACE_DNS, "coordinator"))
    yield f"coordinator_instances/{instance}", {"instance_id": instance, "status": "active"}
    yield (
        f"batch_processing_locks/espn_roster_batch_{LAST_DAY}",
        {"status": "processing", "expireAt": _at(LAST_DAY, 10), "stats": {}, "error": None},
    )


def _heartbeat(name: str, at: int) -> dict[str, Any]:
    return {
        "processor_name": name,
        "run_id": f"{at:08x}",
        "data_date": LAST_DAY.isoformat(),
        "last_heartbeat": _at(LAST_DAY, 9, at % 60),
        "status": "running" if at % 7 == 0 else "completed",
        "progress": at % 100,
        "total": 100,
        "duration_seconds": at % 977 / 8,
    }


def _prediction_batches(scale: float) -> Iterator[Document]:
    players = [player_lookup(name) for name in player_names()]
    completions = max(60, round(_COMPLETIONS * scale))
    per_batch = min(len(players), max(3, completions // _KEPT_DAYS))
    for back in range(_KEPT_DAYS):
        date = LAST_DAY - dt.timedelta(days=back)
        batch = f"prediction_batches/batch_{date}_{_at(date, 8).timestamp():.0f}"
        done = players[:per_batch]
        # A batch that was deleted leaves its completions, below a document that is missing.
        if back % 10 != 3:
            yield batch, _batch(batch, date, done, is_complete=back > 0)
        for at, player in enumerate(done):
            yield (
                f"{batch}/completions/{player}",
                {
                    "player_lookup": player,
                    "predictions_count": 5 + at % 3,
                    "completed_at": _at(date, 8, at % 60),
                },
            )


def _batch(path: str, date: dt.date, players: list[str], *, is_complete: bool) -> dict[str, Any]:
    return {
        "batch_id": path.rpartition("/")[2],
        "game_date": date.isoformat(),
        "expected_players": len(players),
        "completed_players": players,
        "failed_players": [],
        "predictions_by_player": {player: 5 + at % 3 for at, player in enumerate(players)},
        "is_complete": is_complete,
        "start_time": _at(date, 8),
        "completion_time": _at(date, 8, 59) if is_complete else None,
        "dataset_prefix": "",
    }


def _odd_values(client: firestore.Client) -> Iterator[Document]:
    values: dict[str, Any] = {
        "nothing": None,
        "booleans": [True, False],
        "integers": [0, 1, -1, 2**63 - 1, -(2**63), 2**53 + 1],
        "doubles": [1.0, -0.0, 0.1, 5e-324, 1.7976931348623157e308],
        "nan": float("nan"),
        "infinities": [float("inf"), float("-inf")],
        "times": [
            DatetimeWithNanoseconds(2024, 2, 29, 23, 59, 59, nanosecond=123_456_000, tzinfo=dt.UTC),
            dt.datetime(1, 1, 1, tzinfo=dt.UTC),
            dt.datetime(9999, 12, 31, 23, 59, 59, 999_999, dt.UTC),
        ],
        "texts": ["", "Jokić 🏀", "line\nNUL\0", "null", "e\u0301"],
        "bytes": [b"", b"\0\xff\x80"],
        "places": [firestore.GeoPoint(90, -180), firestore.GeoPoint(-0.0, 0.0)],
        "reference": client.document("odd_values/a.b"),
        "vector": Vector([1.0, -2.5, 0.0]),
        "empty map": {},
        "empty array": [],
        "nested": {"map": {"array": [{"deep": [{"er": None}]}, {}], "empty": {}}},
        "dots.in.name": {"back`tick": 1, "sla/sh": 2, "Δ": 3, " ": 4, "0": 5},
    }
    yield "odd_values/every type", values
    yield "odd_values/no fields", {}
    for name in ("a.b", "ünïcødé 🏀", "42", "UPPER", "upper", "with`tick", "x" * 300):
        yield f"odd_values/{name}", {"id": name}
    yield "odd_values/missing/deep/also missing/deeper/leaf", {"path": "below missing parents"}
