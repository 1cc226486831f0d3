import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from manifests.documents import (
    DocumentRecord,
    combined_collections,
    path_key,
    read_file,
    tallied,
    write_file,
)
from manifests.errors import AvroDamagedError, BackupDamagedError, UnsafeNameError
from manifests.kinds.databases.layout import attempt_of, document_file_name
from manifests.names import EVERYTHING, NameRange, Position, below, cut, only, united, without
from tests.unit.samples import BASE_RUN, RUN

COLLECTION_IDS = st.sampled_from(["a", "b", "a b", "a\u00e9", "A"])
DOCUMENT_IDS = st.sampled_from(["a", "b", "a b", "a\u00e9", "__id-5__", "__id7__", "__id8__"])
DOCUMENTS = st.lists(
    st.tuples(COLLECTION_IDS, DOCUMENT_IDS).map("/".join), min_size=1, max_size=3
).map("/".join)
COLLECTIONS = st.one_of(COLLECTION_IDS, st.tuples(DOCUMENTS, COLLECTION_IDS).map("/".join))
PATHS = st.one_of(DOCUMENTS, COLLECTIONS)
RECORDS = st.lists(
    st.builds(
        DocumentRecord,
        path=DOCUMENTS,
        fields=st.binary(max_size=30),
        create_time_nanos=st.integers(0, 2**62),
        update_time_nanos=st.integers(0, 2**62),
    ),
    max_size=8,
    unique_by=lambda record: record.path,
)
POSITIONS = st.builds(Position, DOCUMENTS, st.booleans())
RANGES = st.builds(
    lambda one, other: NameRange(*sorted((one, other), key=lambda position: position.key)),
    POSITIONS,
    POSITIONS,
).filter(lambda item: item.start != item.end)


@given(path=PATHS, document=DOCUMENTS)
@example(path="a/__id7__", document="a/__id8__")
@example(path="a/b", document="a/b/c/d")
def test_below_is_everything_below(path: str, document: str):
    """The range of a collection or document holds exactly what is below it, and the document."""
    is_below = document.startswith(f"{path}/") or document == path
    assert below(path).holds(document) == is_below


@given(path=DOCUMENTS, document=DOCUMENTS)
def test_only_is_one_document(path: str, document: str):
    """The range of one document holds nothing else, not even what is below it."""
    assert only(path).holds(document) == (document == path)


@given(cuts=st.lists(DOCUMENTS, max_size=5), document=DOCUMENTS)
def test_cut_ranges_hold_each_document_once(cuts: list[str], document: str):
    """However names are cut, in any order, each document is in one range."""
    ranges = cut(cuts)
    assert sum(item.holds(document) for item in ranges) == 1
    keys = [item.start.key for item in ranges if item.start is not None]
    assert keys == sorted(set(keys))


@given(ranges=st.lists(RANGES, max_size=4), document=DOCUMENTS)
def test_united_ranges_hold_the_same_documents_once(ranges: list[NameRange], document: str):
    """Overlapping choices are the same documents, none of them twice."""
    before = any(item.holds(document) for item in ranges)
    assert sum(item.holds(document) for item in united(ranges)) == before


@given(ranges=st.lists(RANGES, max_size=3), hole=RANGES, document=DOCUMENTS)
def test_a_hole_takes_out_what_is_in_it(ranges: list[NameRange], hole: NameRange, document: str):
    """What is taken out is not left, and nothing else is lost."""
    left = any(item.holds(document) for item in without(ranges, hole))
    wanted = any(item.holds(document) for item in ranges) and not hole.holds(document)
    assert left == wanted


@given(one=RANGES, other=RANGES, document=DOCUMENTS)
def test_common_documents(one: NameRange, other: NameRange, document: str):
    """What two ranges share is in both."""
    common = one.common(other)
    shared = common is not None and common.holds(document)
    assert shared == (one.holds(document) and other.holds(document))
    assert EVERYTHING.holds(document)


