from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manifests import layout
from manifests.claim_layout import lease_name
from manifests.errors import UnsafeNameError, UsageError
from manifests.kinds.buckets.kind import BUCKETS
from manifests.kinds.databases.kind import DATABASES
from manifests.kinds.tables import layout as table_layout
from manifests.kinds.tables.kind import TABLES
from manifests.parts import KindName, part_kind
from manifests.values import RunId
from tests.unit.samples import BASE_RUN, RUN

TABLE = "nba.games"
NAME = f"runs/{RUN}/tables/{TABLE}/20250101/001/000000000000.avro"

RUN_IDS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{2,99}", fullmatch=True).map(RunId)
NAMES_OF_TABLES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,30}\.[A-Za-z0-9_-]{1,30}", fullmatch=True)
PARTITIONS = st.from_regex(r"[A-Za-z0-9_-]{1,30}", fullmatch=True)
PIECES = st.sampled_from(
    [
        *["runs", "extracts", "tables", TABLE, RUN, "20250101", "001", "000000000000.avro"],
        *["", "..", ".", "/", "//", " ", "\n", "é", "-", "_", "0", "holds", "leases", ".json"],
    ]
)


@given(
    run_id=RUN_IDS,
    table=NAMES_OF_TABLES,
    partition=PARTITIONS,
    attempt=st.integers(0, 999),
    file=st.data(),
)
def test_every_built_data_name_is_accepted(
    run_id: RunId, table: str, partition: str, attempt: int, file: st.DataObject
):
    """What an extract of ours writes, the vault keeps and a restore reads."""
    number = file.draw(st.integers(0, 10**12 - 1))
    landed = f"{table_layout.landing_folder(run_id, table, partition, attempt)}{number:012d}.avro"
    name = table_layout.vault_name(landed)
    table_layout.check_data_name(name, run_id=run_id, table=table)
    assert name == landed.replace("extracts/", "runs/", 1)
    assert layout.run_id_of(name) == run_id


def test_names_of_long_tables_fit():
    """The longest table has a folder and a receipt that are no longer than a name may be."""
    run_id = RunId("r" * 100)
    tables = [f"{'d' * 1024}.{'t' * 1023}{number}" for number in range(3)]
    landed = [
        f"{table_layout.landing_folder(run_id, table, 'p' * 64, 999)}000000000000.avro"
        for table in tables
    ]
    receipts = [TABLES.receipt_name(run_id, table) for table in tables]
    assert len({*landed, *receipts}) == 6
    assert max(map(len, (*landed, *receipts))) <= 1024
    for table, name in zip(tables, map(table_layout.vault_name, landed), strict=True):
        table_layout.check_data_name(name, run_id=run_id, table=table)
        for other in set(tables) - {table}:
            with pytest.raises(UnsafeNameError):
                table_layout.check_data_name(name, run_id=run_id, table=other)


@given(
    name=st.one_of(st.text(), st.lists(PIECES).map("/".join), st.lists(PIECES).map("".join)),
)
def test_no_text_is_accepted_unless_a_builder_makes_it(name: str):
    """A data name is accepted only when the builders give exactly this text back."""
    parts = name.split("/")
    try:
        table_layout.check_data_name(name, run_id=RUN, table=TABLE)
    except UnsafeNameError:
        return
    folder = table_layout.extract_folder(RUN, TABLE, parts[4], int(parts[5]))
    assert name == f"runs/{folder}{int(parts[6].removesuffix('.avro')):012d}.avro"


