"""Run one stand-in service as an operating system process.

Binds the loopback interface only, tells its address in one line on standard output once it can
answer, ends cleanly on SIGTERM and SIGINT, and ends by itself when its parent is gone.
"""

import argparse
import asyncio
import gc
import json
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from tests.standin.parent import await_orphaned

HOST = "127.0.0.1"
# Pooled connections of the clients idle longer than uvicorn's default of 5 seconds.
KEEP_ALIVE_SECONDS = 75
GRACE_SECONDS = 2
BACKLOG = 2048


def parser(description: str) -> argparse.ArgumentParser:
    """Return a parser of the options that every service has.

    Args:
        description: what the service imitates.
    """
    options = argparse.ArgumentParser(description=description)
    options.add_argument("--data-dir", type=Path, required=True, help="folder that keeps the state")
    options.add_argument(
        "--port", type=int, default=0, help="port to listen on; 0 picks a free one"
    )
    return options


def bind(port: int) -> socket.socket:
    """Return a listening socket on the loopback interface.

    Args:
        port: the port, or 0 for a free one.

    Raises:
        OSError: the port is taken.
    """
    # asyncio sends without delay only on sockets that are said to be TCP.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((HOST, port))
    listener.listen(BACKLOG)
    return listener


def announce(url: str) -> None:
    """Print the ready line, the only line a service ever prints on standard output."""
    sys.stdout.write(json.dumps({"url": url}) + "\n")
    sys.stdout.flush()


def end_with_parent() -> None:
    """Send this process SIGTERM once the process that started it is gone.

    The parent is watched rather than asked for a death signal, because that signal is sent
    when the starting thread ends, which in a test may be long before its process does.
    """
    parent = os.getppid()

    def watch() -> None:
        await_orphaned(parent)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()


class Server(uvicorn.Server):
    """A server that sleeps until it is asked something.

    Args:
        config: What it serves, and how.
        ready: Called when it can answer.
    """

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None] = lambda: None) -> None:
        super().__init__(config)
        self._ready = ready
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ending = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to listen, then announce."""
        await super().startup(sockets=sockets)
        self._ready()

    async def main_loop(self) -> None:
        """Wait for the end, without waking up ten times a second for nothing, as the base class does."""
        self._loop = asyncio.get_running_loop()
        if not await self.on_tick(0):
            await self._ending.wait()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Take a signal to end, at whatever it comes in between."""
        super().handle_exit(sig, frame)
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._ending.set)


def serve(app: ASGIApp, *, port: int) -> None:
    """Serve an ASGI app until a signal comes or the parent is gone.

    Args:
        app: what to serve; its lifespan events are sent when it takes them.
        port: the port on the loopback interface, or 0 for a free one.

    Raises:
        OSError: the port is taken.
    """
    gc.freeze()  # what was imported stays to the end: no look for garbage has to pass over it
    listener = bind(port)
    url = f"http://{HOST}:{listener.getsockname()[1]}"
    config = uvicorn.Config(
        app,
        http="httptools",
        ws="none",
        access_log=False,
        log_level="warning",
        server_header=False,
        date_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    end_with_parent()
    # uvicorn raises the signal that ended it once more: that shall be a clean end.
    for ending in (signal.SIGTERM, signal.SIGINT):
        signal.signal(ending, lambda *_: sys.exit(0))
    Server(config, lambda: announce(url)).run(sockets=[listener])
