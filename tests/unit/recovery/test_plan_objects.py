"""What is wrong with an object, and where it comes back from."""

from copy import replace
from datetime import UTC, datetime

import pytest

from manifests.errors import UsageError
from manifests.kinds.buckets.model import ContentThen, ObjectRecord, ObjectSettings, ObjectVersion
from recovery.compare.buckets import bucket_findings
from recovery.compare.objects import Damage, object_finding
from recovery.kinds.buckets.rules.buckets import (
    BucketStep,
    check_scope,
)
from recovery.kinds.buckets.rules.counts import StepCounter
from recovery.kinds.buckets.rules.objects import Source, expected_of, plan_object
from recovery.request import Request, Target
from recovery.scope import ObjectScope
from tests.unit.object_samples import POINT, record, version

GARBAGE = b"garbage"


def soft(content: bytes = b"content", **more: object) -> ObjectVersion:
    """Return a soft-deleted version."""
    return version("a", content, ended=5, state="soft-deleted", **more)


def step_of(
    expected: ObjectRecord | None, *versions: ObjectVersion
) -> tuple[Damage, tuple[Source, ...]] | None:
    """Return the damage and every source of one object, best first."""
    step = plan_object("a", expected, versions, POINT)
    return None if step is None else (step.damage, tuple(item.source for item in step.origins))


OTHER = ObjectSettings(content_type="text/html")
LATER = ObjectSettings(content_type="text/plain", custom_time="2026-11-24T08:00:00Z")


@pytest.mark.parametrize(
    ("versions", "found"),
    [
        ((version(),), None),
        ((version(created=3),), None),
        ((), ("missing", ("vault",))),
        ((version(ended=1),), ("missing", ("noncurrent", "vault"))),
        ((soft(),), ("missing", ("soft-deleted", "vault"))),
        ((soft(), version(ended=1)), ("missing", ("noncurrent", "soft-deleted", "vault"))),
        ((version("a", GARBAGE, created=1),), ("overwritten", ("vault",))),
        (
            (version("a", GARBAGE, created=1), version(ended=1)),
            ("overwritten", ("noncurrent", "vault")),
        ),
        ((version("a", GARBAGE, created=-1),), ("corrupted", ("vault",))),
        ((version("a", GARBAGE, created=-10),), ("corrupted", ("vault",))),
        ((version("a", GARBAGE, created=-20, ended=-10),), ("missing", ("vault",))),
        ((soft(GARBAGE),), ("missing", ("vault",))),
        ((version(settings=OTHER),), ("metadata changed", ("metadata", "live", "vault"))),
        ((version(settings=LATER),), ("metadata changed", ("live", "vault"))),
        ((soft(settings=OTHER),), ("missing", ("soft-deleted", "vault"))),
        ((soft(settings=LATER),), ("missing", ("vault",))),
    ],
)
def test_damage_and_sources(
    versions: tuple[ObjectVersion, ...], found: tuple[Damage, tuple[Source, ...]] | None
):
    """A version serves only with the very content, and the cheapest comes first."""
    assert step_of(record(), *versions) == found


def test_object_nobody_knows_is_extra():
    """Only a live object is extra."""
    assert step_of(None, version()) == ("extra", ())
    assert step_of(None, version(ended=1), soft()) is None


def test_never_any_older_version():
    """An older version with other content is no source, even when nothing else is left."""
    older = version("a", b"older", created=-60, ended=-10)
    step = plan_object("a", ObjectRecord(version()), [older], POINT)
    assert step is not None
    assert (step.source, step.origins) == ("none", ())
    assert "crc32c" in step.why


def test_the_very_generation_comes_first():
    """Among versions with the content, the one of the inventory goes before a newer copy."""
    copy = version(created=-2, ended=1)
    step = plan_object("a", record(), [copy, version(ended=-5)], POINT)
    assert step is not None
    first, second = step.origins[:2]
    assert first.version is not None
    assert first.version.generation == record().version.generation
    assert second.version == copy


