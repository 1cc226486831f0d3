"""A fork server: processes that begin with their modules imported.

Importing Google's clients takes about 1.5 seconds of processor time, and the tests start hundreds of
commands and functions. A fork has its own process, session, environment, folder and output, and
ends with its own exit code. It saves the imports, and at the end, when its threads and what it
registered for its exit are done, the taking apart of all that was imported, which takes longer than
most commands. What ends a command in the middle, or judges how it is installed, starts the real one.

The server runs as a script and needs the standard library alone, so that it works in the bundle's
environment as well.
"""

import atexit
import contextlib
import functools
import gc
import importlib
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Mapping
from pathlib import Path

_PARENT_SECONDS = 0.5
_START_SECONDS = 240
# What begins a fork where a shell begins a program: it has the shell's environment and outputs.
_COMMAND = """#!{python} -IS
import json, os, socket, sys
connection = socket.socket(socket.AF_UNIX)
connection.connect({address!r})
request = {{
    "entry": {entry!r},
    "words": [os.path.basename(sys.argv[0]), *sys.argv[1:]],
    "env": dict(os.environ),
    "folder": os.getcwd(),
    "outputs": [f"/proc/{{os.getpid()}}/fd/{{number}}" for number in (1, 2)],
}}
connection.sendall(json.dumps(request).encode() + b"\\n")
with connection.makefile() as lines:
    lines.readline()
    sys.exit(int(lines.readline()))
"""

_exit_codes: list[int] = []
"""That of this fork, once it has ended by itself."""


class Forked:
    """A process that a fork server began.

    Args:
        connection: Over which the server tells the process's id and exit code.
        out: The file that takes its output.
        err: The file that takes its error output, which may be the same.

    Attributes:
        returncode: Its exit code, once the end was waited for.
        peak_mib: Its peak resident memory then, as the kernel counts it.
    """

    def __init__(self, connection: socket.socket, out: Path, err: Path) -> None:
        self.out = out
        self.err = err
        self._connection = connection
        self._lines = connection.makefile()
        self.pid = int(self._lines.readline())
        self.returncode: int | None = None
        self.peak_mib = 0

    def poll(self) -> int | None:
        """Return the exit code, None while the process runs."""
        if self.returncode is None and select.select([self._connection], [], [], 0)[0]:
            self._end()
        return self.returncode

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        """Send the process a signal, which ends it at once unless told otherwise, if it is still there."""
        if self.poll() is None:
            os.kill(self.pid, how)

    def communicate(self, timeout: float) -> tuple[str, str]:
        """Wait for the end and return what was written to both outputs.

        Raises:
            TimeoutError: The process runs on after `timeout` seconds.
        """
        self.wait(timeout)
        return self.out.read_text(), self.err.read_text()

    def wait(self, timeout: float) -> int:
        """Wait for the end and return the exit code, a signal's as its negative number.

        Raises:
            TimeoutError: The process runs on after `timeout` seconds.
        """
        if self.returncode is None:
            if not select.select([self._connection], [], [], timeout)[0]:
                raise TimeoutError(f"process {self.pid} runs on after {timeout} s")
            self._end()
        assert self.returncode is not None
        return self.returncode

    def _end(self) -> None:
        self.returncode = int(self._lines.readline())
        self.peak_mib = int(self._lines.readline()) // 1024
        self._lines.close()
        self._connection.close()


class ForkServer:
    """Starts forks of one program.

    Args:
        python: The interpreter.
        entry: Where the program begins, as `module:function`.
        modules: What is imported beforehand.
        folder: Where modules are looked for besides.
    """

    def __init__(self, python: Path, entry: str, modules: tuple[str, ...], folder: Path) -> None:
        self._entry = entry
        self._address = Path(tempfile.mkdtemp(prefix="rebound-forks-")) / "socket"
        words = [python, "-I", __file__, self._address, folder, *modules]
        self._process = subprocess.Popen(words)
        deadline = time.monotonic() + _START_SECONDS
        while not self._address.exists():
            assert self._process.poll() is None, "the fork server ended"
            assert time.monotonic() < deadline, "the fork server does not answer"
            time.sleep(0.02)
        atexit.register(self._end)

    def _end(self) -> None:
        self._process.terminate()
        self._process.wait()
        shutil.rmtree(self._address.parent)

    def begin(
        self, *words: str, env: Mapping[str, str], folder: Path, out: Path, err: Path
    ) -> Forked:
        """Begin a process, the leader of a session of its own.

        Args:
            words: Its command line; the first is what it is called by.
            env: Its whole environment.
            folder: The folder it works in.
            out: The file that takes its output.
            err: The file that takes its error output, which may be the same.
        """
        for output in (out, err):
            output.touch()  # a process that is killed at once has written nothing
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(str(self._address))
        request = {
            "entry": self._entry,
            "words": words,
            "env": dict(env),
            "folder": str(folder),
            "outputs": [str(out), str(err)],
        }
        connection.sendall(json.dumps(request).encode() + b"\n")
        return Forked(connection, out, err)

    def write_command(self, path: Path) -> None:
        """Write an executable file that begins the program in a fork, with any words."""
        path.write_text(
            _COMMAND.format(python=sys.executable, address=str(self._address), entry=self._entry)
        )
        path.chmod(0o755)


