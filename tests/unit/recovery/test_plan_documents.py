"""What is decided about documents: compared, kept, replaced, removed, left out, refused."""

from datetime import UTC, datetime

import pytest

from manifests.documents import DocumentRecord, tallied
from manifests.errors import RefusedError, UsageError
from manifests.kinds.databases.model import DatabaseBackup, DocumentFile
from manifests.values import StoredObject
from recovery.compare.documents import DatabaseState, StateTally, joined
from recovery.firestore.rate import ramp_seconds
from recovery.kinds.databases.rules.documents import DatabaseStep, plan_database
from recovery.kinds.databases.rules.lost import documents_lost
from recovery.kinds.databases.rules.ranges import (
    apart,
    file_ranges,
    named_ranges,
    scope,
    wanted_ranges,
)
from recovery.kinds.databases.rules.rows import database_row
from recovery.request import Request, Target
from tests.unit import told

POINT = 100


def record(path: str, fields: bytes = b"x", updated: int = 50) -> DocumentRecord:
    """Return a document last written at some nanosecond."""
    return DocumentRecord(path, fields, 1, updated)


def backup(*files: tuple[str, ...]) -> DatabaseBackup:
    """Return the backup of a database with these documents in each file."""
    stored = []
    for number, paths in enumerate(files):
        tally = tallied(record(path) for path in paths)
        name = f"runs/night/databases/(default)/000/{number:012d}.avro"
        stored.append(
            DocumentFile(
                stored=StoredObject(
                    name=name, size_bytes=10, crc32c="", generation=1, row_count=len(paths)
                ),
                first_path=paths[0],
                last_path=paths[-1],
                fingerprint=tally.fingerprint(),
            )
        )
    return DatabaseBackup(
        database_id="(default)",
        resource={},
        read_time=datetime(2026, 1, 1, tzinfo=UTC),
        document_count=sum(map(len, files)),
        collections=tallied(record(path) for paths in files for path in paths).collections(),
        files=tuple(stored),
    )


def request(**more: object) -> Request:
    """Return a request for the scenario."""
    asked = {"scenario": "firestore-state-loss", "target": Target(project="platform")}
    return Request.model_validate(asked | more)


def planned(made: DatabaseBackup, found: DatabaseState, asked: Request) -> DatabaseStep:
    """Return what is planned in the project that was backed up."""
    return plan_database(made, found, asked, "platform")


def state(
    *, was: list[DocumentRecord], now: list[DocumentRecord], begun: int | None = None
) -> DatabaseState:
    """Return how two sets of documents compare."""
    tally = StateTally()
    for pair in joined(was, now, recovery_point_nanos=POINT, begun_nanos=begun):
        tally.add(pair)
    return tally.state(exists=True)


DAMAGED = state(
    was=[record("c/a"), record("c/b"), record("c/c"), record("c/d")],
    now=[
        record("c/a", updated=500),
        record("c/b", b"new", 101),
        record("c/c", b"odd", 100),
        record("c/e", updated=1),
    ],
)


def test_states():
    """Each document is in one state, whatever its update time when the content is equal."""
    (found,) = DAMAGED.collections
    assert found.model_dump() == {
        "collection_id": "c",
        "equal": 1,
        "erased": 0,
        "newer": 1,
        "changed": 1,
        "missing": 1,
        "extra": 1,
        "later": 0,
        "added": 0,
        "expired": 0,
    }
    assert {item.path: item.state for item in DAMAGED.listed} == {
        "c/b": "newer",
        "c/c": "changed",
        "c/d": "missing",
        "c/e": "extra",
    }


def test_what_came_after_the_beginning_stays():
    """What was written since the recovery began is neither replaced nor removed by any word."""
    found = state(
        was=[record("c/a"), record("c/b"), record("c/c")],
        now=[
            record("c/a", b"new", 200),
            record("c/b", b"new", 201),
            record("c/c", updated=300),
            record("c/d", updated=200),
            record("c/e", updated=201),
        ],
        begun=200,
    )
    assert {item.path: item.state for item in found.listed} == {
        "c/a": "newer",
        "c/b": "later",
        "c/d": "extra",
        "c/e": "added",
    }
    asked = request(overwrite=("*",), exact=True)
    step = planned(backup(("c/a", "c/b", "c/c")), DAMAGED, asked)
    assert [step.document_action(item.state) for item in found.listed] == [
        None,
        "remove",
        None,
        "replace",
    ]
    assert step.keeps(found) == 2


def test_join_of_nothing():
    """An empty side makes everything missing, or extra."""
    assert state(was=[], now=[record("c/a")]).count("extra") == 1
    assert state(was=[record("c/a")], now=[]).count("missing") == 1


@pytest.mark.parametrize(
    ("more", "writes", "removes", "keeps"),
    [
        ({}, 1, 0, 2),
        ({"overwrite": ("(default)",)}, 3, 0, 1),
        ({"overwrite": ("*",), "exact": True}, 3, 1, 0),
        ({"exact": True}, 1, 1, 1),
        ({"only_missing": True}, 1, 0, 3),
    ],
)
def test_words(more: dict[str, object], writes: int, removes: int, keeps: int):
    """Newer and extra documents are kept until the operator says the word for each."""
    step = planned(backup(("c/a",)), DAMAGED, request(**more))
    assert (step.writes, step.removes, step.keeps(DAMAGED)) == (writes, removes, keeps)


