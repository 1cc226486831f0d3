"""The JSON API of Cloud Storage: calls about buckets and objects, one or a hundred in a request."""

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from urllib.parse import quote, urlencode

from google.api_core import exceptions as google_errors
from google.auth import exceptions as auth_errors

from manifests.cloud.batch import (
    BATCH_PATH,
    ApiCall,
    Query,
    batch_answers,
    batch_request,
)
from manifests.cloud.clock import ServiceClock
from manifests.cloud.http import JSON, Http, HttpAnswer, json_object
from manifests.cloud.pages import pages
from manifests.cloud.retry import cloud_errors
from manifests.values import Resource

_BUCKET = re.compile(r"\bb/([^/]+)")
_REQUESTER_PAYS = "requester pays"


class StorageApi:
    """Calls of the JSON API. Safe to share between threads.

    Args:
        http: Sends them.
        endpoint: The address of Cloud Storage.
        project: Pays for calls about a bucket whose requester pays.
        clock: The time that its answers tell.

    Attributes:
        identity: Whom Google Cloud takes the caller for; empty where the credentials do not tell.
    """

    def __init__(self, http: Http, endpoint: str, project: str, clock: ServiceClock) -> None:
        self._http = http
        self._project = project
        self._paying: set[str] = set()
        self.endpoint = endpoint
        self.clock = clock
        self.identity = http.identity

    def call(self, method: str, path: str, query: Query, body: Resource | None = None) -> Resource:
        """Make a call, again while its failure is transient, and return the answer's JSON.

        Args:
            method: The HTTP method.
            path: Below `/storage/v1`, quoted.
            query: Parameters; those that are None are left out.
            body: The request's JSON.

        Raises:
            google.api_core.exceptions.GoogleAPICallError: The API refused.
            OSError: The API could not be reached, or the answer is not whole or no JSON object.
        """
        call = ApiCall(method, path, query, body)
        try:
            return self._answer(call)
        except google_errors.BadRequest as error:
            unpaid = set(_BUCKET.findall(path)) - self._paying
            if _REQUESTER_PAYS not in str(error.message).lower() or not unpaid:
                raise
            self._paying |= unpaid
        return self._answer(call)

    def pages(self, path: str, query: Query) -> Iterator[Resource]:
        """Yield the pages of a list, each as `call` returns it."""
        return pages(lambda asked: self.call("GET", path, asked), query)

    def bucket_names(self, project: str, prefix: str | None = None) -> list[str]:
        """Return the names of a project's buckets, or of those that begin with a prefix.

        Raises:
            CloudError: They may not be listed.
        """
        query: Query = {"project": project, "prefix": prefix, "fields": "nextPageToken,items(name)"}
        with cloud_errors(f"buckets of {project}"):
            listed = self.pages("b", query)
            return [str(item["name"]) for page in listed for item in page.get("items", ())]

    def at_once(self, calls: Sequence[ApiCall]) -> list[Resource | None]:
        """Try up to 100 calls in one request, in any order, each once.

        Returns:
            The answer of each call; None for one that failed or of which nothing is known.
        """
        content, content_type = batch_request([self._paid(call) for call in calls])
        headers = {"Content-Type": content_type}
        try:
            answer = self._http.once("POST", f"{self.endpoint}{BATCH_PATH}", content, headers)
        except (
            google_errors.GoogleAPICallError,
            auth_errors.TransportError,
            OSError,
        ):
            return [None] * len(calls)
        return batch_answers(answer.content, answer.header("Content-Type"), len(calls))

    def upload(self, bucket: str, query: Query, resource: Resource, content: bytes) -> Resource:
        """Write an object once, and return what Cloud Storage says of it.

        Args:
            bucket: The bucket.
            query: Conditions.
            resource: Metadata of the object: its name, content type, and the checksum that its
                content has to have.
            content: Its content.

        Raises:
            Exception: As `call`.
        """
        said = json.dumps(resource).encode()
        # A boundary made of a hash of the content cannot be in the content.
        boundary = hashlib.blake2b(content, digest_size=16).hexdigest()
        begin = (
            f"--{boundary}\r\nContent-Type: {JSON}\r\n\r\n".encode()
            + said
            + f"\r\n--{boundary}\r\nContent-Type: {resource['contentType']}\r\n\r\n".encode()
        )
        end = f"\r\n--{boundary}--\r\n".encode()
        headers = {
            "Content-Type": f"multipart/related; boundary={boundary}",
            "Content-Length": str(len(begin) + len(content) + len(end)),
        }
        given = urlencode({"uploadType": "multipart", **query})
        address = f"{self.endpoint}/upload/storage/v1/b/{bucket}/o?{given}"
        # The body is sent in pieces: joining them would copy a large content.
        answer = self._http.once("POST", address, (begin, content, end), headers)
        return json_object(answer, f"POST {address}")

    def download(self, bucket: str, name: str, query: Query, start: int, end: int) -> HttpAnswer:
        """Read the bytes of an object from one to another, inclusive, as they are stored, once.

        Returns:
            Those of them that are there, and the headers that tell of the object.

        Raises:
            google.api_core.exceptions.RequestRangeNotSatisfiable: None of them is.
            Exception: As `call`.
        """
        call = ApiCall("GET", object_path(bucket, name), {**query, "alt": "media"})
        # A client that does not accept gzip gets a gzip object inflated (Transcoding of gzip
        # files).
        headers = {"Range": f"bytes={start}-{end}", "Accept-Encoding": "gzip"}
        return self._http.once("GET", f"{self.endpoint}{call.address}", None, headers)

    def _answer(self, call: ApiCall) -> Resource:
        paid = self._paid(call)
        return self._http.json(call.method, f"{self.endpoint}{paid.address}", call.body)

    def _paid(self, call: ApiCall) -> ApiCall:
        """Name the project that pays for a call about a bucket whose requester pays."""
        if self._paying.isdisjoint(_BUCKET.findall(call.path)):
            return call
        return call._replace(query={**call.query, "userProject": self._project})


def object_path(bucket: str, name: str) -> str:
    """Return the path of an object; every character that means something in a URL is quoted."""
    return f"b/{bucket}/o/{quote(name, safe='')}"
