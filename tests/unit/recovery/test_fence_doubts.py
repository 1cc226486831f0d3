"""A record of a fence alone has nothing paused or resumed: something else bears each writer out."""

from datetime import UTC, datetime
from typing import Any

import pytest

from manifests import fence_layout
from manifests.store.seal import Seal
from recovery.fence.doubts import doubts, projects_of, strange_writers
from recovery.fence.model import FencedWriter, FenceRecord, ThawStep
from recovery.fence.store import Fences
from tests.unit.memory import MemoryBucket
from tests.unit.recovery.test_fence import RULE, job, subscription

NOW = datetime(2026, 11, 29, 9, tzinfo=UTC)
FENCE = fence_layout.fence_id(NOW, "00ff")
GAPS = "projects/p/locations/us-west2/jobs/gap-detector-30min"
TRANSFER = "projects/p/locations/us-east1/transferConfigs/1"
MAIL = "projects/p/locations/us-west2/jobs/mail"


def writer(name: str, kind: str = "scheduler/job", before: Any = "ENABLED") -> FencedWriter:  # noqa: ANN401 - JSON
    """Return a writer of a record."""
    return FencedWriter(type=kind, name=name, writes=("*",), before=before, sha256="0" * 64)


def record(*writers: FencedWriter) -> FenceRecord:
    """Return the record of a fence."""
    return FenceRecord(
        fence_id=FENCE, project="p", fenced_at=NOW, why="", things=("dataset nba",), writers=writers
    )


PUSHED = subscription("phase2", "nba-phase2-raw-complete")
CALLING = job("a", "https://nba-phase3-x.run.app/")


@pytest.mark.parametrize(
    ("fenced", "resource", "why"),
    [
        (writer(GAPS), job("gap-detector-30min"), ""),
        (writer(CALLING["name"]), CALLING, ""),
        (writer(PUSHED["name"], "pubsub/subscription", {"pushEndpoint": "https://a"}), PUSHED, ""),
        (writer(GAPS.replace("projects/p/", "projects/123/")), job("x"), ""),
        (writer(MAIL), job("mail"), "does not name it"),
        (writer(GAPS.replace("/p/", "/other/")), job("gap-detector-30min"), "the project other"),
        (writer(GAPS.replace("us-west2", "us-east1")), job("gap-detector-30min"), ""),
        (writer(TRANSFER, "bigquery/transfer", before=False), {"name": TRANSFER}, "not name it"),
    ],
    ids=["name", "target", "topic", "number", "nobody's", "project", "region", "transfer"],
)
def test_a_writer_is_borne_out_by_the_catalog(
    fenced: FencedWriter, resource: dict[str, Any], why: str
):
    """It names it, in its own project, wherever; whatever else a record names is doubted."""
    known = {"projects": {"p", "123"}, "made": (), "alone": ()}
    found = doubts(record(fenced), {fenced.name: resource}, RULE, **known)
    assert found.keys() == ({fenced.name} if why else set())
    assert why in found.get(fenced.name, "")


def test_a_writer_that_a_recovery_made_is_borne_out_by_its_plan():
    """Whatever the catalog says of writers; where one of two records lacks it, nothing does."""
    made = record(writer(MAIL))
    known: dict[str, Any] = {"projects": {"p"}, "alone": ()}
    assert doubts(made, {MAIL: job("mail")}, RULE, made={MAIL}, **known) == {}
    assert doubts(made, {MAIL: job("mail")}, None, made={MAIL}, **known) == {}
    assert doubts(made, {MAIL: job("mail")}, None, made=(), **known)
    alone = doubts(made, {MAIL: job("mail")}, RULE, projects={"p"}, made={MAIL}, alone={MAIL})
    assert alone == {MAIL: "only one of the two records of the fence names it"}
    assert projects_of(record(writer(MAIL), writer("projects/q/subscriptions/s"))) == {"p", "q"}


def test_what_is_doubted_is_resumed_by_its_name_alone():
    """Or by a word for all of it; what is left as it is needs none."""
    steps = [
        ThawStep(type="scheduler/job", name=MAIL, action="resume"),
        ThawStep(type="scheduler/job", name=GAPS, action="leave"),
    ]
    why = {MAIL: "nobody names it", GAPS: "likewise"}
    (refused,) = strange_writers(steps, why, ())
    assert (refused.subject, refused.message) == (MAIL, "it would be resumed, and nobody names it")
    assert "`--writer mail`" in refused.hint
    assert strange_writers(steps, why, ("mail",)) == []
    assert strange_writers(steps, why, ("*",)) == []


@pytest.mark.parametrize("place", [0, 1])
def test_what_one_place_alone_has_is_told(place: int):
    """Who can write to one bucket adds to no fence, and makes none that a recovery goes on with."""
    places = [MemoryBucket(), MemoryBucket()]
    fences = Fences(*places, Seal())
    fences.begin(record(writer(GAPS)))
    assert fences.readable() == [record(writer(GAPS))]
    assert fences.fence(FENCE).alone == frozenset()
    Fences(places[place], MemoryBucket(), Seal()).add(record(writer(MAIL)))
    assert {item.name for item in fences.fence(FENCE).record.writers} == {GAPS, MAIL}
    assert fences.fence(FENCE).alone == {MAIL}
    assert fences.readable() == [record(writer(GAPS))]
    fences.add(record(writer(MAIL)))
    assert fences.fence(FENCE).alone == frozenset()
    places[place].objects.clear()
    assert fences.fence(FENCE).alone == {GAPS, MAIL}
    assert [item.writers for item in fences.readable()] == [()]
