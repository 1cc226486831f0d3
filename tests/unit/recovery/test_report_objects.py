"""What a plan and a report say about buckets, and how names from outside are written."""

import pytest

from manifests.kinds.buckets.model import ObjectRecord
from manifests.signing import Trust
from recovery.kinds.buckets.rules.buckets import BucketStep, ObjectCount
from recovery.kinds.buckets.rules.counts import StepCounter
from recovery.kinds.buckets.rules.demand import buckets_demand
from recovery.kinds.buckets.rules.objects import plan_object
from recovery.kinds.buckets.rules.outcomes import BucketOutcome, LeftObjects
from recovery.kinds.buckets.rules.rows import bucket_outcome_row, bucket_row, proven_buckets
from recovery.listening import Listening
from recovery.report.runs import verdict_document
from recovery.report.text import text_of
from recovery.request import Request, Target
from recovery.units import shown
from recovery.verify import Verdict
from tests.unit.object_samples import POINT, record, version
from tests.unit.told import ended, planned


def plan_of(*, missing: int = 0, extra: int = 0, lost: int = 0, equal: int = 0) -> BucketStep:
    """Return the plan of a bucket with so many objects of each kind."""
    counter = StepCounter()
    for _ in range(equal):
        counter.add_equal()
    kinds = (
        (missing, "missing", record("missing"), ()),
        (extra, "extra", None, (version("extra"),)),
        (lost, "lost", ObjectRecord(version("lost")), ()),
    )
    for number, name, expected, versions in kinds:
        for index in range(number):
            step = plan_object(f"{name} {index}", expected, versions, POINT)
            assert step is not None
            counter.add(step)
    return BucketStep(
        name="raw",
        into="raw",
        action="leave",
        keeps_replaced=True,
        objects=counter.objects,
        equal=counter.equal,
        counts=counter.counts,
        samples=counter.samples,
    )


@pytest.mark.parametrize(
    ("plan", "exact", "verb"),
    [
        (plan_of(equal=2), True, "leave"),
        (plan_of(equal=2, extra=1), False, "leave"),
        (plan_of(equal=2, extra=1), True, "move aside"),
        (plan_of(missing=1, extra=1), True, "restore"),
        (plan_of(missing=1).model_copy(update={"action": "create"}), False, "create, restore"),
    ],
)
def test_the_verb_says_what_happens(plan: BucketStep, verb: str, *, exact: bool):
    """A bucket whose objects are moved aside is not left."""
    asked = plan.model_copy(update={"exact": exact})
    assert planned(bucket_row(asked))[0].startswith(f"  {verb:<20} bucket raw: ")


def test_a_plan_says_how_many_it_does_not_name():
    """A few objects of each kind are named and the others counted; sizes are a person's."""
    lines = planned(bucket_row(plan_of(missing=2000, extra=3, equal=1)))
    assert lines[0].endswith("1 of 2,001 objects equal")
    (missing,) = (line for line in lines if " missing, " in line)
    assert "2,000 missing, 13.7 KiB: from the vault" in missing
    assert [line for line in lines if line.endswith(" more")] == ["             ... 1,997 more"]


def test_one_object_is_not_objects():
    """A single object is told in the singular, in the plan and in the report."""
    assert planned(bucket_row(plan_of(equal=1)))[0].endswith("already equal, 1 object")
    assert planned(bucket_row(plan_of(missing=1)))[0].endswith("0 of 1 object equal")
    replacing = plan_of(missing=1)
    replaced = replacing.counts[0].model_copy(update={"damage": "overwritten"})
    lines = planned(bucket_row(replacing.model_copy(update={"counts": (replaced,)})))
    assert any("REPLACES CONTENT OF 1 OBJECT THAT IS THERE" in line for line in lines)
    outcome = BucketOutcome(name="raw", into="raw", action="leave", equal=1, moved_aside=1)
    assert ended(bucket_outcome_row(outcome)) == [
        "  proven    bucket raw  (1 object was equal before)",
        "            1 extra object moved aside",
    ]


ASKED = "only what is missing was asked for"


def only_missing(plan: BucketStep, *, source: str = "vault") -> BucketStep:
    """Return a plan of which only what is missing was asked for, with twenty overwritten objects."""
    overwritten = {"damage": "overwritten", "source": source, "objects": 20, "size_bytes": 34_000}
    counts = (*plan.counts, ObjectCount.model_validate(overwritten))
    told = {"counts": counts, "only_missing": True, "listening": Listening(names=("late",))}
    return plan.model_copy(update=told)


@pytest.mark.parametrize("source", ["soft-deleted", "vault", "none"])
def test_what_is_not_missing_is_left_where_only_that_was_asked_for(source: str):
    """The plan says so, wherever the content is; nothing is written, so nobody is told."""
    request = Request(scenario="gcs-bucket-corruption", target=Target(project="platform"))
    left = only_missing(plan_of(equal=2, extra=1), source=source)
    lines = planned(bucket_row(left))
    assert lines[0].startswith("  leave ")
    assert any(line.endswith(f"20 overwritten, 33.2 KiB: left, {ASKED}") for line in lines)
    assert not [line for line in lines if "REPLACES" in line or "event" in line]
    assert (left.changes, left.replaced, left.left) == (False, 0, 20)
    assert not list(left.missing_words(request, confirmed_projects=()))
    # What is missing comes back beside them, and only that counts.
    missing = only_missing(plan_of(missing=3), source=source)
    assert planned(bucket_row(missing))[0].startswith("  restore ")
    (word,) = missing.missing_words(
        request.model_copy(update={"only_missing": True}), confirmed_projects=()
    )
    assert "--notify" in word.hint
    assert missing.moved_bytes == plan_of(missing=3).moved_bytes
    assert buckets_demand([missing]) == buckets_demand([plan_of(missing=3)])


