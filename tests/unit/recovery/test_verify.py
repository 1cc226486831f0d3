import pytest

from manifests.errors import BackupDamagedError
from manifests.model.run import AbandonedObject
from manifests.values import ObjectInfo, StoredObject
from recovery.compare.findings import Finding
from recovery.verify import (
    ReadFile,
    Verdict,
    compare_file,
    compare_listing,
    extra_objects,
    kit_findings,
    other_generations,
)
from tests.unit.samples import BASE_RUN, RUN, games, manifest

STORED = games().objects[0]


def listing() -> dict[str, ObjectInfo]:
    """Return what the vault lists when everything is as it should be."""
    listed = [item for table in manifest().tables for item in table.objects]
    abandoned = [
        ObjectInfo(name=item.name, size_bytes=1, crc32c="", generation=item.generation)
        for item in manifest().abandoned
    ]
    return {item.name: item for item in (*listed, *abandoned)}


def compare(listed: dict[str, ObjectInfo]) -> list[tuple[str, str, str]]:
    """Return subject, aspect and actual value of each finding."""
    found = compare_listing(manifest().tables, listed)
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
    ],
)
def test_a_changed_object_is_found(changes: dict[str, object], aspect: str):
    """An object that was replaced is found by each of its properties."""
    listed = listing()
    listed[STORED.name] = listed[STORED.name].model_copy(update=changes)
    assert compare(listed) == [(STORED.name, aspect, str(*changes.values()))]


def test_another_generation_is_no_damage():
    """The same content under another generation is counted apart; other content stays damage."""
    listed = listing()
    listed[STORED.name] = listed[STORED.name].model_copy(update={"generation": 5})
    assert compare(listed) == []
    assert other_generations(manifest().tables, listed) == 1
    listed[STORED.name] = listed[STORED.name].model_copy(update={"crc32c": "AAAAAA=="})
    assert compare(listed) == [(STORED.name, "crc32c", "AAAAAA==")]
    assert other_generations(manifest().tables, listed) == 0
    assert other_generations(manifest().tables, listing()) == 0


@pytest.mark.parametrize(
    "name",
    [
        "tables/nba.games/20240101/001/000000000000.avro",
        "extra.avro",
        "manifest.json.bak",
        "receipts/extra.json",
        "receipts/tables/deeper/nba.games.json",
        "attempts/x.avro",
        "buckets/raw/inventory/0000-000000.avro",
        "buckets/raw/ranges.json",
        "databases/(default)/000/000000000000.avro",
        "databases/(default)/000/ranges.json",
    ],
)
def test_an_extra_object_is_found(name: str):
    """Whatever is in the run's folder and belongs to no document of the run is told of."""
    name = f"runs/{RUN}/{name}"
    (found,) = extra_objects(manifest(), [*listing(), name])
    assert (found.subject, found.text) == (name, "object is not in the manifest")


def test_what_belongs_to_a_run_is_not_extra():
    """The run's own records, files of interrupted attempts and those of earlier runs are known."""
    own = (
        "start.json",
        "manifest.json",
        "receipts/tables/nba.games.json",
        "attempts/20261124.json",
    )
    names = [*listing(), *(f"runs/{RUN}/{name}" for name in own)]
    assert any(name.startswith(f"runs/{BASE_RUN}/") for name in names)
    assert extra_objects(manifest(), names) == ()


def test_a_kit_is_looked_for_where_a_run_names_one():
    """One that is gone or another is told; it is no extra object, and one that never was is not missed."""
    kit = ObjectInfo(name=f"runs/{RUN}/kit/{'0' * 32}.zip", size_bytes=9, crc32c="x", generation=1)
    with_kit = manifest(kit=kit)
    assert kit_findings(manifest(), {}) == ()
    assert kit_findings(with_kit, {kit.name: kit}) == ()
    assert extra_objects(with_kit, [*listing(), kit.name]) == ()
    assert [item.subject for item in extra_objects(manifest(), [*listing(), kit.name])] == [
        kit.name
    ]
    assert [item.actual for item in kit_findings(with_kit, {})] == ["missing"]
    other = kit.model_copy(update={"crc32c": "y"})
    assert [item.aspect for item in kit_findings(with_kit, {kit.name: other})] == ["crc32c"]


def test_only_the_chosen_tables_are_looked_for():
    """Files of tables that are not restored are no findings when they are missing."""
    assert compare_listing(manifest().tables[1:2], {}) != ()
    found = compare_listing((), {})
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


@pytest.mark.parametrize(
    ("aspect", "expected", "actual", "text"),
    [
        ("crc32c", "a", "b", "crc32c is b, not a"),
        ("object", "there", "missing", "object is missing"),
        ("dataset", "there", "gone", "dataset is gone"),
        ("object", "not there", "not in the manifest", "object is not in the manifest"),
        ("inventory", "whole", "its bytes are others", "inventory: its bytes are others"),
        ("content", "measured", "could not be measured", "content: could not be measured"),
    ],
)
def test_findings_are_read_by_people(aspect: str, expected: str, actual: str, text: str):
    """A finding is one readable sentence, whatever differs."""
    assert Finding(subject="o", aspect=aspect, expected=expected, actual=actual).text == text


def test_verdicts_add_up():
    """Every count of two verdicts is added."""
    one = Verdict(
        objects=5, read_bytes=4, findings=(), contents=3, contents_read=2, other_generations=1
    )
    two = one.with_more(one)
    assert two.model_dump() == {
        "objects": 10,
        "read_bytes": 8,
        "findings": (),
        "contents": 6,
        "contents_read": 4,
        "buckets": (),
        "other_generations": 2,
    }
