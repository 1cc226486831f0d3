"""Archives of functions' sources, uploaded and downloaded by addresses that need no credentials."""

import secrets
import zipfile
from io import BytesIO
from pathlib import Path
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import Response

HOST = "storage.googleapis.com"
_SIGNATURE = "X-Goog-Signature"
_KIND = "application/zip"


class Archives:
    """The archives in a folder, by bucket and object.

    Args:
        folder: Where they are kept.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        # A signature is good for as long as the process runs.
        self._key = secrets.token_hex(16)

    def url(self, origin: str, bucket: str, name: str) -> str:
        """Return the signed address of an archive."""
        return f"{origin}/{HOST}/{bucket}/{name}?{_SIGNATURE}={self._key}"

    def read(self, bucket: str, name: str) -> bytes | None:
        """Return an archive; None when there is none."""
        path = self._path(bucket, name)
        return path.read_bytes() if path.is_file() else None

    def write(self, bucket: str, name: str, content: bytes) -> None:
        """Keep an archive."""
        path = self._path(bucket, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    async def answer(self, request: Request) -> Response:
        """Answer an upload or a download (Cloud Functions REST, generateUploadUrl)."""
        _, _, bucket, name = request.url.path.split("/", 3)
        is_signed = parse_qs(request.url.query).get(_SIGNATURE) == [self._key]
        if not is_signed or "authorization" in request.headers or ".." in name:
            return Response(status_code=403)
        if request.method == "PUT":
            if request.headers.get("content-type") != _KIND:
                return Response(status_code=403)
            self.write(bucket, name, await request.body())
            return Response()
        content = self.read(bucket, name) if request.method == "GET" else None
        return Response(status_code=404) if content is None else Response(content, media_type=_KIND)

    def _path(self, bucket: str, name: str) -> Path:
        return self._folder / bucket / name.replace("/", "%")


def is_archive(content: bytes) -> bool:
    """Say whether a function could be built of it."""
    return zipfile.is_zipfile(BytesIO(content))