@functools.cache
def fork_server(python: Path, entry: str, modules: tuple[str, ...], folder: Path) -> ForkServer:
    """Return this process's fork server of a program; the arguments are those of `ForkServer`."""
    return ForkServer(python, entry, modules, folder)


def _serve(address: str, folder: str, *modules: str) -> None:
    """Fork for each request until the parent is gone."""
    parent = os.getppid()
    sys.path.insert(0, folder)
    # Libraries have threads of their own, which hold nothing of Python's.
    warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)
    atexit.register(_end_at_once)  # the first that is registered is called last
    for module in modules:
        importlib.import_module(module)
    gc.freeze()  # what a collection looks at is copied for each fork
    with socket.socket(socket.AF_UNIX) as listener:
        ready = f"{address}.ready"
        listener.bind(ready)
        listener.listen()
        Path(ready).rename(address)
        forks = _Forks(listener)
        while os.getppid() == parent:
            forks.serve(_PARENT_SECONDS)


class _Forks:
    """Those that run, each with who asked for it.

    Args:
        listener: Where requests come.
    """

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self._asked: dict[int, socket.socket] = {}
        # A byte comes where a fork has ended.
        self._ended, self._ends = socket.socketpair()
        for end in (self._ended, self._ends):
            end.settimeout(0)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._ends.fileno(), warn_on_full_buffer=False)

    def serve(self, seconds: float) -> None:
        """Begin what is asked for, and tell of what has ended, the first that comes in some seconds."""
        there, _, _ = select.select([self._listener, self._ended], [], [], seconds)
        if self._ended in there:
            self._ended.recv(1024)
            self._tell()
        if self._listener in there:
            connection, _ = self._listener.accept()
            self._begin(connection)

    def _begin(self, connection: socket.socket) -> None:
        """Fork, and tell the id of what is begun."""
        with connection.makefile() as lines:
            line = lines.readline()
        if not line:
            connection.close()  # who asked was ended in the middle of it
            return
        request = json.loads(line)
        process = os.fork()
        if process == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for own in (self._listener, self._ended, self._ends, connection, *self._asked.values()):
                own.close()
            _become(**request)
        self._asked[process] = connection
        self._send(process, process)

    def _tell(self) -> None:
        """Tell the exit code and the peak memory, in KiB, of each that has ended."""
        for process in list(self._asked):
            ended, status, used = os.wait4(process, os.WNOHANG)
            if ended:
                self._send(process, os.waitstatus_to_exitcode(status), used.ru_maxrss)
                self._asked.pop(process).close()

    def _send(self, process: int, *numbers: int) -> None:
        with contextlib.suppress(OSError):  # nobody waits for it any more
            self._asked[process].sendall("".join(f"{number}\n" for number in numbers).encode())


def _become(
    entry: str, words: list[str], env: dict[str, str], folder: str, outputs: list[str]
) -> None:
    """Turn this fork into the process that was asked for, and run it to its end."""
    os.setsid()
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(env)
    for descriptor, path in enumerate([os.devnull, *outputs]):
        opened = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        os.dup2(opened, descriptor)
        os.close(opened)
    sys.argv = words
    module, _, name = entry.partition(":")
    code: object
    try:
        code = getattr(importlib.import_module(module), name)()
    except SystemExit as ended:
        code = ended.code
    if code is not None and not isinstance(code, int):
        print(code, file=sys.stderr)  # noqa: T201 - as the interpreter does
        code = 1
    _exit_codes.append(code or 0)
    sys.exit(code)


def _end_at_once() -> None:
    """End a fork that is through, without taking its modules apart."""
    if _exit_codes:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(_exit_codes[0])


if __name__ == "__main__":
    _serve(*sys.argv[1:])
