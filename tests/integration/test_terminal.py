"""A recovery as whoever sits before it sees it, and what a program reads of it."""

import fcntl
import io
import os
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.harness import RUN_SECONDS, START_SECONDS, Rebound
from tests.integration import lake
from tests.served import Function

SCENARIO = "bigquery-dataset-loss"


def test_a_recovery_on_a_terminal(rebound: Rebound, function: Function):
    """One bar for all of it with the time that is left; Ctrl-C leaves the prompt on a line of its own."""
    function.complete("night")
    for name in ("games", "types"):
        rebound.bigquery_client.delete_table(f"{rebound.project}.{lake.DATASET}.{name}")
    with (
        typed(rebound, "recover", SCENARIO, "--yes") as (process, terminal),
        rebound.cloud.held("bigquery", "bigquery.tables.insert", skip=1, is_done=False, times=None),
    ):
        told_until(terminal, r"% 0 of 4 \d:\d\d:\d\d left")
        rebound.cloud.await_fault("bigquery")
        process.send_signal(signal.SIGINT)
        told = told_until(terminal, r"interrupted; .*\n")
        assert process.wait(RUN_SECONDS) == 130
    last = told[told.rindex("interrupted; ") :]
    assert told[: -len(last)].endswith("\r\n")
    assert re.fullmatch(rf"interrupted; `rebound resume {SCENARIO}-[^\r\n]*\r\n", last)
    rebound.run("abandon", last.split()[3].rstrip("`"), "--why", "seen")
    rebound.run("recover", SCENARIO, "--yes")
    assert_rfc_3339(rebound)
    what_takes_its_time_says_so(rebound)


def what_takes_its_time_says_so(rebound: Rebound) -> None:
    """A command that waits says for what and for how long, and takes that away before its answer."""
    for words, told, answer in (
        (("list",), r"\rreading the runs \.\.\. [2-9] s", "complete"),
        (("ops", "backups"), r"looking .* 0/3", "Can we recover now"),
    ):
        with ExitStack() as stack:
            with rebound.cloud.held("storage", "storage.objects.list", times=None):
                process, terminal = stack.enter_context(typed(rebound, *words))
                rebound.cloud.await_fault("storage")
                told_until(terminal, told)
            assert "..." not in told_until(terminal, answer).splitlines()[-1]
            process.wait(RUN_SECONDS)
    with rebound.cloud.fault("storage", "storage.objects.list", "latency", seconds=3):
        assert not rebound.run("list").stderr


@contextmanager
def typed(rebound: Rebound, *words: str) -> Generator[tuple[subprocess.Popen[bytes], io.FileIO]]:
    """Type a command on a terminal of 100 columns; its process, and what the terminal shows."""
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
    command = [Path(sys.executable).with_name("rebound"), *words]
    env = {**rebound.env, "TERM": "xterm-256color"}
    with os.fdopen(ours, "rb", buffering=0) as terminal:
        process = subprocess.Popen(command, env=env, stdin=theirs, stdout=theirs, stderr=theirs)
        os.close(theirs)
        yield process, terminal


def test_a_time_without_zone_is_seen():
    """So that what is asked of every answer can fail."""
    zoned = (
        '{"at": "2026-01-01T00:00:00Z", "of": "2026-01-01T00:00:00.5+01:00", "on": "2026-01-01"}'
    )
    assert unzoned(zoned) == []
    for text in ("2026-01-01T00:00:00", "2026-01-01 00:00:00+00:00", "2026-01-01 00:00 UTC"):
        assert unzoned(f'{{"at": "{text}"}}') == [text]


def told_until(terminal: io.FileIO, wanted: str) -> str:
    """Read a terminal, without colours and movements, until it told what is wanted."""
    told, last = "", time.monotonic() + START_SECONDS
    while not re.search(wanted, told):
        assert select.select([terminal], [], [], max(0, last - time.monotonic()))[0], told
        told += terminal.read(4096).decode(errors="replace")
        told = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", told)
    return told


_TIME = re.compile(r'"(\d{4}-\d\d-\d\d[T ][^"]*)"')
_ZONED = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def unzoned(answer: str) -> list[str]:
    """Return the times of an answer that are not as RFC 3339 has them: one without its zone is none."""
    return [text for text in _TIME.findall(answer) if not _ZONED.fullmatch(text)]


def assert_rfc_3339(rebound: Rebound) -> None:
    """Insist that whatever an answer tells the time of says it with its zone."""
    for words in (("list",), ("show", "night"), ("plan", SCENARIO), ("report",), ("status",)):
        answer = rebound.ended(*words, "--json").stdout
        assert _TIME.search(answer), words
        assert unzoned(answer) == [], words
