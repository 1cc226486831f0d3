"""The vault is lost behind a fence: where the second place stands in for it, the landing bucket tells what was paused."""

from collections.abc import Callable
from pathlib import Path

from tests.harness import Rebound
from tests.integration import lake
from tests.integration.configuration import enable, make_job, states, with_fence
from tests.integration.drills import WRITERS


def test_what_was_paused_is_resumed_when_the_vault_is_gone(
    new_rebound: Callable[..., Rebound], tmp_path: Path
):
    """One record alone names it, so that the operator says which; a fence that is begun then ends as any."""
    catalog = lake.write_catalog(tmp_path)
    with_fence(catalog, writers=WRITERS)
    second = f"second-{tmp_path.name}".replace("_", "-").lower()[:60].rstrip("-")
    rebound = new_rebound(REBOUND_CATALOG=catalog, REBOUND_SECOND_BUCKET=second)
    lake.create(rebound)
    enable(rebound, "cloudscheduler.googleapis.com", "pubsub.googleapis.com")
    make_job(rebound, "load-hourly")
    before = states(rebound)
    fence = rebound.run("fence", "--yes").stderr.split("fence ")[1].split()[0]
    rebound.vault.delete(force=True)
    there = {"REBOUND_VAULT_BUCKET": second}
    assert fence in rebound.run("fence", "--status", **there).stdout
    refused = rebound.run("thaw", fence, "--yes", code=5, **there).stderr
    assert "only one of the two records of the fence names it" in refused
    assert "`--writer load-hourly` allows it" in refused
    rebound.run("thaw", fence, "--writer", "load-hourly", "--yes", **there)
    assert states(rebound) == before
    rebound.run("fence", "--yes", **there)
    assert states(rebound) != before
    rebound.run("thaw", "--yes", **there)
    assert states(rebound) == before
    assert "no fence stands" in rebound.run("fence", "--status", **there).stdout
