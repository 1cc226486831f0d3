"""A plan that somebody approved is carried out as it is, or not at all."""

from datetime import timedelta
from typing import Any

import pytest

from manifests.documents import DocumentRecord
from manifests.errors import RefusedError, UsageError
from manifests.signing import Trust
from recovery.compare.documents import DatabaseState, StateTally, joined
from recovery.kinds.databases.rules.seen import DatabasesSeen
from recovery.kinds.tables.rules.seen import TablesSeen
from recovery.listening import Listening
from recovery.plan.approval import (
    approved,
    decided_of_recovery,
    plan_file,
    read_plan,
    seen_digest,
)
from recovery.plan.model import Plan
from recovery.report.text import text_of
from recovery.undo.document import undo_plan_document
from recovery.undo.model import Notified, Starts, UndoPlan, UndoStep
from recovery.undo.rules import decided
from tests.unit.samples import GAMES, POINT
from tests.unit.worlds import EQUAL, GONE, OTHER, now, plan, world


def held(was: Plan, would_be: Plan) -> Plan:
    """Return what is planned now, if it is what was approved."""
    return approved(was, would_be, decided_of_recovery, subject="p")


def test_a_plan_comes_back_from_its_file():
    """What is read is what was written, and is carried out when the world is the same."""
    made = plan(world(games=GONE))
    content = plan_file("recovery", made, made_at=POINT).model_dump(mode="json")
    found = read_plan(content, "recovery", Plan, subject="p")
    assert held(found, plan(world(games=GONE))) == made


@pytest.mark.parametrize(
    "content", [None, "", [], {}, {"made_at": "2026-11-24T08:01:00Z", "plan": {}}], ids=repr
)
def test_what_is_no_plan(content: object):
    """Anything else is refused with the place that does not fit."""
    with pytest.raises(UsageError, match="not a plan that `rebound plan --out` wrote"):
        read_plan(content, "recovery", Plan, subject="p")


def test_the_world_moved():
    """What would be planned otherwise is named, and so is another request."""
    made = plan(world(games=GONE))
    for other, named in (
        (plan(world()), "nba.games"),
        (plan(world(games=GONE), exact=True), "the request"),
        (made.model_copy(update={"seen": "other"}), "something that it saw was written since"),
    ):
        with pytest.raises(RefusedError, match=f"not what the plan saw: {named}"):
            held(made, other)


OTHERWISE: dict[str, object] = {
    "recovery_point": POINT + timedelta(minutes=1),
    "not_held": ("bucket raw",),
    "cannot_bring_back": ("one more",),
    "left_out": ("table nba.secret",),
    "leaning": ("table nba.games",),
    "left_alone": ("table nba.games",),
    "foreign": "another platform",
    "run_id": "other",
    "manifest_digest": "sha256:0",
}


@pytest.mark.parametrize("field", OTHERWISE)
def test_a_file_that_somebody_changed(field: str):
    """What a plan says beside its steps is held against what would be planned as well."""
    made = plan(world(games=GONE))
    changed = made.model_copy(update={field: OTHERWISE[field]})
    for was, would_be in ((changed, made), (made, changed)):
        with pytest.raises(RefusedError, match="not what the plan saw"):
            held(was, would_be)


def test_a_step_that_somebody_added():
    """Of two steps of one name each counts; what is carried out is what is planned now."""
    made = plan(world(games=GONE))
    step = next(step for step in made.steps if step.name == "nba.games")
    forged = step.model_copy(update={"action": "replace"})
    with_more = made.model_copy(update={"steps": (forged, *made.steps)})
    with pytest.raises(RefusedError, match=r"not what the plan saw: nba\.games"):
        held(with_more, made)


def test_what_would_be_replaced():
    """A view that is written again is another world; one that BigQuery refreshed is the same."""

    def seen(query: str, etag: str) -> Plan:
        found = world()
        view = {**(found.definitions["nba.latest games"] or {}), "view": {"query": query}}
        told = {"etag": etag, "lastModifiedTime": etag}
        changed = {**found.definitions, "nba.latest games": {**view, **told}}
        return plan(found.model_copy(update={"definitions": changed}))

    made, again = seen("SELECT 1", "1"), seen("SELECT 1", "2")
    assert held(made, again) is again
    with pytest.raises(RefusedError, match=r"not what the plan saw: view nba\.latest games"):
        held(made, seen("SELECT 2", "1"))


