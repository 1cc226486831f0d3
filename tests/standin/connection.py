"""Spoil the answer to one HTTP request: abort its connection, cut its body, flip a byte.

The connection belongs to uvicorn: the `send` it hands to an app is a method of an object that
holds the transport.
"""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Iterable

from starlette.types import Message, Receive, Send

CLOSE_WITH_RESET = struct.pack("ii", 1, 0)


class AnswerAborted(Exception):  # noqa: N818 - it tells what became of the answer, not what went wrong
    """The answer shall never arrive, and the connection is not at hand here."""


def _transport(send: Send) -> asyncio.Transport | None:
    return getattr(getattr(send, "__self__", None), "transport", None)


async def _disconnected(receive: Receive) -> None:
    """Wait until the server knows that the connection is gone, so that it answers no error."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(1):
            while (await receive())["type"] != "http.disconnect":
                pass


async def abort(receive: Receive, send: Send) -> None:
    """Abort the connection of a request with a TCP reset.

    Raises:
        AnswerAborted: the request came inside another one, whose connection it shares.
    """
    transport = _transport(send)
    if transport is None:
        raise AnswerAborted
    with contextlib.suppress(OSError):
        connection = transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, CLOSE_WITH_RESET)
    transport.abort()
    await _disconnected(receive)


async def discard(message: Message) -> None:
    """Take a message of an answer that nobody shall get."""


async def delay(pauses: Iterable[float]) -> None:
    """Wait through pauses, each in seconds."""
    for pause_seconds in pauses:
        await asyncio.sleep(pause_seconds)


class _Spoilt:
    """An ASGI send that spoils the body on its way out.

    Attributes:
        done: whether there was something to spoil.
        pauses: for how many seconds it is held up at a time, where it is.
    """

    pauses: Iterable[float] = ()

    def __init__(self, receive: Receive, send: Send, at_byte: int | None) -> None:
        self._receive = receive
        self._send = send
        self._at = at_byte
        self._sent = 0
        self.done = False

    async def __call__(self, message: Message) -> None:
        """Pass a message of the answer on, spoilt where its turn has come."""
        if message["type"] == "http.response.start":
            length = dict(message["headers"]).get(b"content-length")
            if self._at is None and length:
                self._at = int(length) // 2
            await self._send(message)
            return
        body = message.get("body", b"")
        at = len(body) // 2 if self._at is None else self._at
        within = at - self._sent
        self._sent += len(body)
        if self.done or not 0 <= within < len(body):
            await self._pass_on(message)
            return
        self._at = at
        self.done = True
        await self._spoil(message, body, within)

    async def _pass_on(self, message: Message) -> None:
        await self._send(message)

    async def _spoil(self, message: Message, body: bytes, within: int) -> None:
        raise NotImplementedError


class flipping(_Spoilt):  # noqa: N801 - used as a function that makes a send
    """Flip every bit of one byte of the body."""

    async def _spoil(self, message: Message, body: bytes, within: int) -> None:
        flipped = bytes([body[within] ^ 0xFF])
        await self._send({**message, "body": body[:within] + flipped + body[within + 1 :]})


class stalling(_Spoilt):  # noqa: N801 - used as a function that makes a send
    """Send the body up to a byte, and the rest only after a while."""

    async def _spoil(self, message: Message, body: bytes, within: int) -> None:
        await self._send({**message, "body": body[:within], "more_body": True})
        await delay(self.pauses)
        await self._send({**message, "body": body[within:]})


class truncating(_Spoilt):  # noqa: N801 - used as a function that makes a send
    """Send the body up to a byte, then close the connection."""

    async def _pass_on(self, message: Message) -> None:
        if not self.done:
            await self._send(message)

    async def _spoil(self, message: Message, body: bytes, within: int) -> None:
        await self._send({**message, "body": body[:within], "more_body": True})
        transport = _transport(self._send)
        if transport is None:
            raise AnswerAborted
        transport.close()
        await _disconnected(self._receive)
