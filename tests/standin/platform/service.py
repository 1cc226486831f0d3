"""What the handlers of requests share, and one request as they see it."""

import asyncio
import base64
import time
import uuid
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from starlette.requests import Request

from tests.standin.clock import Clock
from tests.standin.platform.api import Api, Route
from tests.standin.platform.archives import Archives
from tests.standin.platform.bodies import Body
from tests.standin.platform.store import Store
from tests.standin.projects import project_number

SECOND = 1_000_000
# An offset in seconds is rounded: the present shall not fall before the instant it is moved to.
_ROUNDED_MICROS = 10


def to_text(micros: int) -> str:
    """Return an instant as the APIs print it.

    Args:
        micros: Microseconds since 1970.
    """
    return datetime.fromtimestamp(micros / SECOND, UTC).isoformat().replace("+00:00", "Z")


@dataclass(slots=True)
class Service:
    """The state of the service.

    Attributes:
        archives: Sources of functions.
        store: Resources, policies and operations.
        clock: Now.
        bigquery: Where BigQuery answers what targets run; empty where they cannot.
        storage: Where Cloud Storage answers; empty where nothing is asked of it.
        firestore: Where the administration of Firestore answers JSON; likewise.
        tasks: What goes on behind requests.
    """

    archives: Archives
    store: Store
    clock: Clock = field(default_factory=Clock)
    bigquery: str = ""
    storage: str = ""
    firestore: str = ""
    tasks: set[asyncio.Task[Any]] = field(default_factory=set)

    @classmethod
    def open(cls, folder: Path, **elsewhere: str) -> "Service":
        """Open the state in a folder; other services are where they are said to be."""
        folder.mkdir(parents=True, exist_ok=True)
        store = Store(folder / "platform.sqlite")
        service = cls(Archives(folder / "archives"), store, **elsewhere)
        service.clock.set_offset(service.store.setting("clock", 0))
        return service

    def begin(self, work: Coroutine[Any, Any, Any]) -> None:
        """Let something go on behind the request at hand."""
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def move_to(self, micros: int) -> None:
        """Let an instant be the present."""
        offset = (micros + _ROUNDED_MICROS - time.time_ns() // 1000) / SECOND
        self.clock.set_offset(offset)
        self.store.set("clock", offset)

    @property
    def now_text(self) -> str:
        """The present, as the APIs print it."""
        return to_text(self.clock.now_micros())


@dataclass(slots=True)
class Call:
    """One request.

    Attributes:
        service: The state.
        api: The API.
        route: The method.
        path: The parameters of the path, with projects by their ids.
        query: The parameters of the query; the last one of a name counts.
        body: What was sent.
        request: The request as it came.
    """

    service: Service
    api: Api
    route: Route
    path: dict[str, str]
    query: dict[str, str]
    body: Body
    request: Request

    @property
    def origin(self) -> str:
        """The address that the client knows this service by."""
        return f"{self.request.url.scheme}://{self.request.headers.get('host', '127.0.0.1')}"

    def values(self, name: str) -> list[str]:
        """Return every value of a parameter of the query."""
        return self.request.query_params.getlist(name)

    @property
    def store(self) -> Store:
        """The state."""
        return self.service.store

    @property
    def target(self) -> str:
        """The name that the path is about: of a resource, or of the parent of one."""
        return next(iter(self.path.values()), "")

    @property
    def project(self) -> str:
        """The id of the project that the request is about; empty where it is about none."""
        first, _, rest = self.target.partition("/")
        return rest.partition("/")[0] if first == "projects" else ""

    @property
    def location(self) -> str:
        """The location that the request is about; empty where it is about none."""
        parts = self.target.split("/")
        return parts[3] if len(parts) > 3 and parts[2] == "locations" else ""

    def is_asked(self, name: str) -> bool:
        """Say whether a parameter of the query is true."""
        return self.query.get(name, "").lower() == "true"


def short(name: str) -> str:
    """Return the last part of a name."""
    return name.rpartition("/")[2]


def new_etag() -> str:
    """Return an entity tag that no other version of anything has; IAM's are bytes."""
    return base64.b64encode(uuid.uuid4().bytes[:8]).decode()


def numbered(name: str) -> str:
    """Return a name with the number of its project in place of its id."""
    first, project, *rest = name.split("/")
    return "/".join([first, project_number(project), *rest])


def default_account(project: str) -> str:
    """Return the account that services run as when none is named."""
    return f"{project_number(project)}-compute@developer.gserviceaccount.com"


def scalars(value: object) -> Iterator[str]:
    """Yield every text inside of a value."""
    if isinstance(value, dict):
        for item in value.values():
            yield from scalars(item)
    elif isinstance(value, list):
        for item in value:
            yield from scalars(item)
    elif isinstance(value, str):
        yield value