def test_findings_name_both_sides():
    """A finding says what was and what is."""
    found = object_finding(record(), version("a", GARBAGE), "corrupted")
    assert found.expected.startswith("7 bytes")
    assert found.actual.startswith("7 bytes")
    assert found.expected != found.actual
    changed = object_finding(record(), version(settings=OTHER), "metadata changed")
    assert (changed.expected, changed.actual) == (
        '{"contentType": "text/plain"}',
        '{"contentType": "text/html"}',
    )
    assert object_finding(record(), None, "missing").text == "object is missing"
    assert object_finding(None, version(), "extra").text == "object is not in the backup"


def test_bucket_configuration_is_compared():
    """What the service says by itself is no difference; what a client said is."""
    before = {
        "name": "raw",
        "location": "US",
        "softDeletePolicy": {"retentionDurationSeconds": "1"},
    }
    now = {**before, "versioning": {"enabled": False}, "etag": "x"}
    now["softDeletePolicy"] = {"retentionDurationSeconds": "1", "effectiveTime": "2026"}
    assert not bucket_findings(before, now)
    (found,) = bucket_findings(before, {**now, "versioning": {"enabled": True}})
    assert found.aspect == "versioning"
    (found,) = bucket_findings({**before, "propertyOfNextYear": {"mode": "a"}}, now)
    assert found.aspect == "propertyOfNextYear"


def counted() -> StepCounter:
    """Return a counter with one object of several kinds."""
    counter = StepCounter()
    counter.add_equal()
    for expected, versions in (
        (record(), ()),
        (None, (version(),)),
        (record(), (version("a", GARBAGE, created=1),)),
        (ObjectRecord(version()), ()),
    ):
        step = plan_object("a", expected, versions, POINT)
        assert step is not None
        counter.add(step)
    return counter


def plan_of(counter: StepCounter, **more: object) -> BucketStep:
    """Return the plan with a counter's counts."""
    return BucketStep(
        name="raw",
        into="raw",
        action="leave",
        keeps_replaced=True,
        objects=counter.objects,
        equal=counter.equal,
        counts=counter.counts,
        samples=counter.samples,
        **more,
    )


def test_what_was_seen_of_objects():
    """Another generation, content or name under the same counts is another digest."""

    def seen(name: str, *live: ObjectVersion) -> tuple[object, str]:
        counter = StepCounter()
        step = plan_object(name, record(), live, POINT)
        assert step is not None
        counter.add(step)
        whole = StepCounter()
        whole.merge(counter)
        return whole.counts, whole.seen

    first = seen("a", version("a", GARBAGE, created=1))
    assert seen("a", version("a", GARBAGE, created=1)) == first
    others = [
        seen("a", version("a", GARBAGE, created=2)),
        seen("a", version("a", GARBAGE, created=1)._replace(metageneration=2)),
        seen("b", version("a", GARBAGE, created=1)),
    ]
    assert {counts for counts, _ in others} == {first[0]}
    assert len({digest for _, digest in (first, *others)}) == 4


def test_counts_add_up():
    """Objects are counted by damage and source; merging adds, and samples stay few."""
    one = counted()
    assert (one.objects, one.equal) == (4, 1)
    plan = plan_of(one)
    assert (plan.damaged, plan.extra, plan.replaced, plan.unrecoverable) == (3, 1, 1, 1)
    for _ in range(5):
        one.merge(counted())
    merged = plan_of(one)
    assert (merged.objects, merged.damaged, merged.extra) == (24, 18, 6)
    assert len(merged.samples) == 3 * len(merged.counts)
    assert merged.moved_bytes == 6 * (7 + 7 + 7 + 7)


def test_replacing_needs_the_word():
    """Content that is there is replaced only in a bucket that the operator named."""
    plan = plan_of(counted())
    target = Target(project="platform")

    def request(*overwrite: str, only_missing: bool = False) -> Request:
        return Request(
            scenario="gcs-bucket-corruption",
            target=target,
            overwrite=overwrite,
            only_missing=only_missing,
        )

    for words in ((), ("other",)):
        (missing,) = plan.missing_words(request(*words), confirmed_projects=())
        assert "--overwrite raw" in missing.hint
    for words in (("raw",), ("*",)):
        assert not list(plan.missing_words(request(*words), confirmed_projects=()))
    left = request(only_missing=True)
    assert not list(plan.missing_words(left, confirmed_projects=()))
    told = plan.model_copy(update={"notified": ("topics/arrivals",)})
    words = [item.hint for item in told.missing_words(request(), confirmed_projects=())]
    assert ["--overwrite raw" in words[0], "--notify" in words[1]] == [True, True]


