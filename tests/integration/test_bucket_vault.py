"""What the vault keeps of buckets: verified against the manifest, pruned when nobody needs it."""

from datetime import UTC, datetime

import pytest

from manifests.claim_layout import PRUNE_NAME
from manifests.model.run import PruneRecord, VerdictRecord
from manifests.store.envelope import encode
from manifests.values import RunId
from tests.harness import Rebound
from tests.integration.bucket_objects import (
    SCENARIO,
    back_up,
    content_of,
    contents,
    fill,
    looked_at,
    make_bucket,
    platform,
    put,
)
from tests.integration.state import renew_vault
from tests.served import Function
from tests.unit.avro_files import ENDLESS, container, deflated

DAY_SECONDS = 24 * 60 * 60
NAMES = tuple(f"game {number}" for number in range(12))


def test_whole_run_is_verified(raw: Rebound, night: Function):
    """A run that is whole passes, and the words say what was compared."""
    fill(raw, make_bucket(raw), NAMES)
    back_up(night)
    quick = raw.json("verify", "--quick")
    assert (quick["objects"], quick["read_bytes"]) == (1 + len(NAMES), 0)
    assert (quick["contents"], quick["contents_read"]) == (len(NAMES), 0)
    read = raw.json("verify", "--all-contents")
    assert read["read_bytes"] == sum(len(content_of(name)) for name in NAMES)
    assert (read["contents"], read["contents_read"]) == (len(NAMES), len(NAMES))
    # A byte that changes on its way is no damage.
    with raw.cloud.fault("storage", "storage.objects.get", "flip", match="contents.*alt=media"):
        assert "1 file and 12 of 12 contents of buckets read" in raw.run("verify").stdout
    assert f"bucket {platform(raw)}" in raw.run("show", "before").stdout


def test_sample_is_not_told_as_the_whole(raw: Rebound, night: Function):
    """Of more contents than a sample has, the words and the JSON say how many were read."""
    fill(raw, make_bucket(raw), tuple(f"game {number}" for number in range(210)))
    back_up(night)
    assert "105 of 210 contents of buckets read" in raw.run("verify").stdout
    assert raw.json("verify")["contents_read"] == 105


def test_copied_vault_still_restores(raw: Rebound, night: Function):
    """The same bytes under other generations are named apart, and a recovery reads them."""
    bucket = make_bucket(raw, soft_delete_days=0)
    fill(raw, bucket, NAMES)
    before = looked_at(bucket)
    back_up(night)
    renew_vault(raw)
    for words in (("--quick",), ("--all-contents",)):
        assert raw.json("verify", *words)["other_generations"] == 1 + len(NAMES)
    assert "same content, other generation: 13 objects" in raw.run("verify").stdout
    for name in NAMES:
        bucket.blob(name).delete()
    raw.run("recover", "gcs-bucket-corruption", "--yes")
    assert looked_at(bucket) == before
    contents(raw)[content_of(NAMES[3]).decode()].upload_from_string(b"other")
    bucket.blob(NAMES[3]).delete()
    assert "content of game 3 is missing or another" in raw.run("verify", code=4).stdout
    raw.run("recover", "gcs-bucket-corruption", "--yes", code=6)
    assert set(looked_at(bucket)) == set(NAMES) - {NAMES[3]}


@pytest.mark.parametrize(
    "spoilt", ["deleted", "replaced", "inventory deleted", "inventory flipped"]
)
def test_damage_in_the_vault_is_found(raw: Rebound, night: Function, spoilt: str):
    """A content or an inventory that is gone or another is found, and the next run is whole."""
    fill(raw, make_bucket(raw), NAMES)
    back_up(night)
    content = contents(raw)[content_of(NAMES[3]).decode()]
    shard = next(iter(raw.vault.list_blobs(match_glob="**/inventory/*.avro")))
    if spoilt == "deleted":
        content.delete()
    elif spoilt == "replaced":
        content.upload_from_string(content_of(NAMES[3]) + b"!")
    elif spoilt == "inventory deleted":
        shard.delete()
    else:
        raw.cloud.order("storage", "corrupt", bucket=raw.vault.name, object=shard.name)
    verdict = raw.json("verify", "--quick", code=4)
    (found,) = verdict["findings"]
    if spoilt == "inventory flipped":
        assert found["actual"].startswith("its bytes have crc32c ")
    assert raw.json("list")[0]["damaged_parts"] == [platform(raw)]
    back_up(night, "next")
    raw.run("verify", "next", "--all-contents")
    assert raw.json("list")[1]["damaged_parts"] == []


