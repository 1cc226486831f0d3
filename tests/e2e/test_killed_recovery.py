"""A recovery killed at random moments is resumed, and ends as if nothing had happened."""

import random
import time

import pytest

from tests.e2e.losses import LOSSES, Loss, Night, make_night
from tests.harness import RUN_SECONDS
from tests.standin.cloud import Cloud

MOMENTS = range(8)


@pytest.fixture(scope="module")
def lost_night(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Night:
    """Return a platform to be lost, whose history is lost with it."""
    return make_night(cloud, tmp_path_factory.mktemp("recovery"))


@pytest.fixture(scope="module", params=LOSSES, ids=lambda loss: loss.scenario)
def loss(request: pytest.FixtureRequest, lost_night: Night) -> tuple[Loss, object, float]:
    """Return a loss, what was there before, and how long an undisturbed recovery takes."""
    chosen: Loss = request.param
    before = chosen.picture(lost_night.rebound)
    chosen.lose(lost_night.rebound)
    began = time.monotonic()
    lost_night.rebound.run(*chosen.recover)
    recovery_seconds = time.monotonic() - began
    assert chosen.picture(lost_night.rebound) == before
    return chosen, before, recovery_seconds


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_recovery_is_resumed(
    lost_night: Night, loss: tuple[Loss, object, float], moment: int
):
    """A recovery killed anywhere is resumed, and everything is as it was at the recovery point."""
    rebound = lost_night.rebound
    lost, before, recovery_seconds = loss
    lost.lose(rebound)
    known = rebound.recoveries
    # One in each eighth of the time that it takes.
    share = (moment + random.Random(moment).random()) / len(MOMENTS)  # noqa: S311 - a test
    wait_seconds = share * recovery_seconds
    process = rebound.begin(*lost.recover)
    time.sleep(wait_seconds)
    process.kill()
    process.communicate(RUN_SECONDS)
    begun = rebound.recoveries - known
    done = rebound.run(*(("resume", *begun, "--yes", *lost.words) if begun else lost.recover))
    assert "proven equal" in done.stdout
    assert lost.picture(rebound) == before, f"killed after {wait_seconds:.2f} s"
