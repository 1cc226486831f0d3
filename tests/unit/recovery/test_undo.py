"""What of tables and views goes back after a recovery: a newer write is never lost."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from manifests.partitions import WHOLE_TABLE
from manifests.values import Fingerprint
from recovery.compare.observed import ObservedTable
from recovery.kinds.former import Former
from recovery.kinds.outcome import Failure
from recovery.kinds.tables.rules.outcomes import TableOutcome
from recovery.request import Request, Target
from recovery.undo.shared import undo_point_problem
from recovery.undo.table_rules import SeenTable, TableBack, undo_table
from tests.unit.samples import GAMES, POINT, fingerprint_of, games, nothing_yet

BEGAN = POINT + timedelta(hours=7)
ENDED = POINT + timedelta(hours=8)
LEFT = games().fingerprints
DAY, OTHER_DAY, UNDATED = "20241231", "20250101", "__NULL__"
BEFORE = {DAY: LEFT[DAY], OTHER_DAY: fingerprint_of(["bad", "worse"])}
LATER = fingerprint_of(["later"])
REQUEST = Request(scenario="bigquery-dataset-loss", target=Target(project="platform"))


def now(
    partitions: Mapping[str, Fingerprint] | None = None,
    **more: Any,  # noqa: ANN401 - fields of a resource
) -> ObservedTable:
    """Return a table with what the recovery left, but for some things."""
    made = str(int(BEGAN.timestamp() * 1000))
    return ObservedTable(
        resource={**GAMES, "creationTime": made, **more},
        row_access_policies=games().row_access_policies,
        partitions=LEFT if partitions is None else partitions,
        read_at=ENDED,
    )


NOTHING = ObservedTable(resource=None)
KEPT = now(BEFORE, type="SNAPSHOT")


def back(
    live: ObservedTable,
    kept: ObservedTable = KEPT,
    former: Former | None = None,
    *,
    removed: tuple[str, ...] = (),
    problem: str = "",
    request: Request = REQUEST,
    **outcome: Any,  # noqa: ANN401 - fields of the outcome
) -> TableBack:
    """Decide about a table that had other rows, unless something else is said."""
    was = Former(resource=GAMES, policies=games().row_access_policies)
    ended = TableOutcome(name="nba.games", into="elsewhere", action="replace partitions")
    seen = SeenTable(games(), former or was, kept, live, removed, BEGAN, problem)
    return undo_table(ended.model_copy(update=outcome), seen, request)


def test_only_partitions_that_the_recovery_wrote_go_back():
    """What was equal, and what was written beside them since, is left alone."""
    found = back(now({**LEFT, "20250202": LATER, DAY: LATER}))
    assert (found.step.action, found.step.into) == ("put back", "nba.games")
    assert (found.partitions, found.removed) == ((OTHER_DAY,), (UNDATED,))
    assert found.expected == {name: LEFT[name] for name in (OTHER_DAY, UNDATED)}
    assert "left: partition 20250202, which the recovery did not touch" in found.step.told
    assert f"left: partition {DAY}, which the recovery did not touch" in found.step.told
    assert "2 partitions: 2 rows for 3" in found.step.why


@pytest.mark.parametrize(
    ("live", "why"),
    [
        ({**LEFT, OTHER_DAY: LATER}, "1 others now, the recovery left 1, before it 2"),
        ({**LEFT, OTHER_DAY: fingerprint_of("abc")}, "3 now, the recovery left 1, before it 2"),
        ({DAY: LEFT[DAY], UNDATED: LEFT[UNDATED]}, "none now, the recovery left 1, before it 2"),
    ],
)
def test_rows_that_are_not_what_the_recovery_left_are_newer(live: dict[str, Fingerprint], why: str):
    """Whenever they were written: how many there are is told, and that partition stays."""
    found = back(now(live))
    assert (found.step.action, found.partitions, found.removed) == ("put back", (), (UNDATED,))
    assert f"stays: partition {OTHER_DAY}: {why}" in found.step.left
    alone = {name: content for name, content in live.items() if name != UNDATED}
    found = back(now(alone), now({**BEFORE, DAY: LEFT[DAY]}, type="SNAPSHOT"))
    assert found.step.action == "cannot"
    assert f"written since the recovery: partition {OTHER_DAY}: {why}" in found.step.why


def test_partitions_that_nobody_wrote_since_go_back_beside_one_that_somebody_did():
    """That one stays and is named, with its rows."""
    found = back(now({**LEFT, UNDATED: LATER}))
    assert (found.step.action, found.partitions, found.removed) == ("put back", (OTHER_DAY,), ())
    assert f"stays: partition {UNDATED}: 1 now, the recovery left 2" in found.step.left
    assert set(found.expected) == {OTHER_DAY}


def test_an_undo_that_is_done_or_half_done_is_no_newer_write():
    """What is as before is left; a recovery that failed half way put nothing there that is missing."""
    assert back(now(BEFORE)).step.action == "leave"
    assert back(now(BEFORE, labels={"tier": "newest"})).is_back
    for more in ({UNDATED: LEFT[UNDATED]}, {"20250202": LATER}, {OTHER_DAY: LATER}):
        assert not back(now({**BEFORE, **more})).is_back
    half = back(now({**BEFORE, UNDATED: LEFT[UNDATED]}))
    assert (half.partitions, half.removed) == ((), (UNDATED,))
    gone = {DAY: LEFT[DAY], UNDATED: LEFT[UNDATED]}
    failed = back(now(gone), failure=Failure(message="broken"))
    assert failed.partitions == (OTHER_DAY,)


def test_partitions_that_were_removed_come_back():
    """Where the recovery was to remove them; what somebody else deleted since stays so."""
    extra = now({**BEFORE, "20250202": LATER}, type="SNAPSHOT")
    assert back(now(), extra, removed=("20250202",)).partitions == (OTHER_DAY, "20250202")
    assert back(now(), extra).partitions == (OTHER_DAY,)


def test_properties_go_back_that_nobody_changed_since():
    """Each by itself; rows that the recovery did not touch are no matter."""
    was = Former(resource={**GAMES, "labels": {"tier": "wrong"}}, policies=())
    found = back(now(LEFT), now(LEFT, type="SNAPSHOT"), was)
    assert (found.step.action, found.partitions) == ("put back", ())
    assert any(line.startswith('labels: {"tier": "wrong"}, now') for line in found.step.told)
    assert [item.change for item in found.step.access] == ["removes protection"]
    newer = back(now(LEFT, labels={"tier": "newest"}), now(LEFT, type="SNAPSHOT"), was)
    assert (newer.step.action, "its labels" in newer.step.why) == ("cannot", True)
    policies = ObservedTable.model_copy(now(LEFT), update={"row_access_policies": ()})
    found = back(policies)
    assert (found.partitions, found.with_properties) == ((OTHER_DAY,), False)
    assert "its row access policies" in found.step.left


def test_a_table_that_was_made_goes_where_it_is_what_was_made():
    """One row more, a column more, or an older table, and it stays."""
    made = Former(resource=None)
    assert back(now(), NOTHING, made, action="create").step.action == "remove"
    assert back(NOTHING, NOTHING, made, action="create").step.action == "leave"
    more = back(now({**LEFT, "20250202": LATER}), NOTHING, made, action="create")
    assert "partition 20250202: 1 now, the recovery left none" in more.step.why
    fields = [*GAMES["schema"]["fields"], {"name": "new", "type": "STRING"}]
    wider = back(now(schema={"fields": fields}), NOTHING, made, action="create")
    assert "its columns" in wider.step.why
    older = back(now(creationTime="0"), NOTHING, made, action="create")
    assert "before the recovery began" in older.step.why
    some = REQUEST.model_copy(update={"partitions": (DAY,)})
    part = back(now({DAY: LEFT[DAY]}), NOTHING, made, action="create", request=some)
    assert part.step.action == "remove"


def test_a_table_that_was_made_anew_goes_back_as_a_whole():
    """It had another shape, was empty, or was a view; what is written to it since keeps it."""
    narrow = {**GAMES, "schema": {"fields": GAMES["schema"]["fields"][:2]}}
    kept = ObservedTable(resource={**narrow, "type": "SNAPSHOT"}, partitions=BEFORE)
    found = back(now(), kept, Former(resource=narrow), action="replace")
    assert (found.is_whole, found.step.action) == (True, "put back")
    assert found.step.source == "platform.nba.games"
    assert "as it was, with 5 rows" in found.step.why
    view = {
        "tableReference": GAMES["tableReference"],
        "type": "VIEW",
        "view": {"query": "SELECT\n1"},
    }
    shown = back(now(), NOTHING, Former(resource=view), action="replace")
    assert (shown.step.why, shown.step.told) == ("as the view that it was", ("| SELECT", "| 1"))
    written = back(now({**LEFT, DAY: LATER}), kept, Former(resource=narrow), action="replace")
    assert written.step.action == "cannot"
    assert back(NOTHING, kept, Former(resource=narrow), action="replace").is_whole


def test_a_key_that_only_a_journal_names_is_told():
    """Also where the table is gone and would be made with it: who has the key can lock it all up."""
    key = "projects/evil/locations/us/keyRings/r/cryptoKeys/k"
    locked = {**GAMES, "encryptionConfiguration": {"kmsKeyName": key}}
    kept = ObservedTable(resource={**locked, "type": "SNAPSHOT"}, partitions=BEFORE)
    for live in (NOTHING, now()):
        found = back(live, kept, Former(resource=locked), action="replace")
        keys = [item for item in found.step.access if key in item.what]
        assert [item.change for item in keys] == ["uses a foreign key"]


def test_a_table_that_was_empty_is_empty_again():
    """Nothing was kept of its rows, as there were none; all of it goes."""
    empty = Former(resource={**GAMES, "numRows": "0"}, policies=games().row_access_policies)
    found = back(now(), NOTHING, empty, action="fill")
    assert found.removed == tuple(sorted(LEFT))
    whole = nothing_yet()
    filled = {WHOLE_TABLE: LATER}
    seen = SeenTable(
        whole.model_copy(update={"partitions": ()}),
        Former(resource={**whole.resource, "numRows": "1"}),
        ObservedTable(resource=whole.resource, partitions=filled),
        ObservedTable(resource=whole.resource, partitions={}),
        (WHOLE_TABLE,),
        BEGAN,
    )
    outcome = TableOutcome(name=whole.name, into=whole.name, action="replace partitions")
    assert undo_table(outcome, seen, REQUEST).partitions == (WHOLE_TABLE,)


def test_what_cannot_go_back_says_why():
    """Buffered rows, an undo point that is gone or none, and what nobody wrote down."""
    assert "streamed" in back(now(streamingBuffer={"estimatedRows": "1"})).step.why
    buffered = Former(resource={**GAMES, "streamingBuffer": {"estimatedRows": "1"}})
    assert "no undo point has" in back(now(), former=buffered).step.why
    full = Former(resource={**GAMES, "numRows": "5"})
    assert "not kept any more" in back(now(), NOTHING, full).step.why
    assert back(now(), problem="it is another's").step.why == "it is another's"
    seen = SeenTable(games(), None, NOTHING, NOTHING, (), BEGAN)
    outcome = TableOutcome(name="nba.games", into="nba.games", action="leave")
    assert undo_table(outcome, seen, REQUEST).step.action == "leave"
    failed = outcome.model_copy(update={"action": "fill", "failure": Failure(message="no")})
    assert undo_table(failed, seen, REQUEST).step.action == "leave"
    kept = failed.model_copy(update={"undo": "platform.rebound_undo.x"})
    assert "was not kept" in undo_table(kept, seen, REQUEST).step.why


def test_only_a_snapshot_of_the_table_is_its_undo_point():
    """Taken while the recovery ran; a name alone says nothing."""

    def problem(table: str, taken: str) -> str:
        base = {"projectId": "platform", "datasetId": "nba", "tableId": table}
        definition = {"baseTableReference": base, "snapshotTime": taken}
        snapshot = {"snapshotDefinition": definition}
        return undo_point_problem(snapshot, "platform.nba.games", began_at=BEGAN, ended_at=ENDED)

    during = (BEGAN + timedelta(minutes=1)).isoformat()
    assert problem("games", during) == ""
    assert "one of platform.nba.odds" in problem("odds", during)
    assert "when the recovery did not run" in problem("games", POINT.isoformat())
    plain = undo_point_problem({}, "platform.nba.games", began_at=BEGAN, ended_at=ENDED)
    assert "one of nothing" in plain
