"""What is refused of a bucket's recovery: the bucket of another, and one object among many."""

from google.cloud import storage

from tests.harness import LOCATION, Rebound, of_kind
from tests.integration.bucket_objects import (
    NAMES,
    SCENARIO,
    back_up,
    content_of,
    fill,
    left,
    looked_at,
    make_bucket,
    put,
    recover,
)
from tests.integration.forged_runs import PLANTED, planted
from tests.served import Function


def test_buckets_of_other_projects_need_their_number(raw: Rebound, night: Function):
    """Whose a bucket is its own project number tells, and not the project that was named."""
    bucket = make_bucket(raw)
    fill(raw, bucket, NAMES[:3])
    back_up(night)
    put(bucket, NAMES[1], b"newer")
    elsewhere = storage.Client(project=f"{raw.project}-sandbox")
    foreign = elsewhere.create_bucket(f"{raw.project}-foreign", location=LOCATION)
    put(foreign, NAMES[0], b"theirs")
    before = {item.name: looked_at(item) for item in (bucket, foreign)}
    words = ("--overwrite", "*", "--exact", "--yes")
    for into, more in (
        (foreign, ()),
        (bucket, ("--into-project", f"{raw.project}-sandbox")),
    ):
        into.reload()
        target = ("--into-bucket", into.name, *more)
        refused = raw.run("recover", SCENARIO, *target, *words, code=5)
        assert f"it belongs to the project with the number {into.project_number}" in refused.stderr
        assert f"`--confirm-project {into.project_number}` allows it" in refused.stderr
    # Settings that name another project, as a mistyped one does, are refused with any run of ours.
    mistyped = {"REBOUND_PROJECT": f"{raw.project}-sandbox"}
    unserved = raw.run("recover", SCENARIO, *words, code=3, **mistyped)
    assert f"it is a run of the platform lake in the project {raw.project}" in unserved.stderr
    refused = raw.run("recover", SCENARIO, "--run", "before", *words, code=5, **mistyped)
    assert f"the run is of the project {raw.project}" in refused.stderr
    assert {item.name: looked_at(item) for item in (bucket, foreign)} == before
    allowed = ("--into-bucket", foreign.name, "--confirm-project", str(foreign.project_number))
    raw.run("recover", SCENARIO, *allowed, *words)
    assert {name: look[0] for name, look in looked_at(foreign).items()} == {
        name: content_of(name) for name in NAMES[:3]
    }
    raw.run(
        "recover",
        SCENARIO,
        "--into-bucket",
        f"{raw.project}-made",
        "--into-project",
        f"{raw.project}-sandbox",
        "--yes",
    )
    made = elsewhere.get_bucket(f"{raw.project}-made")
    assert made.project_number == foreign.project_number


def test_a_planted_journal_hides_nothing_of_a_bucket(raw: Rebound, night: Function):
    """What it calls equal is looked at: what is replaced is shown, and nobody else said yes."""
    bucket = make_bucket(raw)
    fill(raw, bucket, NAMES[:3])
    back_up(night)
    put(bucket, NAMES[1], b"newer")
    plan = raw.json("plan", SCENARIO, "--overwrite", "*", "--exact")
    of_kind(plan, "bucket")[0] |= {"counts": [], "samples": [], "equal": 3, "keeps_replaced": True}
    before = looked_at(bucket)
    with planted(raw, plan):
        refused = raw.run("resume", PLANTED, code=5)
    assert "REPLACES CONTENT OF 1 OBJECT THAT IS THERE" in refused.stdout
    assert "nobody is there to say yes" in refused.stderr
    assert looked_at(bucket) == before


def test_one_refused_object_does_not_end_its_neighbours(raw: Rebound, night: Function):
    """It is left and named with the answer; everything else is back, also what goes aside first."""
    bucket = make_bucket(raw, soft_delete_days=0)
    fill(raw, bucket)
    before = looked_at(bucket)
    back_up(night)
    for name in NAMES[2:-1]:
        bucket.delete_blob(name)
    for name in (*NAMES[:2], "zz/last"):
        put(bucket, name, b"garbage")
    spoilt = looked_at(bucket)["zz/last"]
    how = {"status": 400, "match": "zz/last", "times": None}
    with raw.cloud.fault("storage", "storage.objects.(rewrite|restore)", "status", **how):
        outcome = recover(raw, "--overwrite", "*", code=6)
    assert left(outcome) == {"refused": ["zz/last"]}
    assert outcome["left"][0]["answer"].startswith("400: ")
    assert looked_at(bucket) == before | {"zz/last": spoilt}
    assert not recover(raw, "--overwrite", "*")["left"]
    assert looked_at(bucket) == before
