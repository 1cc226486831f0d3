"""What was granted on a view alone goes when it is made again: what of that does not come back is told."""

from typing import Any

import pytest

from tests.harness import RUN_SECONDS, Rebound
from tests.integration import lake
from tests.integration.test_definitions import DESCRIBED, SCENARIO, SUMS, api
from tests.served import Function

LIVING, GONE = "user:a@example.com", "deleted:user:b@example.com?uid=1"
READING = "roles/bigquery.dataViewer"
NOT_AGAIN = f"not granted again to who was deleted ({READING} of {GONE})"
OTHER = """
CREATE OR REPLACE MATERIALIZED VIEW `{lake}.sums` AS
SELECT home, COUNT(*) AS pace FROM `{lake}.games` GROUP BY home
"""


def of_sums(rebound: Rebound, verb: str, **policy: Any) -> Any:  # noqa: ANN401 - JSON
    """Return or set what is granted on the materialized view."""
    return api(rebound, "POST", f"datasets/lake/tables/sums:{verb}IamPolicy", data=policy)


def created_of_sums(rebound: Rebound) -> str:
    """Return when the materialized view was made."""
    return str(api(rebound, "GET", "datasets/lake/tables/sums")["creationTime"])


def grant(rebound: Rebound, *members: str) -> None:
    """Let some read the view."""
    binding = {"role": READING, "members": members}
    of_sums(rebound, "set", policy={"bindings": [binding]})


def killed_at(rebound: Rebound, call: str, *command: str) -> None:
    """Kill a command while a call about a table is under way, which is lost."""
    with rebound.cloud.held("bigquery", f"bigquery.tables.{call}", is_done=False):
        killed = rebound.begin(*command)
        rebound.cloud.await_fault("bigquery", killed)
        killed.kill()
        killed.communicate(RUN_SECONDS)


@pytest.fixture
def viewed(rebound: Rebound, function: Function) -> str:
    """Back up a platform with two views more; return its dataset."""
    lake_id = f"{rebound.project}.{lake.DATASET}"
    for definition in (SUMS, DESCRIBED):
        rebound.query(definition.format(lake=lake_id))
    function.complete("night")
    return lake_id


def test_who_could_read_a_view_is_told_where_nobody_grants_it_again(rebound: Rebound, viewed: str):
    """What was granted on it went with it, and nothing else knows of it, also where a try more is made."""
    rebound.query(f"DROP TABLE `{viewed}.games`")
    rebound.query(f"DROP VIEW `{viewed}.described`")
    grant(rebound, LIVING, GONE)
    with rebound.cloud.fault("bigquery", "bigquery.tables.setIamPolicy", "status", status=403):
        told = rebound.run("recover", SCENARIO, "--yes", code=6).stdout
    assert f"view alone is gone ({READING} of {LIVING}, {GONE}): " in told
    assert "proven    view lake.described" in told
    assert "bindings" not in of_sums(rebound, "get")


def test_who_was_deleted_and_could_read_a_view_is_told(rebound: Rebound, viewed: str):
    """One that is undeleted would have its role again in the view that went, and has none in this one.

    It is told, too, where another view ends well beside it, so that what failed is tried again; an undo
    tells it alike.
    """
    rebound.query(f"DROP TABLE `{viewed}.games`")
    rebound.query(f"DROP VIEW `{viewed}.described`")
    grant(rebound, LIVING, GONE)
    told = rebound.run("recover", SCENARIO, "--yes", code=6).stdout
    assert NOT_AGAIN in told
    assert "proven    view lake.described" in told
    (granted,) = of_sums(rebound, "get")["bindings"]
    assert granted["members"] == [LIVING]
    rebound.run("recover", SCENARIO, "--yes")

    rebound.query(OTHER.format(lake=viewed))
    rebound.query(f"DROP VIEW `{viewed}.described`")
    rebound.run("recover", SCENARIO, "--yes", "--overwrite", "lake.sums")
    grant(rebound, LIVING, GONE)
    recovery = max(rebound.recoveries)
    undone = rebound.run("undo", recovery, "--yes", "--access", code=6)
    assert NOT_AGAIN in " ".join((undone.stdout + undone.stderr).split())
    assert [it["members"] for it in of_sums(rebound, "get")["bindings"]] == [[LIVING]]


def test_who_could_read_a_view_is_told_where_it_was_killed_between(rebound: Rebound, viewed: str):
    """Nothing but the journal knows it then: it is told, and granted by nobody, as others write there."""
    rebound.query(f"DROP TABLE `{viewed}.games`")
    grant(rebound, LIVING, GONE)
    killed_at(rebound, "setIamPolicy", "recover", SCENARIO, "--yes")
    made = created_of_sums(rebound)
    again = ("resume", max(rebound.recoveries), "--yes")
    told = rebound.run(*again, code=6).stdout
    assert f"went when an earlier attempt deleted it ({READING} of {LIVING}, {GONE})" in told
    assert "bindings" not in of_sums(rebound, "get")
    grant(rebound, LIVING)
    done = rebound.run(*again).stdout
    assert "proven    view lake.sums" in done
    assert "by now it is equal, and nothing is left" in " ".join(done.split())
    assert created_of_sums(rebound) == made, "what was made again already is not deleted"


@pytest.mark.parametrize("call", ["insert", "setIamPolicy"])
def test_who_could_read_a_view_is_told_where_an_undo_was_killed(
    rebound: Rebound, viewed: str, call: str
):
    """Before the view is made again, and when it is: the next undo tells it until somebody grants it."""
    rebound.query(OTHER.format(lake=viewed))
    rebound.run("recover", SCENARIO, "--yes", "--overwrite", "lake.sums")
    grant(rebound, LIVING, GONE)
    again = ("undo", max(rebound.recoveries), "--yes", "--access")
    killed_at(rebound, call, *again)
    for _ in range(2):
        undone = rebound.run(*again, code=6)
        told = " ".join((undone.stdout + undone.stderr).split())
        assert f"went when an earlier attempt deleted it ({READING} of {LIVING}, {GONE})" in told
    assert "bindings" not in of_sums(rebound, "get")
    grant(rebound, LIVING)
    assert "nothing has to go back" in rebound.run(*again).stdout