def test_choosing_nothing_is_refused():
    """A prefix that neither the backup nor a bucket knows is a mistake; an empty bucket is none."""
    nothing, something = plan_of(StepCounter()), plan_of(counted())
    extra = plan_of(StepCounter()).model_copy(update={"counts": something.counts[:1]})
    scope = ObjectScope(prefix="zzz", pattern="*.json")
    with pytest.raises(UsageError) as refused:
        check_scope([nothing, nothing], scope)
    assert "objects below 'zzz' and like '*.json'" in refused.value.message
    check_scope([nothing, something], scope)
    check_scope([extra], scope)
    check_scope([], scope)
    check_scope([nothing], ObjectScope())


@pytest.mark.parametrize(
    ("scope", "names"),
    [
        (ObjectScope(), {"a", "a/b", "a/b/c.json", "b", "b/.hidden"}),
        (ObjectScope(prefix="a/"), {"a/b", "a/b/c.json"}),
        (ObjectScope(pattern="*"), {"a", "b"}),
        (ObjectScope(pattern="**"), {"a", "a/b", "a/b/c.json", "b", "b/.hidden"}),
        (ObjectScope(pattern="**/*.json"), {"a/b/c.json"}),
        (ObjectScope(pattern="b/*"), {"b/.hidden"}),
        (ObjectScope(pattern="[ab]"), {"a", "b"}),
        (ObjectScope(prefix="b", pattern="?"), {"b"}),
        (ObjectScope(prefix="c"), set()),
    ],
    ids=lambda value: str(value) if isinstance(value, ObjectScope) else "",
)
def test_scope(scope: ObjectScope, names: set[str]):
    """A scope chooses names, and its key range leaves none of them out."""
    every = {"a", "a/b", "a/b/c.json", "b", "b/.hidden"}
    assert {name for name in every if scope.matches(name)} == names
    narrowed = scope.within("", None)
    assert narrowed is not None
    start, end = narrowed
    assert all(name >= start and (end is None or name < end) for name in names)


def test_scope_leaves_key_ranges_out():
    """A key range that cannot hold a chosen name is not looked at."""
    scope = ObjectScope(prefix="m/")
    assert scope.within("", "m/") is None
    assert scope.within("m0", None) is None
    assert scope.within("a", "m/5") == ("m/", "m/5")
    assert ObjectScope(prefix=chr(0x10FFFF)).within("", None) == (chr(0x10FFFF), None)


def test_restored_soft_version_keeps_later_custom_time_out():
    """Custom times are instants: a later one cannot be patched back, an equal one needs nothing."""
    moment = datetime(2026, 11, 24, 8, tzinfo=UTC).isoformat()
    expected = record("a", settings=replace(LATER, custom_time=moment))
    assert step_of(expected, soft(settings=LATER)) == ("missing", ("soft-deleted", "vault"))


def test_what_soft_delete_still_keeps_is_what_an_object_was():
    """Of a record that holds a later version: the one of then while it is kept, or once it is back."""
    was = version(content=b"then", ended=1, state="soft-deleted")
    then = ContentThen(was.generation, was.size_bytes, was.crc32c, was.md5)
    later = record(content=b"later", created=1)._replace(then=then)
    live = version(content=b"later", created=1)
    kept = expected_of(later, (live, was))
    assert kept.version == was._replace(state="live", ended_at=None)
    step = plan_object("a", kept, (live, was), POINT)
    assert step is not None
    assert (step.damage, step.source) == ("overwritten", "soft-deleted")
    # It is back, and soft delete lets go of it: it is equal, whatever the record holds.
    back = version(content=b"then", created=9)
    assert plan_object("a", expected_of(later, (back,)), (back,), POINT) is None
    assert plan_object("a", expected_of(later, (back, was)), (back, was), POINT) is None
    # It is gone for good: the later one is what there is.
    assert expected_of(later, (live,)) == later
    other = version(content=b"else", ended=1, state="soft-deleted", generation=was.generation)
    assert expected_of(later, (live, other)) == later
    assert expected_of(record(), (live, was)) == record()
