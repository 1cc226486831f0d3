import datetime as dt
import hashlib
import json
import math
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import firestore

from tests.standin.bigquery.avro.fields import arrow_type
from tests.standin.seed.names import TEAMS, player_lookup, player_names
from tests.standin.seed.objects import raw_objects
from tests.standin.seed.resources import table_resources
from tests.standin.seed.rows import definitions, write_rows
from tests.standin.seed.states import state_documents
from tests.standin.seed.volumes import FEWEST_ROWS, LAST_DAY, VOLUMES, total_rows

SCALE = 0.01
ROOT = Path(__file__).resolve().parents[2]
TABLES = sorted(VOLUMES)
DIGEST = """
import hashlib, sys
from pathlib import Path
from tests.standin.seed.rows import definitions, write_rows
for name, definition in definitions().items():
    path = write_rows(definition, float(sys.argv[1]), Path(sys.argv[2]))
    print(name, hashlib.sha256(path.read_bytes()).hexdigest())
"""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return the file of each table's rows at a small scale."""
    folder = tmp_path_factory.mktemp("seed")
    return {name: write_rows(item, SCALE, folder) for name, item in definitions().items()}


def ask(sql: str) -> tuple[Any, ...]:
    """Return the one row that a query gives."""
    with duckdb.connect() as engine:
        (row,) = engine.execute(sql).fetchall()
    return row


def rows_of(file: Path) -> str:
    """Return a file as a relation in SQL."""
    return f"'{file}'"


def test_every_table_is_seeded():
    """The 13 tables each have a definition and a size."""
    assert len(TABLES) == 13
    assert TABLES == sorted(definitions()) == sorted(table_resources("p", "us-west2"))


def test_rows_do_not_depend_on_process_or_clock(files: dict[str, Path], tmp_path: Path):
    """Another process with another zone, hash seed and folder writes the same bytes."""
    environment = {**os.environ, "TZ": "Asia/Tokyo", "PYTHONHASHSEED": "7"}
    words = [sys.executable, "-c", DIGEST, str(SCALE), str(tmp_path)]
    done = subprocess.run(
        words, cwd=ROOT, env=environment, check=True, capture_output=True, text=True
    )
    there = dict(line.split() for line in done.stdout.splitlines())
    here = {name: hashlib.sha256(file.read_bytes()).hexdigest() for name, file in files.items()}
    assert there == here


@pytest.mark.parametrize("table", TABLES)
def test_every_column_is_sometimes_null_and_sometimes_not(files: dict[str, Path], table: str):
    """No column is always filled or always empty, and no REQUIRED one is ever empty."""
    fields = definitions()[table]["schema"]
    filled = ", ".join(
        f'count(*) FILTER (len("{field["name"]}") > 0)'
        if field["mode"] == "REPEATED"
        else f'count("{field["name"]}")'
        for field in fields
    )
    rows, *counts = ask(f"SELECT count(*), {filled} FROM {rows_of(files[table])}")
    for field, count in zip(fields, counts, strict=True):
        assert count > 0, field
        assert (count == rows) == (field["mode"] == "REQUIRED"), field


@pytest.mark.parametrize("table", TABLES)
def test_types_are_the_schemas(files: dict[str, Path], table: str):
    """A file has each column's own type: NUMERIC(p, s) is decimal of p and s."""
    schema = pq.read_schema(files[table])
    for field in definitions()[table]["schema"]:
        found, expected = schema.field(field["name"]).type, arrow_type(field)
        if pa.types.is_list(expected):  # a file may name a list's element otherwise
            found, expected = found.value_type, expected.value_type
        assert found == expected, field


@pytest.mark.parametrize("table", TABLES)
def test_row_counts_and_dates(files: dict[str, Path], table: str):
    """Counts follow the scale, history is what it was, and there are no games in summer."""
    column = definitions()[table]["timePartitioning"]["field"]
    rows, first, last, days, in_summer = ask(
        f'SELECT count(*), min("{column}")::DATE, max("{column}")::DATE, '
        f'count(DISTINCT "{column}"::DATE), '
        f'count(*) FILTER (month("{column}"::DATE) IN (7, 8, 9)) FROM {rows_of(files[table])}'
    )
    assert rows == max(FEWEST_ROWS, round(VOLUMES[table].rows * SCALE))
    assert last == LAST_DAY
    assert in_summer == 0
    if not VOLUMES[table].is_recent:
        assert first <= dt.date(2021, 11, 2)
    assert days > 3


def test_platform_at_scale_1_is_about_a_million_rows():
    """Scale 1 is the platform's size without writing it."""
    assert total_rows(VOLUMES["nba_analytics.player_game_summary"], 1) == 130_574
    assert 700_000 < sum(total_rows(volume, 1) for volume in VOLUMES.values()) < 1_100_000


def test_a_quarter_of_one_table_is_exact_duplicates(files: dict[str, Path]):
    """The upcoming player contexts hold as many exact repeats as they once did."""
    source = rows_of(files["nba_analytics.upcoming_player_game_context"])
    rows, different = ask(
        f"SELECT count(*), (SELECT count(*) FROM (SELECT DISTINCT * FROM {source})) FROM {source}"
    )
    assert 1 - different / rows == pytest.approx(0.266, abs=0.005)


def test_keys_are_unique(files: dict[str, Path]):
    """What the platform keys its rows by is unique where it is unique there."""
    for table, key in {
        "nba_analytics.player_game_summary": "player_lookup, game_id",
        "nba_analytics.team_offense_game_summary": "team_abbr, game_id",
        "nba_precompute.player_shot_zone_analysis": "player_lookup, analysis_date",
        "nba_precompute.team_defense_zone_analysis": "team_abbr, analysis_date",
        "nba_reference.processor_run_history": "processor_name, data_date, run_id",
    }.items():
        rows, keys = ask(f"SELECT count(*), count(DISTINCT ({key})) FROM {rows_of(files[table])}")
        assert rows == keys, table


