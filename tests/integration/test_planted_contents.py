"""What somebody puts into the vault before a night is in no backup of a bucket."""

from datetime import UTC, datetime

from functions.exports.buckets.ranges import KeyRanges
from manifests.cloud.clients import storage_api
from manifests.cloud.versions import VersionedBucket
from manifests.kinds.buckets.layout import content_name
from manifests.store.envelope import encode
from tests.harness import Rebound
from tests.integration.bucket_objects import (
    SCENARIO,
    back_up,
    backup_of,
    fill,
    looked_at,
    make_bucket,
)
from tests.served import Function
from tests.unit.forged import fitting

NAMES = ("game 0", "game 1", "game 2")


def test_ranges_that_somebody_wrote_before_a_night_empty_none(raw: Rebound, night: Function):
    """Ranges that hold no name would leave every object out: the night is a run of another name."""
    bucket = make_bucket(raw)
    fill(raw, bucket, ("a", "b"))
    at = datetime.now(UTC).replace(microsecond=0)
    tonight = f"nightly-{at:%Y%m%dT%H%M%SZ}"
    name = f"runs/{tonight}/buckets/{bucket.name}/ranges.json"
    raw.vault.blob(name).upload_from_string(encode(KeyRanges.model_construct(ranges=())))
    whole = night.scheduled(at)
    assert (whole.status_code, whole.json()["run_id"]) == (200, f"{tonight}-r2")
    assert backup_of(raw, f"{tonight}-r2").object_count == 2


def test_what_somebody_made_to_fit_is_no_content(raw: Rebound, night: Function):
    """Other bytes with the same size and CRC32C lie where contents would be: they are no backup of any.

    Neither of an object that has an MD5, where what lies there has none, nor of a composite one.
    """
    bucket = make_bucket(raw, soft_delete_days=0)
    fill(raw, bucket, NAMES)
    with raw.cloud.minutes_ago(5):
        bucket.blob("composed").compose([bucket.blob(name) for name in NAMES[:2]])
    before, look = looked_at(bucket), VersionedBucket(storage_api(raw.project), bucket.name)
    planted = {}
    for name in (NAMES[0], "composed"):
        version = look.find(name)
        assert version is not None
        place, forged = content_name(bucket.name, version), fitting(before[name][0])
        part = raw.vault.blob(f"elsewhere/{name}" if version.md5 else place)
        part.upload_from_string(forged)
        if version.md5:
            raw.vault.blob(place).compose([part])
        blob = raw.vault.get_blob(place)
        assert (blob.crc32c, blob.size) == (version.crc32c, version.size_bytes)
        planted[place] = forged
    back_up(night)
    raw.run("verify", "--all-contents")
    kept = {blob.name for blob in raw.vault.list_blobs(prefix="contents/")}
    assert len(kept) == len(before) + len(planted)
    back_up(night, "next")
    assert {blob.name for blob in raw.vault.list_blobs(prefix="contents/")} == kept
    bucket.delete_blobs(list(bucket.list_blobs()))
    raw.run("recover", SCENARIO, "--yes")
    assert looked_at(bucket) == before
    for place, forged in planted.items():
        assert raw.vault.blob(place).download_as_bytes() == forged, (
            "nothing of ours was overwritten"
        )
