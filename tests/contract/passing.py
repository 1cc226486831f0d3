"""What a contract test may send, so that the same test can be held against the real cloud.

The real cloud answers nobody without credentials, takes no orders, has no second project for tests, and
keeps what carries no label. A test that forgets it would be found on the day it meets the real cloud;
here it is found wherever it runs.
"""

import json
import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

from requests import PreparedRequest, Response

from tests.cloud.sandbox import LABEL

_HERE = re.compile(r"https?://(127\.0\.0\.1|localhost)\b")
_PROJECT = re.compile(r"/projects/([^/?]+)")
_SCHEMA = re.compile(r"CREATE\s+SCHEMA\b", re.IGNORECASE)


def problems(request: PreparedRequest, served: set[str], project: str) -> Iterator[str]:
    """Return what of a request could not be sent to the real cloud.

    Args:
        request: The request.
        served: The addresses behind the switch.
        project: The project of the tests.
    """
    url = str(request.url)
    if not url.startswith(tuple(served)):
        if _HERE.match(url):
            yield "it is sent past the switch"
        return
    parts = urlsplit(url)
    if parts.path.startswith("/standin/"):
        yield "only a stand-in has that path"
    if "authorization" not in {name.lower() for name in request.headers}:
        yield "it has no credentials"
    query = parse_qs(parts.query)
    named = {
        *_PROJECT.findall(parts.path),
        *query.get("project", []),
        *query.get("userProject", []),
    }
    if others := named - {project}:
        yield f"it names project {min(others)}"
    text = request.body.decode(errors="replace") if isinstance(request.body, bytes) else ""
    if _SCHEMA.search(text) and LABEL not in text:
        yield "it makes a dataset without the label"


def unlabelled(request: PreparedRequest, answer: Response) -> Iterator[str]:
    """Return what a request made that nothing would remove."""
    path = urlsplit(str(request.url)).path
    if request.method != "POST" or not path.endswith(("/datasets", "/v1/b")) or not answer.ok:
        return
    made = json.loads(answer.content)
    if LABEL not in made.get("labels", {}):
        yield "what it made has no label"
    if "name" in made and not made["name"].startswith(LABEL):
        yield f"its bucket is not called {LABEL}-..."
