"""Lose a local Google Cloud and bring it back, with proof: `make demo`.

Everything is real but the cloud: the function is served by functions-framework and called as Cloud
Scheduler calls it, the operator's command runs as a process of its own, and Google's own clients
speak to the local cloud. The last word on each disaster is not Rebound's: this script keeps its own
picture of the platform and compares.
"""

import shlex
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.disasters import DISASTERS, Disaster, catalog_quiet_within
from tests.harness import Rebound, make_rebound, whole_minute
from tests.integration.processors import platform
from tests.integration.processors.services import serving_phases
from tests.served import serving
from tests.standin.cloud import PROJECT, Cloud, running
from tests.standin.seed.configuration import seed_control_plane
from tests.standin.seed.objects import seed_storage
from tests.standin.seed.states import seed_firestore
from tests.standin.seed.warehouse import seed_bigquery

SCALE = 0.01
LEAGUE = "a-league-of-the-demo"
MOST_SECONDS = 180


def say(text: str) -> None:
    """Print a line of the story."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def timed(what: str, work: Callable[[], object]) -> None:
    """Do some work and say how long it took."""
    began = time.monotonic()
    work()
    say(f"{what} ({time.monotonic() - began:.1f} s)")


def show(rebound: Rebound, *words: str, code: int = 0) -> None:
    """Run `rebound` and print the command and what it says on stdout."""
    say(f"\n$ rebound {shlex.join(words)}")
    done = rebound.run(*words, code=code)
    say(done.stdout.rstrip())
    if code:
        say(f"{done.stderr.rstrip()}\nexit code {code}")


def seed(cloud: Cloud) -> None:
    """Fill the local cloud, as if an hour ago."""
    with cloud.minutes_ago(60):
        seed_bigquery(PROJECT, SCALE)
        seed_storage(PROJECT, SCALE)
        seed_firestore(PROJECT, SCALE)
        seed_control_plane(PROJECT)


def back_up(rebound: Rebound) -> None:
    """Call the served function as Cloud Scheduler does, and print its answer."""
    with serving(rebound) as function:
        began = time.monotonic()
        answer = function.scheduled(whole_minute(), job="rebound-nightly")
        took_seconds = time.monotonic() - began
    say(f"Cloud Scheduler calls the function: HTTP {answer.status_code} in {took_seconds:.1f} s")
    say("  " + ", ".join(f"{key} {value}" for key, value in answer.json().items()))
    if answer.status_code != 200:
        sys.exit("error: the backup is not complete")


def go_through(rebound: Rebound, disaster: Disaster) -> None:
    """Destroy, see that it is gone, recover, and compare with the picture from before."""
    say(f"\n== {disaster.scenario} ==")
    before = disaster.picture(rebound)
    for line in disaster.strike(rebound):
        say(f"  {line}")
    if disaster.picture(rebound) == before:
        sys.exit("error: nothing was destroyed")
    words = (*disaster.words, "--confirm-project", PROJECT, "--yes")
    show(rebound, "recover", disaster.scenario, *words, code=6 if disaster.supply else 0)
    if disaster.supply is not None:
        for line in disaster.supply(rebound):
            say(f"  {line}")
        show(
            rebound, "resume", "--access", "--overwrite", "*", "--confirm-project", PROJECT, "--yes"
        )
    for following in disaster.then:
        show(rebound, *following)
    if disaster.picture(rebound) != before:
        sys.exit("error: the platform is not what it was")
    say("compared without Rebound: the platform is what it was before")


def miss_dates(cloud: Cloud, folder: Path) -> None:
    """Lose dates of a platform whose processors run here, and have them run again."""
    say("\n== processor-failure ==")
    with serving_phases(folder) as phases:
        catalog = platform.write_catalog(folder, platform.processors(phases.url))
        league = make_rebound(cloud, folder, LEAGUE, REBOUND_CATALOG=catalog, **phases.env)
        phases.rebound = league
        platform.create(league)
        before = {name: platform.counts(league, name) for name in platform.ALL}
        days = platform.PHASE4_DAYS[1:3]
        for name in platform.ALL:
            platform.lose(league, name, *days)
        say(
            f"  the rows of {len(days)} dates are gone from {len(platform.ALL)} tables of two phases"
        )
        show(league, "recover", "processor-failure", "--confirm-project", LEAGUE, "--yes")
        if {name: platform.counts(league, name) for name in platform.ALL} != before:
            sys.exit("error: the dates are not what they were")
        say(f"compared without Rebound: each date is there; {len(phases.calls)} requests were made")


def spoil_the_backup(rebound: Rebound) -> None:
    """Rot one byte of the backup: `verify` finds it."""
    say("\n== and if the backup itself rots? ==")
    blob = next(iter(rebound.vault.list_blobs(prefix="runs/", match_glob="**/tables/**.avro")))
    rebound.cloud.order("storage", "corrupt", bucket=rebound.vault.name, object=blob.name)
    say("  one byte of one stored file is flipped; Cloud Storage does not know")
    show(rebound, "verify", code=4)


def main() -> None:
    """Tell the whole story; end with an error where it is not as it should be."""
    began = time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="rebound-demo-") as folder,
        pytest.MonkeyPatch.context() as environment,
        running(Path(folder) / "cloud") as cloud,
    ):
        for name, value in cloud.env.items():
            environment.setenv(name, value)
        timed(
            f"a local Google Cloud with a platform at {SCALE:.0%} of its size", lambda: seed(cloud)
        )
        # A minute of quiet, as the shipped catalog has it, would be most of the story.
        catalog = catalog_quiet_within(2, Path(folder))
        rebound = make_rebound(cloud, Path(folder), PROJECT, REBOUND_CATALOG=catalog)
        back_up(rebound)
        show(rebound, "list")
        for disaster in DISASTERS:
            go_through(rebound, disaster)
        miss_dates(cloud, Path(folder))
        spoil_the_backup(rebound)
    took_seconds = time.monotonic() - began
    say(f"\nEvery disaster was recovered and proven: {len(DISASTERS) + 1} in {took_seconds:.0f} s.")
    if took_seconds > MOST_SECONDS:
        sys.exit(
            f"error: it is to take {MOST_SECONDS} s at most: something got slower, or this machine is busy"
        )


if __name__ == "__main__":
    main()