def test_rotten_content_is_found_by_reading(raw: Rebound, night: Function):
    """Bytes that rotted although Cloud Storage reports the old checksum are found by reading."""
    fill(raw, make_bucket(raw), NAMES)
    back_up(night)
    stored = contents(raw)
    content = stored[content_of(NAMES[3]).decode()]
    raw.cloud.order("storage", "corrupt", bucket=raw.vault.name, object=content.name)
    raw.json("verify", "--quick")
    verdict = raw.json("verify", "--all-contents", code=4)
    assert [item["subject"] for item in verdict["findings"]] == [content.name]
    # What a quick look does not read is no better for it.
    raw.json("verify", "--quick")
    # Nor is what vanished since believed to be there, because an earlier run says so.
    stored[content_of(NAMES[1]).decode()].delete()
    back_up(night, "next")
    raw.run("verify", "next", "--all-contents")


def test_a_verdict_harms_nothing(raw: Rebound, night: Function):
    """What calls whole contents damaged has them stored once more, even where nothing may be replaced."""
    fill(raw, make_bucket(raw), NAMES)
    back_up(night)
    held = contents(raw)[content_of(NAMES[3]).decode()]
    held.temporary_hold = True
    held.patch()
    names = [blob.name for blob in raw.vault.list_blobs()]
    forged = VerdictRecord(
        run_id=RunId("before"), verified_at=datetime.now(UTC), damaged=tuple(names)
    )
    raw.landing.blob("verdicts/before.json").upload_from_string(encode(forged))
    raw.landing.blob("verdicts/none.json").upload_from_string(b"{")
    back_up(night, "next")
    raw.run("verify", "next", "--all-contents")
    raw.run("verify", "before", "--all-contents")
    assert set(contents(raw)) == {content_of(name).decode() for name in NAMES}
    again = raw.vault.get_blob(held.name)
    assert again.generation == held.generation, "nothing in the vault is overwritten"


def test_only_what_nobody_needs_is_pruned(raw: Rebound, night: Function):
    """Content is deleted once no run lists it, is old enough, and `--yes` was said.

    An answer that is lost changes nothing of that.
    """
    bucket = make_bucket(raw)
    long_ago = 40 * 24 * 60
    with raw.cloud.minutes_ago(long_ago):
        for name in ("kept", "gone"):
            put(bucket, name, content_of(name))
    back_up(night, "first")
    bucket.blob("gone").delete()
    old = contents(raw)[content_of("gone").decode()]
    with raw.cloud.minutes_ago(long_ago):
        rewritten = raw.vault.blob(old.name)
        rewritten.upload_from_string(content_of("gone"))
        raw.vault.blob("contents/cd/stray").upload_from_string("nobody lists this")
    raw.vault.blob("contents/cd/young").upload_from_string("nobody lists this yet")
    dry = raw.json("prune")
    assert (dry["objects"], dry["deleted"]) == (1, 0)
    assert len(contents(raw)) == 4
    with raw.cloud.fault("storage", "storage.objects.delete", "lost"):
        assert raw.json("prune", "--yes")["deleted"] == 1
    assert set(contents(raw)) == {
        content_of("kept").decode(),
        content_of("gone").decode(),
        "nobody lists this yet",
    }
    for blob in raw.vault.list_blobs(prefix="runs/first/"):
        blob.delete()
    assert raw.json("prune", "--yes")["objects"] == 1
    assert set(contents(raw)) == {content_of("kept").decode(), "nobody lists this yet"}


def test_no_run_is_written_while_contents_are_pruned(raw: Rebound, night: Function):
    """A run that begins meanwhile is told to come back, as another prune is; then both go on."""
    fill(raw, make_bucket(raw), NAMES[:2])
    with raw.cloud.minutes_ago(40 * 24 * 60):
        raw.vault.blob("contents/cd/stray").upload_from_string("nobody lists this")
    pruning = raw.landing.blob(PRUNE_NAME)
    pruning.upload_from_string(encode(PruneRecord(holder="another", term_seconds=900)))
    answer = night.manual("first")
    assert answer.status_code == 503
    assert "are being pruned" in answer.json()["message"]
    assert "somebody else prunes" in raw.run("prune", "--yes", code=5).stderr
    assert raw.json("prune")["objects"] == 1
    with raw.cloud.minutes_ago(20):
        pruning.upload_from_string(encode(PruneRecord(holder="another", term_seconds=900)))
    back_up(night, "first")
    assert raw.json("prune", "--yes")["deleted"] == 1
    assert not pruning.exists()


