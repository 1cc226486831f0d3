"""A request that another service answers."""

import asyncio
from functools import partial

import requests
from starlette.requests import Request
from starlette.responses import Response

_ANSWER_SECONDS = 60


async def forwarded(origin: str, request: Request, *, without: str = "") -> Response:
    """Answer as another service does.

    Args:
        origin: Where it answers.
        request: What is asked.
        without: What the path begins with that the other service does not know.
    """
    path = request.scope["raw_path"].decode("ascii").partition("?")[0].removeprefix(without)
    query = f"?{request.url.query}" if request.url.query else ""
    headers = {"Content-Type": request.headers.get("content-type", "application/json")}
    content = await request.body()
    send = partial(
        requests.request, request.method, f"{origin}{path}{query}", data=content, headers=headers
    )
    try:
        told = await asyncio.to_thread(send, timeout=_ANSWER_SECONDS)
    except requests.ConnectionError:
        return Response(status_code=503)
    kind = told.headers.get("content-type", "application/json")
    return Response(told.content, told.status_code, media_type=kind)
