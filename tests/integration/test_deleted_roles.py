"""A custom role that is deleted is answered for a while: it is none, and comes back as it was."""

from collections.abc import Callable
from pathlib import Path

from tests.harness import LOCATION, Rebound
from tests.integration import lake
from tests.integration.configuration import ACCOUNTS, call, enable
from tests.served import serving

SCENARIO = "complete-outage"
ROLE = {"title": "Loader", "includedPermissions": ["storage.objects.get"], "stage": "GA"}


def test_a_role_that_is_deleted_is_undeleted(new_rebound: Callable[..., Rebound], tmp_path: Path):
    """Its id is taken for weeks; what was changed before it was deleted is as in the backup again."""
    types = [
        {"type": name, "locations": [LOCATION]} for name in ("serviceusage/service", "iam/role")
    ]
    rebound = new_rebound(REBOUND_CATALOG=lake.write_catalog(tmp_path, (), resources=types))
    enable(rebound, "iam.googleapis.com")
    roles = f"{ACCOUNTS}/projects/{rebound.project}/roles"
    for name in ("loader", "gone"):
        call(rebound, "POST", roles, {"roleId": name, "role": ROLE})
    call(rebound, "DELETE", f"{roles}/gone")
    with serving(rebound) as function:
        function.complete("night")
    assert "gone" not in rebound.run("plan", SCENARIO).stdout
    call(rebound, "PATCH", f"{roles}/loader", {"title": "Other"}, updateMask="title")
    call(rebound, "DELETE", f"{roles}/loader")
    assert call(rebound, "GET", f"{roles}/loader")["deleted"]

    assert "undelete             iam/role loader" in rebound.run("plan", SCENARIO).stdout
    told = rebound.run("recover", SCENARIO, "--yes").stdout
    assert "foundations proven equal to the backup" in told
    found = call(rebound, "GET", f"{roles}/loader")
    assert "deleted" not in found
    assert {name: found[name] for name in ROLE} == ROLE
