"""Objects under keys that cannot be used: of those who planted them, and the vault's own."""

from datetime import UTC, datetime
from typing import Any

import pytest

from manifests.claim_layout import PRUNE_NAME
from manifests.fence_layout import fence_id, fence_name
from tests.harness import Rebound
from tests.integration.forged_runs import NIGHT, PLANTED, SCENARIO, states
from tests.served import serving

KEY = "projects/attacker/locations/us/keyRings/r/cryptoKeys/k"


@pytest.mark.parametrize(
    ("key", "state"),
    [
        ({"encryption_key": bytes(32)}, ""),
        ({"kms_key_name": KEY}, "disabled"),
    ],
)
def test_what_nobody_can_decrypt_stops_nothing_else(
    rebound: Rebound, key: dict[str, Any], state: str
):
    """Who may write can give a key of his own with it, and keep that to himself or take it away."""
    fence = fence_name(fence_id(datetime.now(UTC), "abcd"))
    leases = ("leases/after.json", "leases/locked.json", PRUNE_NAME)
    journals = (fence, f"recoveries/{PLANTED}/plan.json", "verdicts/x.json")
    places = [(rebound.landing, name) for name in (*leases, *journals)]
    places += [(rebound.vault, name) for name in (fence, "runs/locked/manifest.json")]
    locked = [bucket.blob(name, **key) for bucket, name in places]
    try:
        with rebound.cloud.minutes_ago(90, ("storage",)):
            for blob in locked:
                blob.upload_from_string(b"{}")
        rebound.cloud.order("storage", "keys", keys={KEY: state})
        assert states(rebound) == {NIGHT: "complete", "locked": "damaged"}
        assert rebound.json("plan", SCENARIO)["run_id"] == NIGHT
        assert "under its writer's own key" in rebound.run("expire").stderr
        rebound.run("report")
        rebound.run("unlock", "locked", "--why", "nobody can read it")
        with serving(rebound) as function:
            function.complete("after", full=True)
        names = [item.name for item in rebound.vault.list_blobs(prefix="runs/after/tables/")]
        rebound.cloud.order("storage", "keys", keys={})
        rebound.vault.blob(names[0], **key).upload_from_string(b"x")
        rebound.cloud.order("storage", "keys", keys={KEY: state})
        told = rebound.run("verify", "after", code=4).stdout
        assert "it is under its writer's own key" in told
    finally:
        rebound.cloud.order("storage", "keys", keys={})
        planted = [bucket.blob(name) for bucket, name in places]
        for blob in [*planted, *rebound.vault.list_blobs(prefix="runs/after/")]:
            if blob.exists():
                blob.delete()


@pytest.mark.parametrize("state", ["disabled", "denied"])
def test_a_key_of_the_vault_that_cannot_be_used_is_no_damage(rebound: Rebound, state: str):
    """Of what is under the vault's own key nothing is known then: no verdict, and nothing expires."""
    key = f"{KEY}-of-the-vault-{state}"
    vault = rebound.vault
    vault.default_kms_key_name = key
    vault.patch()
    try:
        with serving(rebound) as function:
            function.complete("own-key", full=True)
        rebound.cloud.order("storage", "keys", keys={key: state})
        verdicts = {item.name for item in rebound.landing.list_blobs(prefix="verdicts/")}
        with serving(rebound, "verify") as function:
            assert function.call().status_code == 502
        for words in (("list",), ("verify", "own-key"), ("plan", SCENARIO), ("expire", "--yes")):
            told = rebound.run(*words, code=9).stderr
            assert f"cannot use the bucket's own key {key}" in told
            assert "enable the versions of that key" in told
        assert {it.name for it in rebound.landing.list_blobs(prefix="verdicts/")} == verdicts
        rebound.cloud.order("storage", "keys", keys={})
        assert states(rebound)["own-key"] == "complete"
        rebound.run("verify", "own-key")
    finally:
        rebound.cloud.order("storage", "keys", keys={})
        vault.default_kms_key_name = None
        vault.patch()
        for blob in vault.list_blobs(prefix="runs/own-key/"):
            blob.delete()
