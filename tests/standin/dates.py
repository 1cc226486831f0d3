"""The `Date` of every answer, by the clock of the service that gives it."""

from collections.abc import Callable
from email.utils import formatdate

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Dated:
    """Dates the answers of an app, to the second below (RFC 9110, Date).

    Args:
        app: The service.
        now_seconds: Gives its present, since 1970.
    """

    def __init__(self, app: ASGIApp, now_seconds: Callable[[], float]) -> None:
        self._app = app
        self._now_seconds = now_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                date = formatdate(int(self._now_seconds()), usegmt=True).encode()
                message = {**message, "headers": [*message.get("headers", ()), (b"date", date)]}
            await send(message)

        await self._app(scope, receive, dated)
