"""Which documents and objects go back after a recovery, and which were written since."""

from collections.abc import Mapping
from typing import Any

from manifests.documents import DocumentRecord
from manifests.kinds.buckets.model import ObjectSettings, ObjectVersion
from recovery.kinds.buckets.rules.buckets import ObjectCount
from recovery.kinds.former import AsideObject
from recovery.undo.document_rules import (
    GoingDocument,
    RecoveredDocuments,
    going_documents,
    told_of,
    unknown_documents,
)
from recovery.undo.document_rules import digest_of as digest_of_documents
from recovery.undo.object_rules import (
    GoingObject,
    RecoveredObjects,
    digest_of,
    going_objects,
    is_as_before,
    keys_of,
    lost_before,
)
from tests.unit.object_samples import minutes, record, version


def document(path: str, fields: str, *, made: int = 0, written: int = 0) -> DocumentRecord:
    """Return a document; its times are in nanoseconds since 1970."""
    return DocumentRecord(path, fields.encode(), made, written or made)


def documents(
    *live: DocumentRecord,
    stored: Mapping[str, str],
    replaced: tuple[DocumentRecord, ...] = (),
    removed: tuple[DocumentRecord, ...] = (),
) -> tuple[list[tuple[str, str | None]], list[str]]:
    """Return what goes back after a recovery from 100 to 200, and what was written since."""
    going, newer = going_documents(
        RecoveredDocuments(
            since_nanos=100,
            until_nanos=200,
            live={item.path: item for item in live},
            stored={path: fields.encode() for path, fields in stored.items()},
            replaced={item.path: item for item in replaced},
            removed={item.path: item for item in removed},
            same=lambda one, other: one == other,
        )
    )
    assert digest_of_documents(going) == digest_of_documents(list(going))
    return [(it.path, it.before.fields.decode() if it.before else None) for it in going], newer


def test_documents_go_back_to_what_they_were():
    """One that was replaced, one that was removed, and one that the recovery made."""
    going, newer = documents(
        document("a/1", "backup", made=10, written=150),
        document("a/3", "backup", made=150),
        document("a/4", "another's", made=150),
        document("a/5", "backup", made=10),
        stored={"a/1": "backup", "a/3": "backup", "a/5": "backup"},
        replaced=(document("a/1", "before"),),
        removed=(document("a/2", "before"),),
    )
    assert going == [("a/1", "before"), ("a/2", "before"), ("a/3", None)]
    assert newer == []


def test_documents_that_are_back_already_are_nobodys_write():
    """An undo that broke off in the middle goes on."""
    going, newer = documents(
        document("a/1", "before", made=10, written=300),
        document("a/2", "before", made=300),
        document("a/3", "backup", made=10, written=150),
        stored={"a/1": "backup", "a/3": "backup", "a/4": "backup"},
        replaced=(document("a/1", "before"), document("a/3", "before")),
        removed=(document("a/2", "before"),),
    )
    assert going == [("a/3", "before")]
    assert newer == []


def test_documents_that_were_written_since_do_not():
    """After the recovery, or by somebody else while it ran."""
    going, newer = documents(
        document("a/1", "newer", made=10, written=300),
        document("a/2", "again", made=300),
        document("a/3", "newer", made=150, written=300),
        stored={"a/1": "backup", "a/3": "backup", "a/6": "backup"},
        replaced=(document("a/1", "before"), document("a/6", "before")),
        removed=(document("a/2", "before"),),
    )
    assert going == []
    assert newer == ["a/1", "a/2", "a/3", "a/6"]


def test_documents_whose_entries_are_gone_are_counted():
    """Who deletes what was written down of a document would have its undo say that nothing is left."""
    found = RecoveredDocuments(
        since_nanos=100,
        until_nanos=200,
        live={
            item.path: item
            for item in (
                document("a/1", "backup", made=10, written=150),
                document("a/2", "backup", made=150),
                document("a/3", "again", made=300),
                document("a/4", "backup", made=10),
            )
        },
        stored=dict.fromkeys(("a/1", "a/2", "a/3", "a/4", "a/5"), b"backup"),
        replaced={"a/1": document("a/1", "before")},
        removed={"a/6": document("a/6", "before")},
        same=lambda one, other: one == other,
    )
    assert unknown_documents(found, written=4, removed=1) == 0
    assert unknown_documents(found, written=0, removed=0) == 0
    assert unknown_documents(found._replace(replaced={}), written=4, removed=1) == 1
    assert unknown_documents(found._replace(removed={}), written=4, removed=1) == 1


