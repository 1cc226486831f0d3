"""Who may see a bucket, and what protects it, is changed only with a word, and is in the plan."""

from typing import Any

import pytest

from manifests.errors import ManifestAlteredError
from manifests.kinds.buckets.model import BucketBackup
from manifests.model.run import Manifest
from recovery.kinds.buckets.rules.access import PresentBucket
from recovery.kinds.buckets.rules.seen import BucketsSeen
from recovery.kinds.decision import Origin
from recovery.plan.model import Plan
from recovery.plan.whole import with_access
from tests.unit.access import refused
from tests.unit.samples import POINT, manifest
from tests.unit.worlds import bucket_step, plan, request, world

KEY = "projects/platform/locations/l/keyRings/r/cryptoKeys/k"


def with_bucket(*bindings: dict[str, Any], **resource: Any) -> Manifest:  # noqa: ANN401 - JSON
    """Return a manifest with a bucket that has this IAM policy and these properties."""
    bucket = BucketBackup(
        bucket="raw-files",
        resource={"name": "raw-files", **resource},
        access={"bindings": bindings},
        listed_at=POINT,
        finished_at=POINT,
        shards=(),
    )
    return manifest(buckets=(bucket,))


def of_bucket(origin: Manifest, buckets: dict[str, PresentBucket], **changes: bool) -> Plan:
    """Return a plan that does this to the bucket of a manifest, in a world with these buckets."""
    made = plan(world()).model_copy(
        update={
            "steps": (bucket_step(**changes),),
            "request": request(scenario="gcs-bucket-corruption"),
        }
    )
    return with_access(made, Origin(origin), {"buckets": BucketsSeen(present=buckets)})


VIEWERS = {
    "role": "roles/storage.objectViewer",
    "members": ["allUsers", "user:eve@x.com", "user:scout@x.com"],
}
OWNERS = {
    "role": "roles/storage.legacyBucketOwner",
    "members": ["projectOwner:platform", "projectOwner:elsewhere", "projectViewer:platform"],
}


@pytest.mark.parametrize(
    ("changes", "count"), [({"action": "create"}, 5), ({"sets": True}, 4), ({}, 0)]
)
def test_a_bucket_that_is_made_or_set_gives_access(changes: dict[str, bool], count: int):
    """Its IAM policy is given back with the word, but for what is there and what every bucket gives."""
    policy = {"bindings": [{**VIEWERS, "members": ["user:scout@x.com"]}]}
    there = PresentBucket(resource={"name": "raw-files"}, policy=policy)
    buckets = {} if changes.get("action") else {"raw-files": there}
    seen = of_bucket(with_bucket(VIEWERS, OWNERS), buckets, **changes)
    viewer = "roles/storage.objectViewer to"
    assert [item.what for item in seen.access] == [
        f"{viewer} allUsers",
        f"{viewer} user:eve@x.com",
        *([f"{viewer} user:scout@x.com"] if count == 5 else []),
        "roles/storage.legacyBucketOwner to projectOwner:elsewhere",
        "roles/storage.legacyBucketOwner to projectViewer:platform",
    ][:count]
    if count:
        assert seen.access[0].change == "makes public"
        assert refused(seen).startswith("bucket raw-files: ")


def test_a_lost_bucket_comes_back_to_who_is_known_without_a_word():
    """Another bucket of the run gives the same member the same role; everybody is never known."""
    scouts = {**VIEWERS, "members": ["allUsers", "user:scout@x.com"]}
    other = PresentBucket(resource={"name": "other"}, policy={"bindings": [scouts]})
    seen = of_bucket(with_bucket(VIEWERS), {"other": other}, action="create")
    assert [item.change for item in seen.access] == ["makes public", "gives access", "gives as now"]
    there = {"other": other, "raw-files": PresentBucket(resource={"name": "raw-files"})}
    seen = of_bucket(with_bucket(VIEWERS), there, sets=True)
    assert "gives as now" not in {item.change for item in seen.access}
    refused(seen)


UNIFORM = {"uniformBucketLevelAccess": {"enabled": True}, "publicAccessPrevention": "enforced"}
TIGHT: dict[str, Any] = {
    "iamConfiguration": UNIFORM,
    "versioning": {"enabled": True},
    "defaultEventBasedHold": True,
    "retentionPolicy": {"retentionPeriod": "86400"},
    "softDeletePolicy": {"retentionDurationSeconds": "604800"},
    "encryption": {"defaultKmsKeyName": KEY},
    "ipFilter": {"mode": "Enabled"},
}


@pytest.mark.parametrize(
    ("name", "then", "lost"),
    [
        (
            "iamConfiguration",
            {**UNIFORM, "publicAccessPrevention": "inherited"},
            "public access pre",
        ),
        (
            "iamConfiguration",
            {**UNIFORM, "uniformBucketLevelAccess": {"enabled": False}},
            "uniform bucket-level access",
        ),
        ("versioning", None, "object versioning"),
        ("defaultEventBasedHold", None, "the default event-based hold"),
        ("retentionPolicy", {"retentionPeriod": 86399}, "a retention policy of 86,400 s"),
        ("retentionPolicy", None, "a retention policy of 86,400 s, which was 0 s"),
        ("softDeletePolicy", {"retentionDurationSeconds": "0"}, "soft delete of 604,800 s"),
        ("encryption", None, "encryption with the key"),
        ("encryption", {"defaultKmsKeyName": "k2"}, "encryption with the key"),
        ("ipFilter", {"mode": "Disabled"}, "the IP filter"),
    ],
)
@pytest.mark.parametrize("change", [{"sets": True}, {"action": "create"}])
def test_what_protects_a_bucket_goes_only_with_a_word(
    name: str,
    then: Any,  # noqa: ANN401 - JSON
    lost: str,
    change: dict[str, Any],
):
    """Also when a plan from a journal calls a bucket gone that is there."""
    loose = {key: value for key, value in {**TIGHT, name: then}.items() if value is not None}
    there = {"raw-files": PresentBucket(resource={"name": "raw-files", **TIGHT})}
    seen = of_bucket(with_bucket(**loose), there, **change)
    assert [item.change for item in seen.access if lost in item.what] == ["removes protection"]
    assert "removes protection" in refused(seen)
    back = {"raw-files": PresentBucket(resource={"name": "raw-files", **loose})}
    tightened = of_bucket(with_bucket(**TIGHT), back, **change)
    is_other_key = name == "encryption" and then is not None
    assert any(item.needs_word for item in tightened.access) == is_other_key


def test_a_bucket_that_is_not_in_the_run_is_altered():
    """What a journal names and its run does not hold is never taken from elsewhere."""
    with pytest.raises(ManifestAlteredError):
        of_bucket(manifest(), {}, action="create")
