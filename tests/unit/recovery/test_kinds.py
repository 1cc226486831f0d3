"""Each kind is known wherever a recovery asks for it; what no list names is told of, and not left out."""

from collections.abc import Iterator
from typing import Any, get_args

import pytest

from manifests.catalog import load_catalog
from manifests.parts import PARTS, KindName
from recovery.fence.quiet import FenceLooks
from recovery.kinds.buckets.rules.kind import BucketRules
from recovery.kinds.buckets.rules.outcomes import BucketOutcome
from recovery.kinds.kind import Rules
from recovery.kinds.known import RULES
from recovery.kinds.outcome import Failure, Restored
from recovery.kinds.work import Work
from recovery.kinds.works import WORKS
from recovery.scenarios import SCENARIOS, scenario
from recovery.undo.running import Undoer
from tests.unit.platforms import whole_manifest

NAMES = [kind.name for kind in PARTS]


def test_every_kind_of_part_is_recovered_and_verified():
    """The name, the rules, the work and what verifies it: a kind has all of them."""
    assert set(get_args(KindName)) == set(NAMES) < {rules.kind for rules in RULES}
    assert not any(work.__abstractmethods__ for work in WORKS.values())
    assert all(WORKS[name].verify is not Work.verify for name in NAMES)


def test_every_kind_is_in_a_scenario():
    """All that a run holds comes back after an outage; what is rebuilt is some scenario's too."""
    covered = {name for item in SCENARIOS for name in (*item.covers, *item.rebuilds)}
    assert covered == set(WORKS)
    assert set(NAMES) < set(scenario("complete-outage").covers)


def test_a_fence_can_tell_whether_a_kind_is_quiet():
    """Of each kind that writers write to."""
    told = {
        kind.name
        for kind, entry in load_catalog().parts
        if entry.written.partition(" ")[0] in FenceLooks.sorts
    }
    assert told == {kind.name for kind in PARTS if kind.is_written}, (
        "what `written` of a part in the catalog begins with is to be in `FenceLooks.sorts` "
        "(recovery/fence/quiet.py), or its `PartKind` says `is_written=False`"
    )


def test_what_an_undo_puts_back_has_an_undoer():
    """A kind without one says so, so that nobody is offered an undo that cannot be."""
    undone = {item for undoer in _undoers(Undoer) for item in undoer.outcomes}
    for rules in RULES:
        has_undo = {item in undone for item in rules.outcomes}
        assert has_undo == {rules.is_undone}, (
            f"{rules.kind}: a class of `Undoer` made in recovery/undo/running.py, or "
            "`is_undone=False` in its `PartKind`"
        )


def _undoers(base: type[Undoer[Any]]) -> Iterator[type[Undoer[Any]]]:
    """Yield every class that puts something back: all are imported by `recovery.undo.running`."""
    for undoer in base.__subclasses__():
        if undoer.__module__ != Undoer.__module__:
            yield undoer
        yield from _undoers(undoer)


class Topics(BucketRules):
    """A kind that says nothing of its own about what it showed to restore."""

    restored = Rules.restored


def test_what_came_back_and_is_proven_is_shown_to_restore():
    """A kind need not say so; what was left, or is not proven, shows nothing."""
    held = whole_manifest()
    (bucket,) = held.buckets
    made = BucketOutcome(name=bucket.name, into="x", action="restore")
    failed = made.model_copy(update={"failure": Failure(message="why")})
    left = made.model_copy(update={"action": "leave"})
    shown = [list(Topics().restored((item,), (), held)) for item in (made, failed, left)]
    assert shown == [[Restored(bucket, bucket.count, bucket.count)], [], []]


@pytest.mark.parametrize(
    "rules", [rules for rules in RULES if rules.from_run], ids=lambda rules: rules.kind
)
def test_an_outcome_is_called_as_its_kind_in_the_singular(rules: Rules[Any]):
    """A drill and a plan that is resumed find the outcomes and steps of a part by that."""
    tags = (get_args(item.model_fields["kind"].annotation) for item in rules.outcomes)
    assert rules.noun in {tag for found in tags for tag in found}, (
        "`noun` is the `kind` of an outcome; say that of the `PartKind`"
    )