def copy(name: str) -> AsideObject:
    """Return what was written down of a copy; a name that begins with `+` is one of an extra object."""
    before = version(name.removeprefix("+"), b"old")
    return AsideObject(name="undo/x", generation=7, before=before, is_extra=name.startswith("+"))


def recovered(
    *versions: ObjectVersion,
    names: tuple[str, ...] = ("a",),
    aside: tuple[str, ...] = (),
    gone: tuple[str, ...] = (),
    said: tuple[ObjectVersion, ...] = (),
) -> RecoveredObjects:
    """Return what is known after a recovery from minute 1 to 2, whose backup holds `content`."""
    return RecoveredObjects(
        since=minutes(1),
        until=minutes(2),
        versions=versions,
        records={name: record(name) for name in names},
        aside=[copy(name) for name in aside],
        gone=[copy(name) for name in gone],
        said={item.name: item for item in said},
    )


def objects(
    *versions: ObjectVersion, **known: tuple[Any, ...]
) -> tuple[list[tuple[str, bool]], list[str]]:
    """Return what goes back after it, and what was written since."""
    going, newer = going_objects(recovered(*versions, **known))
    assert digest_of(going) == digest_of(list(going))
    return [(item.name, item.before is not None) for item in going], newer


def test_objects_go_back_to_what_they_were():
    """What the bucket keeps itself, what was put aside, and what the recovery made."""
    ours = version("a", created=1.5)
    old = version("a", b"old", ended=1.5)
    assert objects(ours, old) == ([("a", True)], [])
    assert objects(ours, aside=("a",)) == ([("a", True)], [])
    assert objects(ours) == ([("a", False)], [])
    assert objects(aside=("+b",)) == ([("b", True)], [])


def test_objects_that_somebody_else_wrote_stay():
    """While the recovery ran it left them; what was written since is told."""
    theirs = version("a", b"theirs", created=1.5)
    assert objects(theirs) == ([], [])
    before = version("a", created=0.5)
    assert objects(before) == ([], [])
    ended = version("a", created=1.5, ended=3)
    assert objects(version("a", b"new", created=3), ended) == ([], ["a"])
    assert objects(version("b", created=3), aside=("+b",)) == ([], ["b"])


def test_objects_that_are_back_already_are_nobodys_write():
    """An undo that broke off in the middle goes on."""
    ended = version("a", created=1.5, ended=3)
    back, old = version("a", b"old", created=3), version("a", b"old", ended=1.5)
    assert objects(back, old, ended) == ([], [])
    assert objects(back, ended, aside=("a",)) == ([], [])
    assert objects(ended) == ([], [])
    assert objects(version("b", b"old", created=3), aside=("+b",)) == ([], [])


def test_objects_with_names_of_any_length_go_back():
    """What was put aside under a shortened name is found, for its whole name was written down."""
    long = "x" * 1020
    assert objects(version(long, created=1.5), names=(long,), aside=(long,)) == ([(long, True)], [])
    assert objects(aside=(f"+{long}",)) == ([(long, True)], [])


def test_a_copy_that_is_not_there_any_more_puts_nothing_back():
    """Nor does one that somebody wrote in its place: it has another generation. Nothing is deleted."""
    ours = version("a", created=1.5)
    assert objects(ours, gone=("a",)) == ([], ["a"])
    assert recovered(ours, gone=("a",)).made == 0
    assert objects(gone=("+b",)) == ([], ["b"])
    assert objects(version("b", b"old", created=3), gone=("+b",)) == ([], [])
    assert "of 1 it was written down" in lost_before(0, [], earlier=0, moved=2, extra=1)
    assert lost_before(0, [], earlier=0, moved=1, extra=1) == ""


def test_a_journal_names_no_key_for_what_keeps_its_own():
    """A version keeps its key; what gets one that only the journal names is told."""
    ours = version("a", created=0.5)
    keyed = ours._replace(settings=ObjectSettings(content_type="text/wrong", kms_key="theirs"))
    assert objects(ours, said=(keyed,)) == ([], ["a"])
    aside = AsideObject(name="undo/a", generation=7, before=keyed, is_extra=False)
    going = [
        GoingObject("a", keyed, aside, version("a")),
        GoingObject("b", keyed, None, version("b"), is_said=True),
        GoingObject("c", keyed, None, version("c")),
    ]
    assert keys_of(going, ()) == {"theirs": ["a", "b"]}
    assert keys_of(going, ("theirs",)) == {}
    other = aside.model_copy(update={"generation": 8})
    changed = [going[0]._replace(aside=other), *going[1:]]
    assert digest_of(changed) != digest_of(going)


