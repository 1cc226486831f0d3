"""A local Google Cloud with a platform and its first backup, to try commands on: `make try`.

It runs until Ctrl-C, and is gone then. What a shell has to know of it is written to a file.
"""

import os
import shlex
import signal
import sys
import tempfile
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.deployed import ROOT
from tests.e2e.demo import back_up, say, seed, timed
from tests.e2e.disasters import catalog_quiet_within
from tests.harness import Rebound, make_rebound
from tests.integration.configuration import make_sandbox
from tests.standin.cloud import PROJECT, running

ENVIRONMENT = Path(".local", "try.sh")
SANDBOX = f"{PROJECT}-sandbox"
"""The project to which drills restore."""


@contextmanager
def platform(folder: Path) -> Generator[Rebound]:
    """Run a local cloud with the platform that the shipped catalog protects, and its first backup."""
    with pytest.MonkeyPatch.context() as environment, running(folder / "cloud") as cloud:
        for name, value in cloud.env.items():
            environment.setenv(name, value)
        timed("a local Google Cloud with a platform", lambda: seed(cloud))
        catalog = catalog_quiet_within(2, folder)
        settings = {"REBOUND_CATALOG": catalog, "REBOUND_SANDBOX": SANDBOX}
        rebound = make_rebound(cloud, folder, PROJECT, **settings)
        make_sandbox(rebound, SANDBOX)
        back_up(rebound)
        yield rebound


def exported(rebound: Rebound) -> str:
    """Return lines of a shell that point `rebound` and Google's tools at the platform."""
    own = {name: value for name, value in rebound.env.items() if name.startswith("REBOUND_")}
    told = {**rebound.cloud.env, **own}
    lines = [f"export {name}={shlex.quote(value)}" for name, value in sorted(told.items())]
    path = shlex.quote(str(Path(sys.executable).parent))
    return "\n".join([*lines, f"export PATH={path}:$PATH", ""])


def main() -> None:
    """Run it until it is interrupted."""
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    os.chdir(ROOT)
    say("Starting a local Google Cloud ...")
    with tempfile.TemporaryDirectory(prefix="rebound-try-") as folder:
        with platform(Path(folder)) as rebound:
            ENVIRONMENT.parent.mkdir(exist_ok=True)
            ENVIRONMENT.write_text(exported(rebound))
            say(
                f"In another terminal:\n  . {ENVIRONMENT}\n  rebound status\n"
                "  rebound drill --sample   # restores into a sandbox project\nCtrl-C ends it."
            )
            ended.wait()
        ENVIRONMENT.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
