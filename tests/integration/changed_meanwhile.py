"""Changes of a secret while somebody works on it: what was changed stays, and that is told."""

from tests.harness import RUN_SECONDS, Rebound
from tests.integration.configuration import call
from tests.integration.outages import SECRETS


def change_under_undo(rebound: Rebound, recovery: str) -> None:
    """Change a secret between the last look and its deletion, and change it back: it stays then."""
    path = f"{SECRETS}/projects/{rebound.project}/secrets/slack"
    with rebound.cloud.held("platform", r"secretmanager\..*secrets\.delete"):
        undoing = rebound.begin("undo", recovery, "--yes")
        rebound.cloud.await_fault("platform", undoing)
        call(rebound, "PATCH", path, {"labels": {"whose": "mine"}}, updateMask="labels")
    out, err = undoing.communicate(RUN_SECONDS)
    assert undoing.returncode == 6, err
    assert "it was changed since it was looked at; it is left" in " ".join(out.split())
    call(rebound, "PATCH", path, {"labels": {"team": "data"}}, updateMask="labels")


def change_under_recovery(rebound: Rebound) -> None:
    """Change a secret between the last look and the change: it stays so; a lost answer loses nothing."""
    path = f"{SECRETS}/projects/{rebound.project}/secrets/slack"
    words = ("recover", "complete-outage", "--overwrite", "*", "--yes")
    call(rebound, "PATCH", path, {"labels": {"whose": "theirs"}}, updateMask="labels")
    with rebound.cloud.held("platform", r"secretmanager\..*secrets\.patch"):
        recovering = rebound.begin(*words)
        rebound.cloud.await_fault("platform", recovering)
        call(rebound, "PATCH", path, {"labels": {"whose": "mine"}}, updateMask="labels")
    out, err = recovering.communicate(RUN_SECONDS)
    assert recovering.returncode == 6, err
    assert "it was changed since it was looked at; it is left" in " ".join(out.split())
    assert call(rebound, "GET", path)["labels"] == {"whose": "mine"}
    with rebound.cloud.fault("platform", r"secretmanager\..*secrets\.patch", "lost"):
        rebound.run(*words)
    assert call(rebound, "GET", path)["labels"] == {"team": "data"}
