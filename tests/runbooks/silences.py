"""What the alerts are about that nobody notices: a function that is silent, a run that grew, no drill."""

from collections import Counter
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime

from tests.integration.configuration import call, job, jobs_path, make_job, pause_job
from tests.runbooks.console import Shell
from tests.runbooks.world import World

type Strike = Callable[[World, Shell], AbstractContextManager[object]]


def run_id() -> str:
    """Return the id of a run that is listed after those of the same minute."""
    return f"run-{datetime.now(UTC):%Y%m%d-%H%M%S}"


def paused(name: str) -> Strike:
    """Return what pauses one of Rebound's own schedules, so that its function is silent."""

    @contextmanager
    def strike(world: World, shell: Shell) -> Generator[None]:
        del shell
        make_job(world.rebound, f"rebound-{name}")
        pause_job(world.rebound, f"rebound-{name}")
        yield
        assert job(world.rebound, f"rebound-{name}")["state"] == "ENABLED", "the page resumes it"
        call(world.rebound, "DELETE", f"{jobs_path(world.rebound)}/rebound-{name}")

    return strike


@contextmanager
def grown(world: World, shell: Shell) -> Generator[None]:
    """Have a run that stores everything anew behind one that refers to what was stored."""
    del shell
    world.function.complete(run_id())
    small = _newest_size(world)
    world.function.complete(f"{run_id()}-full", full=True)
    assert _newest_size(world) > small
    yield


def _newest_size(world: World) -> int:
    """Return how much the newest run stored of tables."""
    found: Counter[str] = Counter()
    for blob in world.rebound.vault.list_blobs(prefix="runs/run-"):
        found[blob.name.split("/")[1]] += blob.size * ("/tables/" in blob.name)
    return found[max(found)]


def undrilled(world: World, shell: Shell) -> AbstractContextManager[object]:
    """See that no whole drill has passed, which is what the alert is about: nothing has to be struck."""
    del shell
    kept = world.rebound.json("drill", "--history")
    ended = [it["record"] for it in kept if it["record"]]
    assert not [it for it in ended if it["verdict"] == "pass" and not it["begun"]["is_sample"]]
    return nullcontext()