def test_paths_are_in_firestores_order():
    """Numeric ids come first and by number, then ids by their bytes, segment by segment."""
    ordered = [
        "c/__id-5__",
        "c/__id7__",
        "c/__id10__",
        "c/A",
        "c/a",
        "c/a/d/x",
        "c/a b",
        "c/a\u00e9",
        "c/b",
        "c b/a",
    ]
    assert sorted([*ordered[5:], *ordered[:5]], key=path_key) == ordered


@given(records=RECORDS)
def test_documents_survive_a_file(records: list[DocumentRecord]):
    """What is written is read, and the same documents give the same bytes."""
    content = write_file(records)
    assert list(read_file(content, subject="f")) == records
    assert write_file(records) == content


@pytest.mark.parametrize("path", ["", "c", "/", "c/", "/d", "c//d/e", "c/d/e"])
def test_a_path_of_no_document_is_refused(path: str):
    """Whoever wrote the file: what walks a path by its segments would stop in the middle."""
    content = write_file([DocumentRecord(path, b"", 1, 1)])
    with pytest.raises(UnsafeNameError, match="is not the path of a document"):
        list(read_file(content, subject="f"))


SAMPLE = [
    DocumentRecord(f"c/d{number}", bytes([number]) * 40, number, number) for number in range(50)
]
FILE = write_file(SAMPLE)


@given(at=st.integers(0, len(FILE) - 1), bit=st.integers(0, 7))
def test_a_flipped_bit_never_crashes_a_reader(at: int, bit: int):
    """A damaged file is told of, or its documents differ or are as they were: nothing else."""
    spoilt = bytearray(FILE)
    spoilt[at] ^= 1 << bit
    try:
        found = list(read_file(bytes(spoilt), subject="f"))
    except BackupDamagedError:
        return
    assert all(isinstance(record, DocumentRecord) for record in found)


@given(end=st.integers(0, len(FILE) - 1))
def test_a_cut_file_is_damaged_or_shorter(end: int):
    """A file that lost its end never gives all documents."""
    try:
        found = list(read_file(FILE[:end], subject="f"))
    except AvroDamagedError:
        return
    assert len(found) < len(SAMPLE)


@given(records=RECORDS, order=st.randoms(use_true_random=False), at=st.integers(0, 8))
def test_fingerprints_of_documents(records: list[DocumentRecord], order, at: int):  # noqa: ANN001 - a Random
    """Order and times do not matter, disjoint sets add up, and any other content shows."""
    shuffled = [record._replace(update_time_nanos=1) for record in records]
    order.shuffle(shuffled)
    whole = tallied(records)
    assert tallied(shuffled).fingerprint() == whole.fingerprint()
    parts = [tallied(records[:at]), tallied(records[at:])]
    assert combined_collections(part.collections() for part in parts) == whole.collections()
    if records:
        changed = records[0]._replace(fields=records[0].fields + b"\0")
        assert tallied([changed, *records[1:]]).fingerprint() != whole.fingerprint()
        moved = records[0]._replace(path=f"{records[0].path[:-1]}~")
        assert tallied([moved, *records[1:]]).fingerprint() != whole.fingerprint()


def test_a_files_name_says_its_attempt():
    """A name that is built is read back; of another run or database, or shape, it is refused."""
    name = document_file_name(RUN, "(default)", attempt=7, name_range=3, number=12)
    assert attempt_of(name, run_id=RUN, database_id="(default)") == 7
    for run_id, database_id, wrong in (
        (BASE_RUN, "(default)", name),
        (RUN, "other", name),
        (RUN, "(default)", f"{name}x"),
        (RUN, "(default)", name.replace("/007/", "/../")),
        (RUN, "(default)", name.replace("/007/", "/7/")),
    ):
        with pytest.raises(UnsafeNameError):
            attempt_of(wrong, run_id=run_id, database_id=database_id)
    with pytest.raises(UnsafeNameError):
        document_file_name(RUN, "../x", attempt=1, name_range=1, number=1)
