"""What goes back after a recovery, and what does not: a newer write is never lost."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from manifests.documents import DocumentRecord
from manifests.errors import NotEqualError, PartialError, UsageError
from manifests.kinds.buckets.model import ObjectVersion
from manifests.values import Resource
from recovery.kinds.buckets.rules.buckets import ObjectCount
from recovery.kinds.resources.rules.steps import ResourceOutcome
from recovery.kinds.tables.rules.definitions import DefinitionStep
from recovery.kinds.tables.rules.outcomes import DatasetOutcome, DefinitionOutcome, TableOutcome
from recovery.naming import bounded
from recovery.report.text import text_of
from recovery.undo.document import undo_document, undo_plan_document
from recovery.undo.document_rules import Recovered as RecoveredDocuments
from recovery.undo.document_rules import digest_of as digest_of_documents
from recovery.undo.document_rules import going_documents
from recovery.undo.model import UndoOutcome, UndoPlan, UndoReport, UndoStep
from recovery.undo.object_rules import (
    GoingObject,
    Recovered,
    digest_of,
    going_objects,
    lost_before,
)
from recovery.undo.rules import chosen, left_of, undo_definition, undo_error, undo_other, undo_table
from tests.unit.object_samples import minutes, record, version
from tests.unit.samples import POINT

BEGAN = POINT + timedelta(hours=7)
ENDED = POINT + timedelta(hours=8)
UNDO = "platform.rebound_undo.x"


def at(moment: Any = ENDED, **more: Any) -> Resource:  # noqa: ANN401 - a datetime, fields of a resource
    """Return a table that was last changed then."""
    changed = str(int(moment.timestamp() * 1000))
    made = str(int(BEGAN.timestamp() * 1000))
    times = {"creationTime": made, "lastModifiedTime": changed}
    return {"etag": "e", "schema": {"fields": []}, **times, **more}


def table(**changes: Any) -> TableOutcome:  # noqa: ANN401 - fields of the model
    """Return how a table ended that a recovery replaced."""
    made = TableOutcome(name="nba.games", into="nba.games", action="fill", undo=UNDO)
    return made.model_copy(update=changes)


@pytest.mark.parametrize(
    ("outcome", "live", "kept", "action", "why"),
    [
        (table(), at(), at(), "put back", "as it was before"),
        (table(), None, at(), "put back", "as it was before"),
        (table(), at(), None, "cannot", "not kept any more"),
        (table(), at(ENDED + timedelta(seconds=1)), at(), "cannot", "after the recovery ended"),
        (table(), at(streamingBuffer={"estimatedRows": "1"}), at(), "cannot", "streamed into it"),
        (table(undo=""), at(), None, "cannot", "was not kept"),
        (table(undo="", action="create"), at(), None, "remove", "the recovery made it"),
        (
            table(undo="", action="create"),
            at(creationTime="0"),
            None,
            "cannot",
            "before the recovery",
        ),
        (table(undo="", action="create"), None, None, "leave", "gone already"),
        (table(undo="", action="leave"), at(), None, "leave", "left it as it was"),
    ],
)
def test_a_table_goes_back_where_nobody_wrote_since(
    outcome: TableOutcome, live: Resource | None, kept: Resource | None, action: str, why: str
):
    """What was replaced is put back, what was made is removed, the rest is told with its reason."""
    step = undo_table(outcome, live, kept, began_at=BEGAN, ended_at=ENDED)
    assert step.action == action
    assert why in step.why


@pytest.mark.parametrize(
    ("replaced", "live", "action"),
    [
        ({"view": {"query": "SELECT 2"}}, at(), "put back"),
        (None, at(), "remove"),
        (None, None, "leave"),
        ({"view": {"query": "SELECT 2"}}, at(ENDED + timedelta(seconds=1)), "cannot"),
    ],
)
def test_a_view_goes_back_to_what_the_plan_saw(
    replaced: Resource | None, live: Resource | None, action: str
):
    """The plan of the recovery holds what was there."""
    outcome = DefinitionOutcome(
        kind="view", name="nba.v", into="nba.v", action="replace" if replaced else "create"
    )
    planned = DefinitionStep(
        kind="view",
        name="nba.v",
        into="nba.v",
        action="replace" if replaced else "create",
        replaced=replaced,
    )
    step = undo_definition(outcome, planned, live, began_at=BEGAN, ended_at=ENDED)
    assert step.action == action
    assert step.before == replaced
    unmade = outcome.model_copy(update={"unmade": "no such table"})
    left = undo_definition(unmade, planned, live, began_at=BEGAN, ended_at=ENDED)
    assert left.action == "leave"


def test_what_has_no_undo_point_is_told():
    """A dataset that was made stays; settings and resources do not go back."""
    made = DatasetOutcome(name="nba", into="nba", action="create")
    assert undo_other(made).action == "leave"
    assert undo_other(made.model_copy(update={"action": "set"})).action == "cannot"
    topic = ResourceOutcome(name="t", into="t", action="create", type="pubsub/topic")
    assert (undo_other(topic).kind, undo_other(topic).action) == ("resource", "cannot")
    left = topic.model_copy(update={"action": "leave"})
    assert undo_other(left).action == "leave"


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


def objects(
    *versions: ObjectVersion, names: tuple[str, ...] = ("a",), aside: tuple[str, ...] = ()
) -> tuple[list[tuple[str, bool]], list[str]]:
    """Return what goes back after a recovery from minute 1 to 2, whose backup holds `content`."""
    going, newer = going_objects(
        Recovered(
            since=minutes(1),
            until=minutes(2),
            versions=versions,
            records={name: record(name) for name in names},
            aside={name: version(name, b"old") for name in (bounded("undo/", it) for it in aside)},
            folder="undo/",
        )
    )
    assert digest_of(going) == digest_of(list(going))
    return [(item.name, item.before is not None) for item in going], newer


def test_objects_go_back_to_what_they_were():
    """What the bucket keeps itself, what was put aside, and what the recovery made."""
    ours = version("a", created=1.5)
    old = version("a", b"old", ended=1.5)
    assert objects(ours, old) == ([("a", True)], [])
    assert objects(ours, aside=("a",)) == ([("a", True)], [])
    assert objects(ours) == ([("a", False)], [])
    assert objects(aside=("extra/b",)) == ([("b", True)], [])


def test_objects_that_somebody_else_wrote_stay():
    """While the recovery ran it left them; what was written since is told."""
    theirs = version("a", b"theirs", created=1.5)
    assert objects(theirs) == ([], [])
    before = version("a", created=0.5)
    assert objects(before) == ([], [])
    ended = version("a", created=1.5, ended=3)
    assert objects(version("a", b"new", created=3), ended) == ([], ["a"])
    assert objects(version("b", created=3), aside=("extra/b",)) == ([], ["b"])


def test_objects_that_are_back_already_are_nobodys_write():
    """An undo that broke off in the middle goes on."""
    ended = version("a", created=1.5, ended=3)
    back, old = version("a", b"old", created=3), version("a", b"old", ended=1.5)
    assert objects(back, old, ended) == ([], [])
    assert objects(back, ended, aside=("a",)) == ([], [])
    assert objects(ended) == ([], [])
    assert objects(version("b", b"old", created=3), aside=("extra/b",)) == ([], [])


def test_objects_with_names_of_any_length_go_back():
    """What was put aside under a shortened name is found; of an extra one the name is not known."""
    long = "x" * 1020
    assert objects(version(long, created=1.5), names=(long,), aside=(long,)) == ([(long, True)], [])
    going, newer = objects(aside=(f"extra/{long}",))
    assert (going, len(newer)) == ([], 1)


def test_an_object_that_is_called_extra_is_one_that_was_replaced():
    """What is moved aside lies beside it."""
    name = "extra/b"
    ours = version(name, created=1.5)
    assert objects(ours, names=(name,), aside=(name,)) == ([(name, True)], [])


def test_nothing_is_deleted_that_stands_where_something_was():
    """What was there before expires, while the recovery's own objects seem to be new."""
    ours = GoingObject("a", None, "", version("a", created=1.5))
    replaced = ObjectCount(damage="overwritten", source="vault", objects=1, size_bytes=7)
    missing = replaced.model_copy(update={"damage": "missing"})
    assert "not kept" in lost_before([ours], [replaced])
    assert "not kept" in lost_before([ours], [])
    assert lost_before([ours], [replaced, missing]) == ""
    assert lost_before([ours._replace(before=version("a", b"old"))], [replaced]) == ""