def test_a_file_of_its_own_schema_ends_no_process(raw: Rebound, night: Function):
    """An inventory whose schema refers to itself, listed as it is, is damage for all who read it."""
    fill(raw, make_bucket(raw), NAMES)
    back_up(night)
    (shard,) = raw.vault.list_blobs(match_glob="**/inventory/*.avro")
    shard.upload_from_string(container(ENDLESS, (1, deflated(b""))))
    assert shard.size < 150
    manifest = raw.manifest("before")
    (bucket,) = manifest.buckets
    told = {"size_bytes": shard.size, "crc32c": shard.crc32c, "generation": shard.generation}
    listed = bucket.shards[0].stored.model_copy(update=told)
    forged = bucket.model_copy(
        update={"shards": (bucket.shards[0].model_copy(update={"stored": listed}),)}
    )
    document = encode(manifest.model_copy(update={"buckets": (forged,)}))
    raw.vault.blob("runs/before/manifest.json").upload_from_string(document)
    reason = "its schema is not the one such a file has"
    assert reason in raw.run("verify", code=4).stdout
    for words in (("plan", SCENARIO), ("prune", "--yes")):
        assert reason in raw.run(*words, code=4).stderr
    # The next run makes an inventory of its own, whatever the earlier one says.
    night.complete("after")
    assert "an earlier part is not built on" in night.log.read_text()


def test_damaged_inventory_stops_pruning(raw: Rebound, night: Function):
    """When what a run needs cannot be read, nothing is taken for garbage."""
    fill(raw, make_bucket(raw), NAMES)
    back_up(night)
    shard = next(iter(raw.vault.list_blobs(match_glob="**/inventory/*.avro")))
    shard.upload_from_string(b"not an inventory")
    assert "not an Avro file" in raw.run("prune", "--yes", code=4).stderr
    assert len(contents(raw)) == len(NAMES)


def test_vault_that_holds_what_is_written(raw: Rebound, night: Function):
    """Under holds and a retention policy a content is protected until nobody needs it, and longer.

    What was let go and is needed again is held again.
    """
    vault = raw.vault
    vault.default_event_based_hold = True
    vault.retention_period = 60 * DAY_SECONDS
    vault.patch()
    bucket = make_bucket(raw)
    with raw.cloud.minutes_ago(40 * 24 * 60):
        put(bucket, "kept", content_of("kept"))
        raw.vault.blob("contents/cd/stray").upload_from_string("nobody lists this")
    back_up(night, "first")
    assert {blob.event_based_hold for blob in contents(raw).values()} == {True}
    let_go = contents(raw)[content_of("kept").decode()]
    let_go.event_based_hold = False
    let_go.patch()
    pruned = raw.json("prune", "--yes")
    assert (pruned["objects"], pruned["protected"], pruned["deleted"]) == (1, 1, 0)
    held = {text for text, blob in contents(raw).items() if blob.event_based_hold}
    assert held == {content_of("kept").decode()}
    assert len(contents(raw)) == 2
    with raw.cloud.minutes_ago(-61 * 24 * 60):
        assert raw.json("prune", "--yes")["deleted"] == 1
    assert set(contents(raw)) == {content_of("kept").decode()}


def test_nothing_is_pruned_while_an_inventory_is_gone(raw: Rebound, night: Function):
    """What only it lists is needed still: it can come back, as contents that are deleted cannot."""
    fill(raw, make_bucket(raw), NAMES[:2])
    back_up(night)
    for text, blob in contents(raw).items():
        with raw.cloud.minutes_ago(40 * 24 * 60):
            raw.vault.blob(blob.name).upload_from_string(text)
    shard = next(iter(raw.vault.list_blobs(match_glob="**/inventory/*.avro")))
    whole = shard.download_as_bytes()
    shard.delete()
    assert not shard.exists()
    for words in ((), ("--yes",)):
        refused = raw.run("prune", *words, code=4).stderr
        assert f"{shard.name}: an inventory that its manifest lists is gone" in refused
    assert len(contents(raw)) == 2
    shard.upload_from_string(whole)
    assert raw.json("prune", "--yes")["objects"] == 0
