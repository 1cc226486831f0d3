"""Seeding Cloud Storage: the raw bucket of scraped files, in every shape of name it has.

Sizes are the platform's divided by fifty. Content is drawn from a hash of the object's name.
"""

import datetime as dt
import gzip
import hashlib
import json
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from google.cloud import storage

from tests.standin.seed.names import TEAMS
from tests.standin.seed.volumes import LAST_DAY, games_on

RAW_BUCKET = "nba-scraped-data"
_OBJECTS = 40_000
_AT_ONCE = 8
_KEPT_DAYS = 90
_SIZE_DIVISOR = 50
_KIB = 1024 // _SIZE_DIVISOR
_JSON, _PDF, _CSV = "application/json", "application/pdf", "text/csv"
_SEASON = "2025-26"
_RULES = [
    {"action": {"type": "SetStorageClass", "storageClass": "NEARLINE"}, "condition": {"age": 30}},
    {"action": {"type": "Delete"}, "condition": {"age": 90}},
]
_ODD_NAMES = (
    "external/odd names/with space.json",
    "external/odd names/100%25 ?query#fragment&x=1.json",
    "external//empty//segments/.json",
    "external/../dots/./file.json",
    "external/ünïcødé/Jokić 🏀.json",
    "external/odd names/[glob]*{a,b}.json",
    "external/odd names/plus+sign=equals.json",
    "external/empty-object.txt",
)


@dataclass(frozen=True)
class _Shape:
    """One kind of object name; braces are filled by `_names_of`."""

    template: str
    kib: int
    per_day: int = 1
    content_type: str = _JSON
    is_gzip: bool = False


# In the order of the platform's documentation; the share of each is what its scraper writes.
_SHAPES = (
    _Shape("ball-dont-lie/live-boxscores/{date}/{stamp}.json", 100, 12),
    _Shape("ball-dont-lie/player-box-scores/{date}/game_{game}/{stamp}.json", 100, 4),
    _Shape("ball-dont-lie/standings/{season}/{date}/{stamp}.json", 20),
    _Shape("ball-dont-lie/player-averages/{season}/{stamp}.json", 60),
    _Shape("odds-api/events/{date}/{stamp}.json", 20),
    _Shape("odds-api/player-props/{date}/{event}-{pair}/{stamp}-snap-{minute}.json", 900, 40, is_gzip=True),
    _Shape("odds-api/game-lines/{date}/{event}-{pair}/{stamp}-snap-{minute}.json", 200, 12),
    _Shape("espn/rosters/{date}/team_{team}/{stamp}.json", 40, 6),
    _Shape("espn/scoreboard/{date}/{stamp}.json", 40, 2),
    _Shape("espn/boxscores/{date}/game-{game}/{stamp}.json", 120, 4),
    _Shape("nba-com/player-boxscores/{date}/{stamp}.json", 300, 1, is_gzip=True),
    _Shape("nba-com/referee-assignments/{date}/{stamp}.json", 10),
    _Shape("nba-com/schedule/{season}/{stamp}.json", 400),
    _Shape("nba-com/play-by-play/{date}/game-{game}/{stamp}.json", 250, 8),
    _Shape("nba-com/team-boxscore/{date}/{game}/{stamp}.json", 60, 4),
    _Shape("nba-com/injury-report-pdf/{date}/{hour}/{stamp}.pdf", 120, 8, _PDF),
    _Shape("nba-com/injury-report-data/{date}/{hour}/{stamp}.json", 90, 24),
    _Shape("nba-com/gamebooks-data/{date}/{day}-{pair}/{stamp}.json", 150, 8),
    _Shape("bettingpros/player-props/{market}/{date}/{stamp}.json", 500, 6),
    _Shape("bettingpros/events/{date}/{stamp}.json", 30),
    _Shape("big-data-ball/{season}/{date}/game_{game}/events-{stamp}.csv", 800, 8, _CSV),
    _Shape("kalshi/player-props/{date}/{stamp}.json", 30),
    _Shape("projections/numberfire/{date}/{stamp}.json", 30),
)  # fmt: skip


@dataclass(frozen=True)
class RawObject:
    """An object to upload, its content as stored."""

    name: str
    content: bytes
    content_type: str
    encoding: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    custom_time: dt.datetime | None = None
    is_held: bool = False
    storage_class: str | None = None