@pytest.mark.parametrize(
    "name",
    [
        "",
        f"/{NAME}",
        f"{NAME}/",
        f"{NAME}\n",
        f" {NAME}",
        NAME.replace("/20250101/", "//"),
        NAME.replace("20250101", ".."),
        NAME.replace("20250101", "."),
        NAME.replace("20250101", "2025 01"),
        NAME.replace("20250101", "\N{FULLWIDTH DIGIT TWO}025"),
        NAME.replace("tables/", "tables/../tables/"),
        NAME.replace("runs/", "../runs/"),
        NAME.replace("runs/", "RUNS/"),
        NAME.replace("001", "1"),
        NAME.replace("001", "0001"),
        NAME.replace("000000000000.avro", "00000000000.avro"),
        NAME.replace("000000000000.avro", "000000000000.AVRO"),
        NAME.replace("000000000000.avro", "000000000000.avro.gz"),
        NAME.replace("000000000000.avro", "manifest.json"),
        NAME.replace(TABLE, "nba"),
        NAME.replace(TABLE, "nba.games.more"),
        NAME.replace(TABLE, "nba`.games"),
        NAME.replace(TABLE, "nba.gämes"),
        NAME.replace(RUN, "x"),
        NAME.replace(RUN, "r" * 101),
        layout.manifest_name(RUN),
    ],
)
def test_names_that_are_not_ours_are_refused(name: str):
    """Whatever no extract of ours writes is refused, by the restore and on the way to the vault."""
    with pytest.raises(UnsafeNameError):
        table_layout.check_data_name(name, run_id=RUN, table=TABLE)
    with pytest.raises(UnsafeNameError):
        table_layout.vault_name(name.replace("runs/", "extracts/", 1))


@pytest.mark.parametrize(
    ("run_id", "table"), [(BASE_RUN, TABLE), (RUN, "nba.other"), (RUN, "nba2.games")]
)
def test_names_of_another_run_or_table_are_refused(run_id: RunId, table: str):
    """A file is only read for the run and table whose folder it is in."""
    table_layout.check_data_name(NAME, run_id=RUN, table=TABLE)
    with pytest.raises(UnsafeNameError, match="does not belong"):
        table_layout.check_data_name(NAME, run_id=run_id, table=table)


def test_only_an_extract_goes_to_the_vault():
    """A name that is in the vault already, or has the root further in, is no landed file."""
    for name in (NAME, f"x{NAME.replace('runs/', 'extracts/')}", f"runs/extracts/{NAME}"):
        with pytest.raises(UnsafeNameError):
            table_layout.vault_name(name)


@pytest.mark.parametrize(
    ("table", "partition", "attempt"),
    [
        ("games", "20250101", 1),
        ("nba.games/..", "20250101", 1),
        ("nba." + "g" * 2046, "20250101", 1),
        (TABLE, "", 1),
        (TABLE, "a/b", 1),
        (TABLE, "'", 1),
        (TABLE, "20250101", 1000),
        (TABLE, "20250101", -1),
    ],
)
def test_builders_refuse_what_the_parser_would(table: str, partition: str, attempt: int):
    """No builder makes a name that could not be read again."""
    with pytest.raises(UnsafeNameError):
        table_layout.landing_folder(RUN, table, partition, attempt)


@given(run_id=RUN_IDS)
def test_documents_belong_to_their_run(run_id: RunId):
    """Every document of a run says which run it belongs to; what is outside runs/ does not."""
    moment = datetime(2026, 11, 24, 8, 1, tzinfo=UTC)
    for name in (
        layout.start_name(run_id),
        layout.manifest_name(run_id),
        layout.attempt_name(run_id, moment),
        TABLES.receipt_name(run_id, TABLE),
        BUCKETS.receipt_name(run_id, "scraped-files"),
        DATABASES.receipt_name(run_id, "(default)"),
    ):
        assert name.startswith(layout.run_prefix(run_id))
        assert layout.run_id_of(name) == run_id
    for name in (layout.hold_name(run_id), lease_name(run_id), f"runs/{run_id}"):
        assert layout.run_id_of(name) is None


@given(run_id=RUN_IDS)
def test_holds_are_read_back(run_id: RunId):
    """The hold of every run names that run."""
    assert layout.held_run_id(layout.hold_name(run_id)) == run_id


@given(name=st.one_of(st.text(), st.lists(PIECES).map("/".join), st.lists(PIECES).map("".join)))
def test_only_a_hold_is_a_hold(name: str):
    """No other text is taken for a hold."""
    run_id = layout.held_run_id(name)
    assert run_id is None or layout.hold_name(run_id) == name


