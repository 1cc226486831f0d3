"""An undo that is killed while it writes: another one ends where the first would have."""

import pytest

from tests.harness import RUN_SECONDS, Rebound
from tests.integration import bucket_objects
from tests.integration.proven.test_undo import (
    BUCKETS,
    DATABASES,
    SORTS,
    TABLES,
    recovered,
    undone,
)
from tests.standin.cloud import Service

WRITES: dict[str, tuple[Service, str]] = {
    TABLES: ("bigquery", r"bigquery\.jobs\.insert"),
    BUCKETS: ("storage", r"storage\.objects\.(restore|rewrite|delete|copy)"),
    DATABASES: ("firestore", ".*BatchWrite"),
}


@pytest.mark.parametrize("is_done", [True, False], ids=["answer lost", "never done"])
@pytest.mark.parametrize("scenario", list(WRITES))
def test_a_killed_undo_is_undone_to_its_end(rebound: Rebound, scenario: str, *, is_done: bool):
    """Whether the write that was under way was done or not: all is as before the recovery."""
    sort = SORTS[scenario]
    sort.damage(rebound)
    before = sort.look(rebound)
    recovery = recovered(rebound, scenario)
    left = sort.look(rebound)
    assert left != before
    service, operation = WRITES[scenario]
    match = bucket_objects.platform(rebound) if scenario == BUCKETS else rebound.project
    words = ("undo", recovery, "--confirm-project", rebound.project, "--access", "--yes")
    with rebound.cloud.held(service, operation, is_done=is_done, match=match):
        killed = rebound.begin(*words)
        rebound.cloud.await_fault(service, killed)
        killed.kill()
        killed.communicate(RUN_SECONDS)
    # A write that was taken is done after its caller was killed, and may be the last one.
    assert is_done or sort.look(rebound) != before
    told = undone(rebound, recovery)
    assert sort.look(rebound) == before
    assert not [item for item in told["outcomes"] if item["failure"]]
    recovered(rebound, scenario)
