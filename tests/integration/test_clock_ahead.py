"""A machine whose clock is a year ahead: every time that counts is the services' own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

from manifests.claim_layout import lease_name
from manifests.layout import parse_run_id
from tests.harness import Rebound
from tests.integration import lake
from tests.served import serving

YEAR = timedelta(days=365)
YEAR_MINUTES = YEAR.total_seconds() / 60
TERM_MINUTES = 2


def test_a_machine_a_year_ahead(new_rebound: Callable[..., Rebound], tmp_path: Path):
    """Its lease runs out when it stands still, and its run is about tonight.

    The services are a year behind it, which is the same to both.
    """
    rebound = new_rebound(REBOUND_CATALOG=lake.write_catalog(tmp_path))
    with rebound.cloud.minutes_ago(YEAR_MINUTES + 5):
        lake.create(rebound)
    with rebound.cloud.minutes_ago(YEAR_MINUTES):
        with (
            serving(rebound) as lost,
            rebound.cloud.held("bigquery", r"bigquery\.routines\.list", times=None),
            ThreadPoolExecutor(1) as pool,
        ):
            call = pool.submit(lost.manual, "night")
            rebound.cloud.await_fault("bigquery")
            lost.kill()
            assert call.exception() is not None
        lease = rebound.landing.get_blob(lease_name(parse_run_id("night")))
        assert lease is not None
        assert datetime.now(UTC) - lease.time_created > YEAR
        with serving(rebound) as function:
            assert function.manual("night").status_code == 503
    # It keeps others out for its term, and not for a year.
    with rebound.cloud.minutes_ago(YEAR_MINUTES - TERM_MINUTES):
        with serving(rebound) as function:
            function.complete("night")
        point = rebound.manifest("night").recovery_point
        assert timedelta(0) <= datetime.now(UTC) - YEAR - point < timedelta(minutes=5)
        assert rebound.json("list")[0]["state"] == "complete"
        assert rebound.run("expire").stderr == ""
