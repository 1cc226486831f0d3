"""Load jobs whose file comes with the request: multipart and resumable uploads."""

import json

from tests.standin.bigquery.bodies import check_names
from tests.standin.bigquery.call import Answer, Call
from tests.standin.bigquery.engine.entries import Resource
from tests.standin.bigquery.errors import invalid
from tests.standin.bigquery.service import Service

_METHOD = "bigquery.jobs.insert"


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
