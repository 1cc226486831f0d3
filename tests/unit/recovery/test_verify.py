import pytest

from manifests.errors import BackupDamagedError
from manifests.model import AbandonedObject, StoredObject
from manifests.store import ObjectInfo
from recovery.compare import Finding
from recovery.verify import ReadFile, Verdict, compare_file, compare_listing
from tests.unit.samples import BASE_RUN, RUN, games, manifest

STORED = games().objects[0]


def listing() -> dict[str, ObjectInfo]:
    """Return what the vault lists when everything is as it should be."""
    objects = [item for table in manifest().tables for item in table.objects]
    listed = [
        ObjectInfo(
            name=item.name,
            size_bytes=item.size_bytes,
            crc32c=item.crc32c,
            generation=item.generation,
        )
        for item in objects
    ]
    abandoned = [
        ObjectInfo(name=item.name, size_bytes=1, crc32c="", generation=item.generation)
        for item in manifest().abandoned
    ]
    return {item.name: item for item in (*listed, *abandoned)}


def compare(listed: dict[str, ObjectInfo]) -> list[tuple[str, str, str]]:
    """Return subject, aspect and actual value of each finding."""
    found = compare_listing(manifest(), manifest().tables, listed)
    return [(item.subject, item.aspect, item.actual) for item in found]


def test_a_backup_that_is_what_it_says():
    """Objects as listed are no findings; those of interrupted attempts are known."""
    assert compare(listing()) == []


@pytest.mark.parametrize("stored", [item for table in manifest().tables for item in table.objects])
def test_each_missing_object_is_found(stored: StoredObject):
    """A missing file is found, also one that an earlier run wrote."""
    listed = listing()
    del listed[stored.name]
    assert compare(listed) == [(stored.name, "object", "missing")]


@pytest.mark.parametrize(
    ("changes", "aspect"),
    [
        ({"size_bytes": 1}, "size in bytes"),
        ({"crc32c": "AAAAAA=="}, "crc32c"),
        ({"generation": 5}, "generation"),
    ],
)
def test_a_changed_object_is_found(changes: dict[str, object], aspect: str):
    """An object that was replaced is found by each of its properties."""
    listed = listing()
    listed[STORED.name] = listed[STORED.name].model_copy(update=changes)
    assert compare(listed) == [(STORED.name, aspect, str(*changes.values()))]


def test_an_extra_object_is_found():
    """A file in the run's folder that the manifest does not know is told of."""
    listed = listing()
    for run_id, is_extra in ((RUN, True), (BASE_RUN, False)):
        name = f"runs/{run_id}/tables/nba.games/20240101/001/000000000000.avro"
        listed[name] = ObjectInfo(name=name, size_bytes=1, crc32c="", generation=1)
        assert ((name, "object", "extra") in compare(listed)) == is_extra


def test_only_the_chosen_tables_are_looked_for():
    """Files of tables that are not restored are no findings when they are missing."""
    assert compare_listing(manifest(), manifest().tables[1:2], {}) != ()
    found = compare_listing(manifest(), (), {})
    assert found == ()


def test_an_abandoned_object_may_be_gone():
    """No restore reads it, so that nobody misses it."""
    listed = listing()
    (abandoned,) = manifest().abandoned
    assert isinstance(abandoned, AbandonedObject)
    del listed[abandoned.name]
    assert compare(listed) == []


GOOD = ReadFile(size_bytes=STORED.size_bytes, crc32c=STORED.crc32c, row_count=STORED.row_count)


@pytest.mark.parametrize(
    ("changes", "aspect"),
    [
        ({"size_bytes": 1}, "size in bytes"),
        ({"crc32c": "AAAAAA=="}, "crc32c of its bytes"),
        ({"row_count": 5}, "row count"),
        ({"problem": "the file ends in the middle of a block"}, "file"),
    ],
)
def test_the_bytes_are_compared(changes: dict[str, object], aspect: str):
    """What is read has to be what the manifest says; what cannot be read is damage."""
    assert compare_file(STORED, GOOD) == ()
    (found,) = compare_file(STORED, GOOD.model_copy(update=changes))
    assert (found.subject, found.aspect) == (STORED.name, aspect)
    assert found.actual == str(*changes.values())


def test_a_file_nobody_read_is_not_equal():
    """An empty answer never passes."""
    assert len(compare_file(STORED, ReadFile())) == 3


def test_damage_is_refused():
    """A backup with findings is refused; the first is told, the others counted."""
    finding = Finding(subject="o", aspect="crc32c", expected="a", actual="b")
    Verdict(objects=3, read_bytes=0, findings=()).require(RUN)
    with pytest.raises(BackupDamagedError) as one:
        Verdict(objects=3, read_bytes=0, findings=(finding,)).require(RUN)
    assert one.value.message == "o: crc32c is b, not a"
    assert f"rebound verify {RUN}" in one.value.hint
    with pytest.raises(BackupDamagedError) as three:
        Verdict(objects=3, read_bytes=0, findings=(finding,) * 3).require(RUN)
    assert three.value.message == "o: crc32c is b, not a and 2 more"
    assert three.value.exit_code == 4
