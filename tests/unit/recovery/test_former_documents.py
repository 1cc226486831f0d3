"""What a recovery keeps for its undo is believed as far as a journal says what it is."""

from typing import cast

import pytest

from manifests.cloud.objects import Bucket
from manifests.documents import DocumentRecord, write_file
from manifests.errors import ObjectChangedError, ObjectMissingError
from manifests.journal_layout import JournalNames
from manifests.layout import recovery_begun_at
from manifests.store.envelope import encode
from manifests.store.seal import Seal
from recovery.journal import Journal
from recovery.kinds.former import FOLDER, Former
from recovery.kinds.former_documents import FormerDocuments
from recovery.undo.archives import FormerArchives
from recovery.undo.former_rules import check_former, decided
from recovery.undo.model import UndoStep
from recovery.undo.once import ReadOnce
from tests.unit.memory import MemoryBucket
from tests.unit.samples import GAMES

RECOVERY = "firestore-state-loss-20261124T080000Z-abcd"
NAMES = JournalNames(RECOVERY)
OURS = DocumentRecord("a/ours", b"before", 1, 2)
THEIRS = DocumentRecord("a/theirs", b"planted", 1, 2)


def kept(bucket: MemoryBucket) -> FormerDocuments:
    """Return what is kept of a database, read anew."""
    bucket.written_at = recovery_begun_at(RECOVERY)
    landing = cast("Bucket", bucket)
    return FormerDocuments(landing, Journal(landing, RECOVERY, Seal()), RECOVERY, "(default)")


def test_documents_go_back_of_files_that_the_journal_names():
    """A file that lies beside them is none, and one with another content is not what was kept."""
    bucket = MemoryBucket()
    keeping = kept(bucket)
    keeping.keep([OURS])
    keeping.keep([OURS], are_removed=True)
    planted = write_file([THEIRS])
    for are_removed in (False, True):
        bucket.objects[NAMES.undo_file("(default)", planted, are_removed=are_removed)] = planted
    found = kept(bucket)
    assert (found.replaced(), found.removed()) == ({"a/ours": OURS}, {"a/ours": OURS})
    own = NAMES.undo_file("(default)", write_file([OURS]), are_removed=False)
    bucket.objects[own] = planted
    assert found.replaced() == {"a/ours": OURS}
    with pytest.raises(ObjectChangedError, match="not what was kept"):
        kept(bucket).replaced()
    with pytest.raises(ObjectChangedError, match="not what was kept"):
        kept(bucket).keep([OURS])
    del bucket.objects[own]
    with pytest.raises(ObjectMissingError, match="not kept any more"):
        kept(bucket).replaced()


def test_a_function_is_built_from_what_was_kept_and_from_nothing_else():
    """Each archive is read once, and is what its name says."""
    bucket = MemoryBucket()
    archives = FormerArchives(cast("Bucket", bucket), RECOVERY)
    ours = NAMES.former_archive(b"ours")
    other, gone = NAMES.former_archive(b"other"), NAMES.former_archive(b"gone")
    bucket.objects |= {ours: b"ours", other: b"evil", "runs/evil.zip": b"evil"}
    assert archives.content(ours) == (b"ours", "")
    bucket.objects[ours] = b"evil"
    assert archives.content(ours) == (b"ours", "")
    for name in (other, "runs/evil.zip"):
        assert archives.content(name) == (None, "is not what lies in its place")
    assert archives.content(gone) == (None, "is not kept any more")


TABLE = {**GAMES, "tableReference": {"projectId": "p", "datasetId": "nba", "tableId": "games"}}


@pytest.mark.parametrize(
    ("kind", "former", "why"),
    [
        ("table", Former(resource={"schema": 7}), "not a table"),
        ("table", Former(resource={"schema": {"fields": []}}), "cannot be checked"),
        ("table", Former(resource={**TABLE, "tableReference": {"datasetId": 1}}), ""),
        ("table", Former(resource=TABLE, policies=({},)), "not a row access policy"),
        ("dataset", Former(resource={"datasetReference": {"datasetId": "other"}}), "is other's"),
        ("bucket", Former(resource={"name": "nba.games"}, access={"bindings": 1}), "access policy"),
        ("pubsub/topic", Former(resource={"name": "projects/p/topics/x"}), "topics/x's"),
    ],
)
def test_what_was_written_down_of_a_wrong_shape_is_a_reason(kind: str, former: Former, why: str):
    """That one thing cannot go back, and the others can."""
    step = UndoStep(kind="table", name="nba.games", into="nba.games", action="leave", why="")

    def look() -> UndoStep:
        check_former(kind, "nba.games", former)
        return step

    found = decided(step, look)
    assert found.action == "cannot"
    assert found.why.startswith("what was kept of it cannot be used: ")
    assert why in found.why
    assert decided(step, lambda: step) == step
    check_former("table", "nba.games", Former(resource=TABLE))


def test_what_an_undo_read_for_its_plan_is_what_it_carries_out():
    """Whoever writes an entry while somebody reads the plan changes nothing that goes back."""
    bucket = MemoryBucket()
    bucket.written_at = recovery_begun_at(RECOVERY)
    landing = cast("Bucket", bucket)
    journal = Journal(landing, RECOVERY, Seal())
    ours, theirs = Former(resource={"a": "ours"}), Former(resource={"a": "theirs"})
    journal.keep(FOLDER, "dataset nba", ours)
    once = ReadOnce(journal)
    assert once.entry(FOLDER, "dataset nba", Former) == ours
    assert once.entries(FOLDER, Former) == (ours,)
    bucket.objects[f"recoveries/{RECOVERY}/before/dataset nba.json"] = encode(theirs)
    assert once.entry(FOLDER, "dataset nba", Former) == ours
    assert once.entries(FOLDER, Former) == (ours,)
    assert ReadOnce(journal).entry(FOLDER, "dataset nba", Former) == theirs
