"""Retention of single objects: what of it is set again, and what is told."""

import json
from copy import replace

import pytest

from manifests.kinds.buckets.model import ObjectRecord, ObjectSettings
from manifests.object_retention import RetentionRules, locks
from recovery.compare.objects import object_finding
from recovery.kinds.buckets.rules.buckets import BucketStep
from recovery.kinds.buckets.rules.counts import StepCounter
from recovery.kinds.buckets.rules.lost import objects_lost
from recovery.kinds.buckets.rules.object_retention import RetentionCounts
from recovery.kinds.buckets.rules.objects import plan_object
from tests.unit import samples
from tests.unit.object_samples import POINT, record, version

OTHER = ObjectSettings(content_type="text/html")
GIVEN = json.dumps({"mode": "Locked", "retainUntilTime": "2099-06-01T00:00:00Z"})


def until(mode: str, year: int) -> ObjectSettings:
    """Return the settings of an object with a retention of its own."""
    told = f'{{"mode": "{mode}", "retainUntilTime": "{year}-01-01T00:00:00Z"}}'
    return ObjectSettings(content_type="text/plain", retention=told)


def test_retention_of_single_objects_is_told_of():
    """New content has no retention of its own; where only metadata is written one can be left."""
    retained = until("Locked", 2099)
    counter = StepCounter(RetentionRules(is_allowed=True, locks=False, now=POINT))
    for expected, versions in (
        (record(settings=retained), ()),
        (record(settings=until("Unlocked", 2099)), ()),
        (record(settings=until("Locked", 2001)), ()),
        (record(settings=retained), (version(settings=replace(OTHER, retention=GIVEN)),)),
        (ObjectRecord(version(settings=retained)), ()),
        (record(), ()),
    ):
        step = plan_object("a", expected, versions, POINT)
        assert step is not None
        counter.add(step)
    found = RetentionCounts.of(counter.fates)
    assert found == RetentionCounts(unlocked=1, set=1)
    plan = BucketStep(
        name="raw",
        into="raw",
        action="leave",
        keeps_replaced=True,
        objects=counter.objects,
        equal=0,
        counts=(),
        samples=(),
        retention=found,
    )
    told = objects_lost(samples.manifest(), (plan,))
    assert any(
        "the locked retention of 1 object of bucket raw: `--lock-again`" in it for it in told
    )


@pytest.mark.parametrize(
    ("now", "mode", "says"),
    [
        (until("Unlocked", 2099), "Locked", True),
        (until("Unlocked", 2099), "Unlocked", False),
        (until("Locked", 2099), "Locked", False),
        (ObjectSettings(), "Locked", False),
    ],
)
def test_only_what_was_unlocked_is_locked_by_a_parameter(
    now: ObjectSettings, mode: str, *, says: bool
):
    """Google asks for it where the mode of a retention changes (Objects: patch)."""
    assert (
        locks(now, {"retention": {"mode": mode, "retainUntilTime": "2099-01-01T00:00:00Z"}}) is says
    )


@pytest.mark.parametrize(
    ("was", "now", "asked", "patched"),
    [
        (until("Unlocked", 2099), ObjectSettings(), False, ("Unlocked", 2099)),
        (until("Unlocked", 2099), until("Unlocked", 2098), False, ("Unlocked", 2099)),
        (until("Unlocked", 2098), until("Unlocked", 2099), False, None),
        (until("Unlocked", 2099), until("Locked", 2098), False, None),
        (until("Unlocked", 2099), until("Locked", 2098), True, ("Locked", 2099)),
        (until("Locked", 2099), ObjectSettings(), False, None),
        (until("Locked", 2099), until("Unlocked", 2099), True, ("Locked", 2099)),
        (until("Locked", 2098), until("Locked", 2099), True, None),
        (until("Locked", 2001), ObjectSettings(), True, None),
        (ObjectSettings(retention='{"mode": "Locked"}'), ObjectSettings(), True, None),
        (ObjectSettings(), until("Locked", 2099), True, None),
    ],
)
def test_retention_that_is_set_again(
    was: ObjectSettings, now: ObjectSettings, *, asked: bool, patched: tuple[str, int] | None
):
    """A retention gets the later date and keeps a lock; nothing is locked without the word."""
    rules = RetentionRules(is_allowed=True, locks=asked, now=POINT)
    found = rules.patch(was, now)
    wanted = patched and {"mode": patched[0], "retainUntilTime": f"{patched[1]}-01-01T00:00:00Z"}
    # Not beside a hold, which a bucket may give by default.
    assert found == ({"retention": wanted, "eventBasedHold": False} if wanted else {})
    assert not rules._replace(is_allowed=False).patch(was, now)


@pytest.mark.parametrize(
    ("was", "now", "allowed", "asked", "damage", "fate"),
    [
        (until("Unlocked", 2099), ObjectSettings(), True, False, "metadata changed", "set"),
        (until("Unlocked", 2099), until("Unlocked", 2098), True, False, "metadata changed", "set"),
        (until("Locked", 2099), ObjectSettings(), True, True, "metadata changed", "locked"),
        (until("Locked", 2099), until("Unlocked", 2099), True, True, "metadata changed", "locked"),
        (until("Locked", 2099), until("Unlocked", 2099), True, False, None, "unlocked"),
        (until("Unlocked", 2099), ObjectSettings(), False, False, None, "lost"),
        (until("Unlocked", 2001), ObjectSettings(), True, False, None, "over"),
        (until("Unlocked", 2098), until("Locked", 2099), True, True, None, "none"),
        (ObjectSettings(), until("Locked", 2099), True, True, None, "none"),
    ],
)
def test_an_intact_object_that_lost_its_retention_is_not_equal(
    was: ObjectSettings,
    now: ObjectSettings,
    *,
    allowed: bool,
    asked: bool,
    damage: str | None,
    fate: str,
):
    """Its retention is set again where that can be, and told of where it cannot."""
    was, kept = (replace(item, content_type="text/plain") for item in (was, now))
    rules = RetentionRules(is_allowed=allowed, locks=asked, now=POINT)
    step = plan_object("a", record(settings=was), [version(settings=kept)], POINT, rules)
    assert (step and step.damage) == damage
    assert rules.lacking(was, kept) == fate
    if step is not None:
        assert step.source == "metadata"
        told = object_finding(step.expected, step.live, step.damage)
        assert "retainUntilTime" in told.expected


def test_what_is_left_comes_under_no_key_and_gets_no_retention():
    """Of objects that stay as they are, because only what is missing was asked for."""
    retention = RetentionRules(is_allowed=True, locks=False, now=POINT)
    held = until("Unlocked", 2099)._replace(kms_key="projects/other/key")
    step = plan_object("a", record(settings=held), [version("a", b"garbage", created=1)], POINT)
    assert step is not None
    found = []
    for only_missing in (False, True):
        counter = StepCounter(retention, only_missing=only_missing)
        counter.add(step)
        found.append((counter.keys.total(), counter.fates.total()))
    assert found == [(1, 1), (0, 0)]