def test_an_object_that_is_called_extra_is_one_that_was_replaced():
    """What is moved aside lies beside it."""
    name = "extra/b"
    ours = version(name, created=1.5)
    assert objects(ours, names=(name,), aside=(name,)) == ([(name, True)], [])


def test_nothing_is_deleted_that_stands_where_something_was():
    """What was there before expires, while the recovery's own objects seem to be new."""
    ours, old = version("a", created=1.5), version("a", b"old", ended=1.5)
    made = recovered(ours).made
    replaced = ObjectCount(damage="overwritten", source="vault", objects=1, size_bytes=7)
    missing = replaced.model_copy(update={"damage": "missing"})
    assert "of 0 it is known" in lost_before(made, [replaced], earlier=recovered(ours).earlier)
    assert "not kept" in lost_before(made, [], earlier=0)
    assert lost_before(made, [missing], earlier=0) == ""
    both_known = recovered(ours, old)
    assert lost_before(both_known.made, [replaced], earlier=both_known.earlier) == ""
    # One that was missing, and that somebody wrote or deleted since, is one of those that were.
    both = ("a", "b")
    deleted = version("b", created=1.5, ended=3)
    for since in ((deleted,), (deleted, version("b", b"new", created=3))):
        assert recovered(ours, *since, names=both).made == len(both)


def test_writers_do_not_make_up_for_what_is_not_known_of_what_was_replaced():
    """As many of what was made were written since as of what was replaced is not known: none is deleted."""
    replaced = ObjectCount(damage="overwritten", source="vault", objects=1, size_bytes=7)
    missing = replaced.model_copy(update={"damage": "missing"})
    # Of two that it wrote, `b` was there before; the bucket keeps no versions, and `a` was written since.
    found = recovered(version("a", b"new", created=3), version("b", created=1.5), names=("a", "b"))
    assert found.made == missing.objects
    assert lost_before(found.made, [replaced, missing], earlier=found.earlier)
    for known in ({"aside": ("b",)}, {"gone": ("b",)}):
        told = recovered(*found.versions, names=("a", "b"), **known)
        assert lost_before(told.made, [replaced, missing], earlier=told.earlier) == ""
    extra = recovered(*found.versions, names=("a", "b"), aside=("+c",))
    assert extra.earlier == 0


def test_what_is_said_of_an_object_goes_back_where_it_was_written_down():
    """Its content stayed; what was said since by somebody else is left and told."""
    ours = version("a", created=0.5)
    wrong = ours._replace(settings=ObjectSettings(content_type="text/wrong"))
    other = ours._replace(settings=ObjectSettings(content_type="text/other"))
    assert objects(ours, said=(wrong,)) == ([("a", True)], [])
    assert objects(wrong, said=(wrong,)) == ([], [])
    assert objects(other, said=(wrong,)) == ([], ["a"])
    assert objects(version("a", b"new", created=3), said=(wrong,)) == ([], ["a"])
    assert objects(said=(wrong,)) == ([], ["a"])
    anew = version("a", created=1.5)
    assert objects(anew, said=(wrong,)) == ([("a", True)], [])
    assert not is_as_before(wrong, ours)
    only_said = ObjectCount(damage="metadata changed", source="metadata", objects=1, size_bytes=7)
    assert "that was not kept" in lost_before(0, [only_said], earlier=0)
    assert lost_before(0, [only_said], said=1, earlier=0) == ""


def test_what_was_said_since_of_an_object_that_was_written_stays():
    """Its content is the recovery's; what is said of it is somebody else's, and newer."""
    ours, old = version("a", created=1.5), version("a", b"old", ended=1.5)
    other = ours._replace(settings=ObjectSettings(content_type="text/other"))
    assert objects(other._replace(updated_at=minutes(3)), old) == ([], ["a"])
    assert objects(other._replace(updated_at=minutes(1.6)), old) == ([("a", True)], [])
    assert objects(ours._replace(updated_at=minutes(3)), old) == ([("a", True)], [])


def test_of_many_documents_the_first_are_named_and_the_rest_counted():
    """What comes back is not hidden behind what goes, and no list ends as if it were whole."""
    gone = [GoingDocument(f"a/{n:02}", None, document(f"a/{n:02}", "x")) for n in range(29)]
    back = GoingDocument("b/1", document("b/1", "before"), None)
    told = told_of([*gone, back])
    assert (told[:2], told[-1], len(told)) == (("b/1 as it was", "a/00 goes"), "... 20 more", 11)
    assert told_of(gone[:10]) == tuple(f"a/{n:02} goes" for n in range(10))