def test_days_differ_in_size(files: dict[str, Path]):
    """Nights differ, and one day of run history is a retry storm."""
    source = rows_of(files["nba_reference.processor_run_history"])
    largest, usual = ask(
        "SELECT max(rows), median(rows) FROM "
        f"(SELECT count(*) AS rows FROM {source} GROUP BY data_date)"
    )
    assert largest > 8 * usual


def test_a_partition_column_that_may_be_null_sometimes_is(files: dict[str, Path]):
    """Some rows of the output validation belong to no day."""
    source = rows_of(files["nba_orchestration.processor_output_validation"])
    (empty,) = ask(f"SELECT count(*) FROM {source} WHERE timestamp IS NULL")
    assert 0 < empty < 10


def test_json_is_nested_and_of_every_kind(files: dict[str, Path]):
    """JSON columns hold objects, arrays, numbers and NULL, with unicode inside."""
    texts = pq.read_table(files["nba_reference.processor_run_history"], columns=["summary"])
    values = [text and json.loads(text) for text in texts["summary"].to_pylist()]
    assert {type(value) for value in values} == {dict, list, int, type(None)}
    filled = [value for value in values if isinstance(value, dict) and value]
    assert {value["steps"][0]["name"] for value in filled} == {"läuft"}
    assert any(value["context"]["deep"] for value in filled)


def test_names_are_those_of_people():
    """Names are unique, some need more than ASCII, and the lookup does not."""
    names = player_names()
    assert len(set(names)) == len({player_lookup(name) for name in names}) == 660
    assert {"Nikola Jokić", "Luka Dončić", "Alperen Şengün"} <= set(names)
    assert player_lookup("Alperen Şengün") == "alperensengun"
    assert len(set(TEAMS)) == 30


def test_tables_have_every_property():
    """Partitioning, clustering, keys, tags, labels and defaults are on the tables that have them."""
    tables = table_resources("p", "us-west2")
    for name, table in tables.items():
        definition = definitions()[name]
        assert table["timePartitioning"]["field"] == definition["timePartitioning"]["field"]
        assert table.get("clustering") == definition["clustering"]
        assert len(table["schema"]["fields"]) == len(definition["schema"])
        assert table["labels"]
    expiring = [
        name for name, table in tables.items() if "expirationMs" in table["timePartitioning"]
    ]
    assert expiring == [
        "nba_orchestration.workflow_decisions",
        "nba_orchestration.workflow_executions",
    ]
    assert [name for name, table in tables.items() if table["requirePartitionFilter"]] == [
        "nba_analytics.team_offense_game_summary"
    ]
    assert [name for name, table in tables.items() if "tableConstraints" in table] == [
        "nba_reference.processor_run_history"
    ]
    fields = [field for table in tables.values() for field in table["schema"]["fields"]]
    assert len(fields) == 715
    for key in ("policyTags", "description", "defaultValueExpression"):
        assert any(key in field for field in fields), key


def test_raw_objects_have_every_shape():
    """The raw bucket holds dates, seasons, markets and hours first, and odd names; always the same."""
    objects = list(raw_objects(SCALE))
    names = [item.name for item in objects]
    assert objects == list(raw_objects(SCALE))
    assert max(Counter(names).values()) == 1
    assert len(names) == pytest.approx(440, abs=20)
    for start in (
        "nba-com/schedule/2025-26/",
        "bettingpros/player-props/points/",
        "nba-com/injury-report-data/2026-01-03/",
        "basketball-ref/season-rosters/2025-26/BOS.json",
        "big-data-ball/2025-26/2026-01-03/game_",
        "external//empty//",
        "external/../",
    ):
        assert any(name.startswith(start) for name in names), start
    assert {item.encoding for item in objects} == {None, "gzip"}
    assert {item.content_type for item in objects} >= {"application/pdf", "text/csv"}
    for has in ("metadata", "custom_time", "is_held", "storage_class"):
        assert 0 < sum(bool(getattr(item, has)) for item in objects) < len(objects), has
    assert b"" in {item.content for item in objects}


@pytest.fixture
def documents(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, dict[str, Any]]]:
    """Return the seeded documents by path; no server is asked."""
    monkeypatch.delenv("FIRESTORE_EMULATOR_HOST", raising=False)
    client = firestore.Client(project="p", credentials=AnonymousCredentials())
    yield dict(state_documents(client, SCALE))
    client.close()


def test_completion_documents_are_flat(documents: dict[str, dict[str, Any]]):
    """Every key without an underscore is a processor, and the count agrees."""
    completions = {path: item for path, item in documents.items() if "_completion/" in path}
    assert len(completions) > 60
    for path, item in completions.items():
        processors = [name for name in item if not name.startswith("_")]
        assert item["_completed_count"] == len(processors), path
        assert all(item[name]["status"] in {"success", "partial"} for name in processors)
        assert item.get("_triggered", False) == (len(processors) == 5)


def test_state_has_missing_parents_and_every_type(documents: dict[str, dict[str, Any]]):
    """Completions outlive their batch, and one document holds every kind of value."""
    parents = {path.rpartition("/completions/")[0] for path in documents if "/completions/" in path}
    assert 0 < len(parents - set(documents)) < len(parents)
    values = documents["odd_values/every type"]
    assert math.isnan(values["nan"])
    assert {type(value).__name__ for value in values.values()} >= {
        "NoneType", "list", "float", "DocumentReference", "Vector", "dict",
    }  # fmt: skip