def test_what_differs_needs_a_word():
    """Whenever it was written: it is replaced, or left, when the operator says which."""
    for word, lacking in (({}, 1), ({"overwrite": ("*",)}, 0), ({"only_missing": True}, 0)):
        step = planned(backup(("c/a",)), DAMAGED, request(**word))
        found = list(step.missing_words(request(), confirmed_projects=()))
        assert len(found) == lacking
        for what, _, hint, _ in found:
            assert "2 documents hold something else now, 1 of them were changed" in what
            assert all(item in hint for item in ("--overwrite '(default)'", "--only-missing"))


def test_a_plan_tells_what_events_start():
    """What the catalog says, and that it says nothing; another database has other events."""
    asked = request(triggers={"(default)": ("on-completion",)})
    step = planned(backup(("c/a",)), DAMAGED, asked)
    assert (
        "starts   by each document's event: on-completion by the catalog"
        in told.planned(database_row(step))[-1]
    )
    unsaid = planned(backup(("c/a",)), DAMAGED, request(triggers={"(default)": None}))
    assert "does not say" in told.planned(database_row(unsaid))[-1]
    beside = asked.model_copy(update={"target": Target(project="platform", database="copy-of-it")})
    assert not planned(backup(("c/a",)), DAMAGED, beside).triggers


def test_ephemeral_collections_are_out_of_scope():
    """Locks are neither compared nor restored nor removed, and the step tells of them."""
    made = backup(("a/1", "locks/1", "locks/2"), ("z/1",))
    wanted = request(ephemeral={"(default)": ("locks", "beats")})
    ranges = wanted_ranges(made, wanted)
    assert not any(item.holds(path) for item in ranges for path in ("locks/1", "locks/x/sub/y"))
    assert all(any(item.holds(path) for item in ranges) for path in ("a/1", "lockt/1", "z/1"))
    step = planned(made, DatabaseState(exists=True, left_out={"locks": 2}), wanted)
    assert step.ephemeral == {"locks": 2, "beats": 0}
    with pytest.raises(RefusedError, match="never restored"):
        named_ranges(request(collections=("locks",), ephemeral=wanted.ephemeral))


def test_scope():
    """Collections, single documents and subtrees name what they say and nothing else."""
    ranges = scope(("c",), ("d/1", "e/1/**"), ())
    inside = ("c/1", "c/1/s/2", "d/1", "e/1", "e/1/s/2")
    outside = ("cc/1", "b/1", "d/1/s/2", "d/2", "e/2", "e/10")
    assert all(any(item.holds(path) for item in ranges) for path in inside)
    assert not any(item.holds(path) for item in ranges for path in outside)


def test_units_cover_the_scope_once():
    """Every name of the scope belongs to one file, before the first and after the last too."""
    made = backup(("b/1", "b/5"), ("d/1", "d/2"))
    found = file_ranges(made, scope((), (), ()))
    for path, file in {"a/1": 0, "b/3": 0, "c/1": 0, "d/1": 1, "z/9": 1}.items():
        homes = [at for at, (_, ranges) in enumerate(found) if any(r.holds(path) for r in ranges)]
        assert homes == [file]
    # A document before `d/1` would be in the first unit, which needs no file to know that.
    assert [file for file, _ in file_ranges(made, scope(("d",), (), ()))] == [None, made.files[1]]


@pytest.mark.parametrize(
    "named",
    [
        {"collections": ("c/1",)},
        {"documents": ("c",)},
        {"documents": ("c//1",)},
        {"collections": ("",)},
    ],
)
def test_malformed_paths(named: dict[str, object]):
    """What is no path of a collection or document is refused."""
    with pytest.raises(UsageError):
        named_ranges(request(**named))


def test_time_of_the_ramp():
    """A plan tells how long the writes to the largest collection take; unthrottled ones wait not."""
    assert ramp_seconds(1000) == pytest.approx(2)
    assert ramp_seconds(150_000 + 750) == pytest.approx(301)
    step = planned(backup(("c/a",)), DAMAGED, request())
    assert step.ramp_seconds == pytest.approx(1 / 500)
    assert planned(backup(("c/a",)), DAMAGED, request(unthrottled=True)).ramp_seconds == 0


@pytest.mark.parametrize("count", [0, 1, 3, 4, 10])
def test_neighbours_are_begun_apart(count: int):
    """All are begun once, those at the same time far from each other."""
    order = apart(count, 4)
    assert sorted(order) == list(range(count))
    assert apart(8, 4) == [0, 2, 4, 6, 1, 3, 5, 7]


def test_what_is_past_its_time_is_told_to_go_again():
    """Firestore deletes it within a day of a recovery that was proven (Manage data retention with TTL)."""
    step = planned(backup(("c/a",)), DAMAGED, request())
    told_of = documents_lost((step,), datetime(2026, 11, 24, 8, tzinfo=UTC))
    assert any("past their time to live" in line and "again" in line for line in told_of)