def test_a_report_says_what_was_left_as_was_asked_for():
    """Objects that are there and differ are told apart from those that nobody knew."""
    left = (
        LeftObjects(reason="extra", objects=1, names=("new",)),
        LeftObjects(reason="not missing", objects=20, names=("other",)),
    )
    outcome = BucketOutcome(name="raw", into="raw", action="restore", left=left)
    assert any(
        f"20 left, there, and not as they were ({ASKED})" in x
        for x in ended(bucket_outcome_row(outcome))
    )
    (proven,) = proven_buckets([outcome], [], "T", ())
    assert proven.text == (
        "1 of 1 buckets proven equal to T, but for 1 extra object kept and 20 objects that are "
        f"otherwise than then, and were left ({ASKED})"
    )


def test_names_do_not_reach_the_terminal_as_they_are():
    """A name with control characters is escaped wherever a bucket's objects are named."""
    left = LeftObjects(reason="extra", objects=1, names=("red\x1b[31m",))
    lines = ended(
        bucket_outcome_row(BucketOutcome(name="raw", into="raw", action="leave", left=(left,)))
    )
    assert lines[-1].strip() == "red\\x1b[31m"
    plan = plan_of(extra=1)
    sample = plan.samples[0].model_copy(update={"name": "\u202egnp.exe"})
    lines = planned(bucket_row(plan.model_copy(update={"samples": (sample,)})))
    assert any("\\u202egnp.exe" in line for line in lines)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("plain/Dončić 1.json", "plain/Dončić 1.json"),
        ("a\x1b[31mred\n", "a\\x1b[31mred\\n"),
        ("\u202etxt.exe", "\\u202etxt.exe"),
        ("x" * 100, "x" * 100),
        ("a" * 60 + "b" * 60, "a" * 48 + "..." + "b" * 48),
    ],
)
def test_names_are_shown(name: str, text: str):
    """What cannot be printed is escaped; a long name keeps its beginning and its end."""
    assert shown(name) == text


@pytest.mark.parametrize(
    ("verdict", "quick", "text"),
    [
        (
            Verdict(objects=415, read_bytes=2048, findings=(), contents=400, contents_read=100),
            False,
            (
                "night: 415 objects are what the manifest says (15 files and 100 of 400 contents of "
                "buckets read, 2.0 KiB; of the other contents size and crc32c compared, "
                "`--all-contents` reads them)"
            ),
        ),
        (
            Verdict(objects=2, read_bytes=5, findings=(), contents=1, contents_read=1),
            False,
            (
                "night: 2 objects are what the manifest says (1 file and 1 of 1 content of buckets "
                "read, 5 B)"
            ),
        ),
        (
            Verdict(objects=1, read_bytes=5, findings=()),
            False,
            "night: 1 object is what the manifest says (5 B read)",
        ),
        (
            Verdict(objects=3, read_bytes=0, findings=(), contents=2, other_generations=2),
            True,
            (
                "night: 3 objects are what the manifest says (metadata compared, no file read)\n"
                "same content, other generation: 2 objects, as in a vault that was copied or restored"
            ),
        ),
    ],
)
def test_a_verdict_says_what_was_read(verdict: Verdict, text: str, *, quick: bool):
    """A sample is never told as the whole, and contents under other generations are named apart."""
    trusted = Trust(state="trusted", key="a key")
    told = text_of(verdict_document("night", verdict, trusted, quick=quick))
    assert told == f"{text}\nmanifest: signed with a key"


@pytest.mark.parametrize(
    ("listening", "said"),
    [
        (
            Listening(names=("audit", "own")),
            "audit, own would be told of every object that is written",
        ),
        (Listening(unasked="403: no"), "unknown what of Eventarc would be told of every object"),
    ],
)
def test_what_eventarc_tells_needs_the_word(listening: Listening, said: str):
    """Every trigger for the bucket, and that Eventarc does not answer."""
    request = Request(scenario="gcs-bucket-corruption", target=Target(project="platform"))
    plan = plan_of(missing=1).model_copy(update={"listening": listening})
    (missing,) = plan.missing_words(request, confirmed_projects=())
    assert said in missing.what
    allowed = request.model_copy(update={"notify": True})
    assert not list(plan.missing_words(allowed, confirmed_projects=()))
    unchanged = plan_of().model_copy(update={"listening": listening})
    assert not list(unchanged.missing_words(request, confirmed_projects=()))


def test_a_plan_says_what_eventarc_starts():
    """Triggers that are there now are named, and so is that Eventarc could not be asked."""
    found = Listening(names=("trigger late in us-west2",))
    for listening, said in (
        (found, "trigger late in us-west2"),
        (Listening(unasked="403"), "UNKNOWN which triggers of Eventarc: 403"),
    ):
        plan = plan_of(missing=1).model_copy(update={"listening": listening})
        assert any(f"by each object's event: {said}" in line for line in planned(bucket_row(plan)))
    assert not any("event" in line for line in planned(bucket_row(plan_of(missing=1))))