def digest(observed: TablesSeen) -> str:
    """Return the digest of what a plan of tables saw."""
    return seen_digest({"tables": observed})


def test_what_was_seen():
    """Rows that change are seen; what changes without anybody's doing is not."""
    seen = digest(world())
    later = world().model_copy(update={"observed_at": POINT + timedelta(days=1)})
    assert digest(later) == seen
    assert digest(world(games=now(EQUAL, numTimeTravelPhysicalBytes="9"))) == seen
    assert digest(world(games=now(EQUAL | {"20250101": OTHER}))) != seen
    assert digest(world(games=now(EQUAL, lastModifiedTime="7"))) != seen
    assert digest(world(games=GONE)) != seen
    assert "lastModifiedTime" not in GAMES


def _state(*live: DocumentRecord) -> DatabaseState:
    """Return how two documents of a backup compare with those that are there."""
    was = [DocumentRecord(path, b"x", 1, 50) for path in ("c/a", "c/b")]
    tally, later = StateTally(), StateTally()
    for pair in joined(was, live, recovery_point_nanos=100):
        tally.add(pair)
    tally.merge(later)
    return tally.state(exists=True)


def test_what_was_seen_of_documents():
    """Another write or another document under the same counts is another digest."""

    def document(path: str, fields: bytes = b"x", updated: int = 50) -> DocumentRecord:
        return DocumentRecord(path, fields, 1, updated)

    found = [
        _state(document("c/a"), document("c/b", b"new", 101)),
        _state(document("c/a"), document("c/b", b"newer", 102)),
        _state(document("c/a", b"new", 101), document("c/b")),
    ]
    assert len({item.collections for item in found}) == 1
    assert len({item.seen for item in found}) == 3
    assert _state(document("c/a", updated=7), document("c/b", b"new", 101)) == found[0]


def test_why_nobody_could_be_asked_is_no_other_world():
    """An error has another text each time; that something listens now is another plan."""

    def seen(**listening: Any) -> Plan:  # noqa: ANN401 - fields of the model
        found = world(games=GONE)
        return plan(found.model_copy(update={"listening": Listening(**listening)}))

    made, again = seen(unasked="403, request 1"), seen(unasked="403, request 2")
    assert held(made, again) is again
    for other in (seen(), seen(names=("trigger t in l",))):
        with pytest.raises(RefusedError, match=r"not what the plan saw: nba\.arrivals, nba\.games"):
            held(made, other)
    one, other = (
        seen_digest({"databases": DatabasesSeen(databases={"(default)": found})})
        for found in (
            _state().model_copy(update={"listening": Listening(unasked=why)}) for why in "ab"
        )
    )
    assert one == other


def test_an_approved_undo_is_carried_out_while_nothing_moves():
    """What it starts decides it; why nobody knows that does not."""

    def undo(listening: Listening, topics: tuple[str, ...] = (), unasked: str = "") -> UndoPlan:
        step = UndoStep(kind="bucket", name="lake", into="lake", action="put back", why="")
        notified = Notified(topics=topics, unasked=unasked)
        return UndoPlan(
            recovery_id="r",
            project="platform",
            ended_at=POINT,
            until=POINT,
            again="",
            trust=Trust(state="unchecked"),
            steps=(step,),
            starts=(Starts(kind="bucket", name="lake", listening=listening, notified=notified),),
        )

    made = undo(Listening(unasked="403, request 1"), unasked="404, request 1")
    again = undo(Listening(unasked="403, request 2"), unasked="404, request 2")
    assert approved(made, again, decided, subject="p") is again
    told = text_of(undo_plan_document(made))
    assert "UNKNOWN which notifications of the bucket: 404, request 1" in told
    assert "UNKNOWN which triggers of Eventarc: 403, request 1" in told
    moved = (
        undo(Listening(names=("trigger t",)), unasked="404"),
        undo(Listening(unasked="403"), topics=("projects/p/topics/t",)),
    )
    for other in moved:
        with pytest.raises(RefusedError, match="not what the plan saw: bucket lake"):
            approved(made, other, decided, subject="p")