STEPS = (
    UndoStep(kind="table", name="nba.games", into="x_nba.games", action="put back", why="so"),
    UndoStep(kind="view", name="nba.v", into="x_nba.v", action="cannot", why="it was written"),
)
PLAN = UndoPlan(recovery_id="r", project="platform", ended_at=ENDED, until=ENDED, steps=STEPS)


def test_single_parts_are_named_by_either_name():
    """What the recovery did not touch is refused."""
    assert chosen(STEPS, []) == STEPS
    assert chosen(STEPS, ["nba.games"]) == STEPS[:1]
    assert chosen(STEPS, ["x_nba.v"]) == STEPS[1:]
    with pytest.raises(UsageError, match="touched no nba"):
        chosen(STEPS, ["nba.odds"])


def test_how_an_undo_ends():
    """What is not as before is worse than what did not go back; both are told."""
    done = UndoOutcome(kind="table", name="nba.games", into="nba.games", action="put back")
    report = UndoReport(
        recovery_id="r", began_at=ENDED, finished_at=ENDED, outcomes=(done,), left=()
    )
    assert undo_error(report) is None
    left = report.model_copy(update={"left": left_of(PLAN)})
    assert isinstance(undo_error(left), PartialError)
    failed = left.model_copy(update={"outcomes": (done.model_copy(update={"failure": "no"}),)})
    assert isinstance(undo_error(failed), NotEqualError)
    assert "CANNOT" in text_of(undo_plan_document(PLAN))
    assert "0 of 1 thing proven" in text_of(undo_document(failed))
    assert "nba.v: it was written" in text_of(undo_document(failed))
