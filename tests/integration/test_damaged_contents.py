"""What of a bucket's contents is damaged in the vault: stored anew where nothing may be overwritten."""

import re

import pytest

from tests.harness import Rebound, whole_minute
from tests.integration.bucket_objects import (
    SCENARIO,
    back_up,
    backup_of,
    content_of,
    contents,
    fill,
    looked_at,
    make_bucket,
)
from tests.judges.alert_lines import raised
from tests.served import Function, serving

NAMES = tuple(f"game {number}" for number in range(5))


def stored_names(rebound: Rebound) -> set[str]:
    """Return the names of what the vault holds of buckets' contents."""
    return {blob.name for blob in rebound.vault.list_blobs(prefix="contents/")}


def spoil(rebound: Rebound, texts: list[str], how: str) -> list[str]:
    """Let stored contents rot, or write others over them; then hold all that is written."""
    stored = contents(rebound)
    names = [stored[text].name for text in texts]
    for name in names:
        if how == "rotten":
            rebound.cloud.order("storage", "corrupt", bucket=rebound.vault.name, object=name)
        else:
            rebound.vault.blob(name).upload_from_string(b"what somebody else wrote")
    vault = rebound.vault
    vault.default_event_based_hold = True
    vault.patch()
    return names


def let_go(rebound: Rebound, *run_ids: str) -> None:
    """Delete runs whose files are held."""
    for run_id in run_ids:
        for blob in rebound.vault.list_blobs(prefix=f"runs/{run_id}/"):
            blob.event_based_hold = False
            blob.patch()
            blob.delete()


@pytest.mark.parametrize("how", ["rotten", "overwritten"])
def test_damaged_content_is_stored_beside_it_as_deployed(raw: Rebound, night: Function, how: str):
    """Where nothing may be overwritten the content of the next night lies beside what is damaged.

    Each run is restored from it, also the one that names what is damaged; the next nights go on with
    it, and prune tells the two apart. An object that was composed has no MD5 by which an earlier run
    could know the copy.
    """
    bucket = make_bucket(raw, soft_delete_days=0)
    fill(raw, bucket, NAMES)
    with raw.cloud.minutes_ago(5):
        bucket.blob("composed").compose([bucket.blob(name) for name in NAMES[:2]])
    before = looked_at(bucket)
    back_up(night)
    damaged = spoil(raw, [before[name][0].decode() for name in (NAMES[3], "composed")], how)
    found = raw.json("verify", "--all-contents", code=4)["findings"]
    assert {item["subject"] for item in found} == set(damaged)
    spoilt = {name: raw.vault.get_blob(name).generation for name in damaged}

    with raw.cloud.fault(
        "storage", "storage.objects.rewrite", "status", status=403, match=re.escape(damaged[0][12:])
    ):
        back_up(night, "next")
    assert raw.json("verify", "next", "--all-contents")["findings"] == []
    assert {name: raw.vault.get_blob(name).generation for name in damaged} == spoilt
    names = stored_names(raw)
    assert len(names) == len(before) + 2
    back_up(night, "third")
    assert stored_names(raw) == names
    assert raw.json("verify", "third", "--all-contents")["findings"] == []
    raw.run("verify", "before", "--all-contents", code=4)

    for run_id, left in (("before", {"composed"}), ("third", set[str]())):
        bucket.delete_blobs(list(bucket.list_blobs()))
        assert not looked_at(bucket)
        raw.run("recover", SCENARIO, "--run", run_id, "--yes", code=6 if left else 0)
        assert looked_at(bucket) == {name: before[name] for name in before.keys() - left}

    let_go(raw, "before", "next")
    with raw.cloud.minutes_ago(-61 * 24 * 60):
        assert raw.json("prune", "--yes")["deleted"] == 2
    assert stored_names(raw) == names - set(damaged)
    assert raw.json("verify", "third", "--all-contents")["findings"] == []


def test_what_cannot_be_stored_anew_is_told(raw: Rebound, night: Function):
    """An object whose damaged content may not be copied tonight is unprotected: the night says so."""
    fill(raw, make_bucket(raw), NAMES[:2])
    back_up(night)
    content = contents(raw)[content_of(NAMES[1]).decode()]
    raw.cloud.order("storage", "corrupt", bucket=raw.vault.name, object=content.name)
    raw.run("verify", "--all-contents", code=4)
    with serving(raw, REBOUND_MOST_COPIED_OBJECTS="0") as bound:
        partial = bound.manual("next", recovery_point=f"{whole_minute():%Y-%m-%dT%H:%M:%SZ}")
    (shard,) = backup_of(raw, "next").shards
    assert (shard.not_copied, shard.unprotected) == (1, 1)
    assert partial.status_code == 422, partial.text
    back_up(night, "third")
    assert {alert for line in night.log_lines() for alert in raised(line)} == {"damaged-backup"}
    assert backup_of(raw, "third").not_copied == 0
    assert raw.json("verify", "third", "--all-contents")["findings"] == []