@pytest.mark.parametrize(
    "name",
    ["holds/", "holds/.json", f"holds/{RUN}", f"leases/{RUN}.json", f"holds/x/{RUN}.json", RUN],
)
def test_near_misses_are_no_holds(name: str):
    """A run is held only by the object `rebound hold` writes."""
    assert layout.held_run_id(name) is None


def test_a_schedule_names_one_run_whatever_zone_its_time_is_told_in():
    """Every retry of one scheduled call means the same run."""
    in_utc = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
    in_denver = in_utc.astimezone(timezone(timedelta(hours=-7)))
    assert layout.scheduled_run_id("nightly", in_utc) == "nightly-20261124T080000Z"
    assert layout.scheduled_run_id("nightly", in_denver) == "nightly-20261124T080000Z"


@pytest.mark.parametrize(
    "text", ["", "ab", "-abc", "_abc", "a/b", "a.b", "a b", "abc\n", "äbc", "..", "r" * 101]
)
def test_bad_run_ids_are_refused(text: str):
    """A run id a caller gives cannot leave its folder, and a very long one is not repeated."""
    with pytest.raises(UsageError) as caught:
        layout.parse_run_id(text)
    assert len(caught.value.subject) < 150


@given(run_id=RUN_IDS)
def test_good_run_ids_are_kept(run_id: RunId):
    """A run id that fits is returned as it is."""
    assert layout.parse_run_id(run_id) == run_id


def test_export_ids_tell_runs_and_partitions_apart():
    """An export's id is its run and partition; the whole table has a name of its own."""
    assert table_layout.export_id(RUN, None) == f"{RUN}/all"
    assert table_layout.export_id(RUN, "__NULL__") == f"{RUN}/__NULL__"
    with pytest.raises(UnsafeNameError):
        table_layout.export_id(RUN, "a' OR ''='")


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("tables", "a.b-c", "a.b/../c"),
        ("buckets", "my.bucket_1", "..%2Fother"),
        ("databases", "(default)", "(other)"),
    ],
)
def test_part_names(kind: KindName, good: str, bad: str):
    """Only names such a part can have are accepted."""
    part_kind(kind).folder(good)
    with pytest.raises(UnsafeNameError):
        part_kind(kind).folder(bad)


def test_work_of_different_tables_has_different_names():
    """Names that are alike once their dots are gone never share a scratch table or job."""
    names = {
        layout.work_id(owner, table)
        for owner in ("run", "run__a")
        for table in ("a.b__c", "a__b.c", "b.c", "a.b-c", "a.b_c", "a.b")
    }
    assert len(names) == 12
    assert all(name.replace("-", "_").isidentifier() for name in names)
    long = {layout.work_id("run", f"{'d' * 500}.{'t' * 500}{number}") for number in range(9)}
    assert len(long) == 9
    assert max(map(len, long)) < 600
    with pytest.raises(UnsafeNameError):
        layout.work_id("run", "a.b/c")


@pytest.mark.parametrize("text", ["", "../x", "a/b", "ab", "x" * 101, "a.b"])
def test_bad_recovery_ids_are_refused(text: str):
    """A recovery id an operator gives cannot leave the folder of journals."""
    with pytest.raises(UsageError):
        layout.parse_recovery_id(text)
    good = layout.parse_recovery_id("bigquery-dataset-loss-20261124T080000Z-1a2b")
    assert layout.recovery_prefix(good) == f"recoveries/{good}/"


def test_folders_of_a_run():
    """A table's files, in the vault and where they land, are below their run's folder."""
    assert NAME.startswith(table_layout.table_prefix(RUN, TABLE))
    assert table_layout.table_prefix(RUN, TABLE).startswith(layout.run_prefix(RUN))
    landed = table_layout.landing_folder(RUN, TABLE, "all", 1)
    assert landed.startswith(layout.landing_prefix(RUN))
