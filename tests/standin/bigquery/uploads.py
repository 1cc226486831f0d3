"""Load jobs whose file comes with the request: multipart and resumable uploads."""

import json
import threading
import uuid
from dataclasses import dataclass, field

from tests.standin.bigquery.bodies import check_names
from tests.standin.bigquery.engine.entries import Resource
from tests.standin.bigquery.errors import invalid, not_found
from tests.standin.bigquery.service import Answer, Call, Service

_METHOD = "bigquery.jobs.insert"


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


def upload(service: Service, call: Call) -> Resource | Answer:
    """Answer jobs.insert of the upload endpoint."""
    kind = call.query.get("uploadType")
    if "upload_id" in call.query:
        return _continue(service, call)
    if kind == "multipart":
        job, content = _parts(call)
        check_names(_METHOD, job)
        return service.jobs.insert(call.project, job, content).shown()
    if kind == "resumable":
        job = json.loads(call.raw or b"{}")
        check_names(_METHOD, job)
        upload_id = service.uploads.begin(call.project, job)
        location = (
            f"http://{call.headers.get('host')}/upload/bigquery/v2/projects/{call.project}/jobs"
            f"?uploadType=resumable&upload_id={upload_id}"
        )
        return Answer(body={}, headers={"Location": location, "X-GUploader-UploadID": upload_id})
    raise invalid(f"Upload type {kind} is not supported")


def _parts(call: Call) -> tuple[Resource, bytes]:
    boundary = call.headers.get("content-type", "").partition("boundary=")[2].strip('"')
    if not boundary:
        raise invalid("Multipart body without a boundary")
    sections = call.raw.split(b"--" + boundary.encode())[1:3]
    contents = [section.split(b"\r\n\r\n", 1)[-1] for section in sections]
    job, content = (part.removesuffix(b"\r\n") for part in contents)
    return json.loads(job), content


def _continue(service: Service, call: Call) -> Resource | Answer:
    session = service.uploads.get(call.query["upload_id"])
    span, _, total = call.headers.get("content-range", "bytes */*").partition(" ")[2].partition("/")
    if span != "*":
        first = int(span.split("-")[0])
        del session.content[first:]
        session.content += call.raw
    elif call.raw:
        session.content += call.raw
    received = len(session.content)
    if (total == "*" and span != "*") or (total.isdigit() and received < int(total)):
        headers = {"Range": f"bytes=0-{received - 1}"} if received else {}
        return Answer(body={}, headers=headers, status=308)
    service.uploads.end(call.query["upload_id"])
    return service.jobs.insert(session.project, session.job, bytes(session.content)).shown()
