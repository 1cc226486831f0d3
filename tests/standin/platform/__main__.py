"""Serve the platform stand-in: `python -m tests.standin.platform --data-dir D --port N`."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from tests.standin.process import parser, serve

_HOUR_SECONDS = 3600


async def token(_: Request) -> JSONResponse:
    """Hand out an access token, whoever asks."""
    return JSONResponse(
        {"access_token": "local", "token_type": "Bearer", "expires_in": _HOUR_SECONDS}
    )


if __name__ == "__main__":
    arguments = parser(__doc__).parse_args()
    serve(Starlette(routes=[Route("/token", token, methods=["POST"])]), port=arguments.port)
