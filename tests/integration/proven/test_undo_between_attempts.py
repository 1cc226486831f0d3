"""A recovery ends in part and is undone: nobody goes on with it, another one begins."""

from pathlib import Path

from tests.harness import Rebound
from tests.integration import bucket_objects, lake
from tests.integration.bucket_objects import NAMES
from tests.integration.configuration import call, enable, jobs_path, make_job, with_fence
from tests.integration.drills import WRITERS
from tests.integration.proven.test_undo import (
    BUCKETS,
    OVER,
    TABLES,
    objects_of,
    recovered,
    tables_of,
    undone,
)


def test_what_was_undone_is_recovered_by_another_recovery(rebound: Rebound):
    """To the first one what the undo put back is somebody else's: it would be partial for ever."""
    bucket_objects.damage(rebound)
    bucket = rebound.storage_client.get_bucket(bucket_objects.platform(rebound))
    bucket_objects.put(bucket, NAMES[6], b"garbage")
    before = objects_of(rebound)
    own = ("--run", "night", "--confirm-project", rebound.project, "--yes")
    how = {"status": 400, "times": None, "match": NAMES[6].rpartition("/")[2]}
    with rebound.cloud.fault("storage", r"storage\.objects\.(restore|rewrite)", "status", **how):
        recovery = rebound.json("recover", BUCKETS, *OVER, *own, code=6)["recovery_id"]
    assert objects_of(rebound) != before
    undone(rebound, recovery)
    assert objects_of(rebound) == before

    refused = rebound.run("resume", recovery, *own[2:], code=5).stderr
    assert f"{recovery}: it was undone 20" in refused
    another = f"rebound recover {BUCKETS} --run night --overwrite '*' --settings"
    assert f"`{another} --confirm-project {rebound.project}` begins another" in refused
    close = f"rebound abandon {recovery} --why undone"
    assert f"`{close}` closes this one" in refused
    rebound.run(*close.split()[1:])
    recovered(rebound, BUCKETS)
    assert objects_of(rebound) != before


def test_what_an_attempt_published_and_the_last_one_could_not_look_at(rebound: Rebound):
    """It goes back with the rest: what the last report does not tell is taken from the one before."""
    events = lake.EVENTS.partition(".")[2]
    lake_id = f"{rebound.project}.{lake.DATASET}"
    rebound.query(f"DROP TABLE `{lake_id}.{events}`")
    rebound.query(f"CREATE OR REPLACE VIEW `{lake_id}.busy` AS SELECT 1 AS one")
    before = tables_of(rebound)
    own = ("--confirm-project", rebound.project, "--yes")
    refused = {"status": 403, "times": None, "match": "/tables/busy"}
    with rebound.cloud.fault("bigquery", r"bigquery\.tables\.(update|patch)", "status", **refused):
        told = rebound.json("recover", TABLES, "--run", "night", *OVER, *own, code=6)
    refused["match"] = f"/tables/{events}"
    with rebound.cloud.fault("bigquery", "bigquery.tables.get", "status", **refused):
        again = rebound.json("resume", told["recovery_id"], *OVER, *own, code=6)
    assert events in str(again["plan"]["unseen"])
    assert events not in str(again["outcomes"])
    assert tables_of(rebound) != before
    undone(rebound, told["recovery_id"])
    assert tables_of(rebound) == before
    recovered(rebound, TABLES)
    assert tables_of(rebound) != before


def test_an_undo_names_what_stays_paused(rebound: Rebound, tmp_path: Path):
    """Nobody but an operator ends a fence of a recovery that was not proven, or one that was put up by hand."""
    catalog = tmp_path / "catalog.json"
    catalog.write_text(Path(rebound.env["REBOUND_CATALOG"]).read_text())
    with_fence(str(catalog), writers=WRITERS)
    enable(rebound, "cloudscheduler.googleapis.com", "pubsub.googleapis.com")
    make_job(rebound, "load-by-hand")
    rebound.storage_client.bucket(bucket_objects.platform(rebound)).blob(NAMES[5]).delete()
    recovery = recovered(rebound, BUCKETS)
    with_catalog = {"REBOUND_CATALOG": str(catalog)}
    told = rebound.run("fence", "--yes", "--why", "by hand", **with_catalog).stderr
    fence = told.split("fence ")[1].split()[0]
    words = ("--confirm-project", rebound.project, "--access", "--yes")
    told = rebound.run("undo", recovery, *words).stderr
    assert f"hint: {fence} still stands (by hand): `rebound thaw {fence}` resumes" in told
    rebound.run("thaw", fence, "--yes", **with_catalog)
    call(rebound, "DELETE", f"{jobs_path(rebound)}/load-by-hand")
    recovered(rebound, BUCKETS)
