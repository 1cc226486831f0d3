"""Resumable uploads of files that load jobs bring along."""

import threading
import uuid
from dataclasses import dataclass, field

from tests.standin.bigquery.engine.entries import Resource
from tests.standin.bigquery.errors import not_found


@dataclass
class _Session:
    project: str
    job: Resource
    content: bytearray = field(default_factory=bytearray)


class Uploads:
    """Resumable uploads that have begun."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._sessions: dict[str, _Session] = {}

    def begin(self, project: str, job: Resource) -> str:
        """Begin an upload and return its id."""
        upload_id = uuid.uuid4().hex
        with self._guard:
            self._sessions[upload_id] = _Session(project, job)
        return upload_id

    def get(self, upload_id: str) -> _Session:
        """Return an upload.

        Raises:
            BigQueryError: There is none.
        """
        found = self._sessions.get(upload_id)
        if found is None:
            raise not_found("Upload", upload_id)
        return found

    def end(self, upload_id: str) -> None:
        """Forget an upload."""
        with self._guard:
            self._sessions.pop(upload_id, None)