def raw_objects(scale: float) -> Iterator[RawObject]:
    """Yield the objects of the raw bucket; the same scale gives the same ones."""
    for name in _ODD_NAMES:
        empty = name.endswith(".txt")
        yield RawObject(name, b"" if empty else _json_content(name, 300), _JSON)
    for team in TEAMS:
        name = f"basketball-ref/season-rosters/{_SEASON}/{team}.json"
        yield RawObject(name, _json_content(name, 40 * _KIB), _JSON, metadata={"pass": "2"})
    # Each shape has its share of the objects, and at least one; each day its share of those.
    total = sum(shape.per_day for shape in _SHAPES)
    for shape in _SHAPES:
        wanted = max(1, round(_OBJECTS * scale * shape.per_day / total))
        for at in range(wanted):
            back = at * _KEPT_DAYS // wanted
            first_of_day = -(-back * wanted // _KEPT_DAYS)
            yield _object(shape, LAST_DAY - dt.timedelta(days=back), at - first_of_day)


def _object(shape: _Shape, date: dt.date, at: int) -> RawObject:
    name = _name(shape, date, at)
    draw = random.Random(name)  # noqa: S311 - content, not a secret
    size = max(60, round(shape.kib * _KIB * draw.lognormvariate(0, 0.5)))
    content = _content(shape, name, size, draw)
    return RawObject(
        name,
        gzip.compress(content, mtime=0) if shape.is_gzip else content,
        shape.content_type,
        encoding="gzip" if shape.is_gzip else None,
        metadata={"scraper": name.split("/")[1], "run-id": f"run-{draw.randrange(10**6):06}"}
        if draw.random() < 0.8
        else {},
        custom_time=dt.datetime.combine(date, dt.time(6), dt.UTC) if draw.random() < 0.1 else None,
        is_held=draw.random() < 0.02,
        storage_class="NEARLINE" if (LAST_DAY - date).days > 30 and draw.random() < 0.5 else None,
    )


def _name(shape: _Shape, date: dt.date, at: int) -> str:
    minute = date.toordinal() * 37 + at * 15
    hour = minute // 60 % 24
    away, home = (TEAMS[(date.toordinal() + at * 2 + side) % len(TEAMS)] for side in (0, 1))
    stamp = f"{date:%Y%m%d}_{hour:02}{minute % 60:02}{at % 60:02}"
    seconds = at // 60
    return shape.template.format(
        date=date.isoformat(),
        day=f"{date:%Y%m%d}",
        stamp=f"{stamp}{seconds or ''}",
        season=_SEASON,
        hour=f"{hour:02}",
        minute=f"{hour:02}{minute % 60:02}",
        game=f"00225{date.toordinal() % 1000:03}{at % max(1, games_on(date)):02}",
        pair=f"{away}{home}",
        team=TEAMS[at % len(TEAMS)],
        event=hashlib.sha256(f"{date}{away}".encode()).hexdigest()[:12],
        market=("points", "rebounds", "assists")[at % 3],
    )


def _content(shape: _Shape, name: str, size: int, draw: random.Random) -> bytes:
    if shape.content_type == _PDF:
        return b"%PDF-1.7\n" + draw.randbytes(size) + b"\n%%EOF\n"
    if shape.content_type == _CSV:
        rows = (f"{at},{draw.randrange(720)},{draw.choice(TEAMS)}\n" for at in range(size // 10))
        return f"event,second,team\n{''.join(rows)}".encode()
    if "injury-report-data" in name and draw.random() < 0.65:
        return b"[]"
    return _json_content(name, size)


def _json_content(name: str, size: int) -> bytes:
    draw = random.Random(f"content of {name}")  # noqa: S311 - content, not a secret
    items: list[dict[str, Any]] = []
    for at in range(max(1, size // 60)):
        player = draw.choice(("Nikola Jokić", "Luka Dončić", "Alperen Şengün", "Jalen Green"))
        items.append({"id": at, "player": player, "value": draw.randrange(10_000) / 4})
    document = {"source": name, "items": items}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def seed_storage(
    project: str, scale: float, *, bucket: str = RAW_BUCKET, location: str = "us-west2"
) -> None:
    """Fill the raw bucket. Versioning is off and soft delete is the default, as it is live.

    Args:
        project: Whose bucket it is.
        scale: 1 for about 40,000 objects.
        bucket: Its name; it must not exist.
        location: Where it is.
    """
    with closing(storage.Client(project=project)) as client:
        made = client.bucket(bucket)
        made.labels = {"system": "nba", "layer": "raw"}
        made.lifecycle_rules = _RULES
        made.versioning_enabled = False
        client.create_bucket(made, location=location)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for team in TEAMS:
                # The first pass of a file that is overwritten in place.
                name = f"basketball-ref/season-rosters/{_SEASON}/{team}.json"
                _upload(made, RawObject(name, b'{"items":[]}', _JSON, metadata={"pass": "1"}))
            for _done in pool.map(lambda item: _upload(made, item), raw_objects(scale)):
                pass


def _upload(bucket: storage.Bucket, item: RawObject) -> None:
    blob = bucket.blob(item.name)
    blob.content_encoding = item.encoding
    blob.metadata = item.metadata or None
    blob.custom_time = item.custom_time
    blob.storage_class = item.storage_class
    blob.upload_from_string(item.content, content_type=item.content_type)
    if item.is_held:
        # The client sends no holds with an upload.
        blob.temporary_hold = True
        blob.patch()
