import os
import random
import signal
import threading
import time
from pathlib import Path

import grpc
import pytest

from tests.contract import real
from tests.contract.firestore import parts
from tests.contract.firestore.parts import Service
from tests.contract.firestore.wire import Wire, integer, text

pytestmark = real.local_only(real.PROCESS)

# The official emulator keeps everything in memory: these tests are about the stand-in alone.
ENOUGH = 30
EVERYTHING = {"from_": [{"all_descendants": True}]}


def kill(service: Service) -> None:
    """Kill a server without a chance to tidy up."""
    service.process.send_signal(signal.SIGKILL)
    service.process.wait()


def write_until_it_dies(wire: Wire, worker: int, acknowledged: list[str]) -> None:
    """Write documents one after the other and note those that were acknowledged."""
    try:
        for number in range(10**6):
            path = f"c{worker}/{number}"
            wire.set(path, {"n": integer(number), "s": text("x" * 500)})
            acknowledged.append(path)
    except grpc.RpcError:
        return


@pytest.mark.parametrize("attempt", range(3))
def test_kill_loses_nothing_acknowledged(tmp_path: Path, attempt: int):
    """What was acknowledged before a SIGKILL is there after the restart, with its past."""
    acknowledged: list[list[str]] = [[], [], []]
    with parts.standin(tmp_path) as service:
        wire = Wire(service.host)
        created = wire.set("a/b", {"n": integer(1)})
        wire.set("a/b", {"n": integer(2)})
        wire.commit(wire.delete("a/b"))
        workers = [
            threading.Thread(target=write_until_it_dies, args=(wire, worker, done))
            for worker, done in enumerate(acknowledged)
        ]
        for worker in workers:
            worker.start()
        while sum(map(len, acknowledged)) < ENOUGH:
            time.sleep(0.01)
        time.sleep(random.Random(attempt).uniform(0, 0.3))  # noqa: S311 - a delay
        kill(service)
        for worker in workers:
            worker.join()
    with parts.standin(tmp_path) as service:
        again = Wire(service.host, project=wire.project)
        found = set(again.paths(EVERYTHING))
        written = {path for done in acknowledged for path in done}
        assert len(written) >= ENOUGH
        assert written <= found
        assert len(found - written) <= len(workers)
        assert again.get("a/b", read_time=created).fields["n"] == integer(1)
        assert again.set("a/c", {}).ToMicroseconds() > created.ToMicroseconds()


def test_half_written_record_is_cut_off(tmp_path: Path):
    """A record that a kill left half written is dropped, and what follows is kept."""
    with parts.standin(tmp_path) as service:
        wire = Wire(service.host)
        wire.set("c/a", {"n": integer(1)})
    (log,) = tmp_path.iterdir()
    whole = log.read_bytes()
    with parts.standin(tmp_path) as service:
        Wire(service.host, project=wire.project).set("c/b", {})
    os.truncate(log, len(log.read_bytes()) - 3)
    for paths in (["c/a"], ["c/a", "c/c"]):
        with parts.standin(tmp_path) as service:
            again = Wire(service.host, project=wire.project)
            assert again.paths(EVERYTHING) == paths
            assert log.read_bytes().startswith(whole)
            again.set("c/c", {})
