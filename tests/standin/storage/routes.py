"""Which operation a request is, told from method, raw path and parameters.

Object names are one segment of a JSON path, with their slashes encoded, so a path is taken apart
before it is decoded. What is no path of the JSON API is one of the XML API: `/bucket/object`.
"""

from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote

from starlette.types import Scope

JSON_ROUTES = """
storage.buckets.list GET b
storage.buckets.insert POST b
storage.buckets.get GET b/{bucket}
storage.buckets.patch PATCH b/{bucket}
storage.buckets.update PUT b/{bucket}
storage.buckets.delete DELETE b/{bucket}
storage.buckets.restore POST b/{bucket}/restore
storage.buckets.lockRetentionPolicy POST b/{bucket}/lockRetentionPolicy
storage.buckets.getIamPolicy GET b/{bucket}/iam
storage.buckets.setIamPolicy PUT b/{bucket}/iam
storage.buckets.testIamPermissions GET b/{bucket}/iam/testPermissions
storage.buckets.getStorageLayout GET b/{bucket}/storageLayout
storage.notifications.insert POST b/{bucket}/notificationConfigs
storage.notifications.list GET b/{bucket}/notificationConfigs
storage.notifications.get GET b/{bucket}/notificationConfigs/{notification}
storage.notifications.delete DELETE b/{bucket}/notificationConfigs/{notification}
storage.folders.list GET b/{bucket}/folders
storage.folders.insert POST b/{bucket}/folders
storage.folders.get GET b/{bucket}/folders/{folder}
storage.folders.delete DELETE b/{bucket}/folders/{folder}
storage.folders.rename POST b/{bucket}/folders/{folder}/renameTo/folders/{destinationFolder}
storage.managedFolders.list GET b/{bucket}/managedFolders
storage.buckets.operations.list GET b/{bucket}/operations
storage.buckets.operations.get GET b/{bucket}/operations/{operation}
storage.objects.list GET b/{bucket}/o
storage.objects.bulkRestore POST b/{bucket}/o/bulkRestore
storage.objects.get GET b/{bucket}/o/{object}
storage.objects.patch PATCH b/{bucket}/o/{object}
storage.objects.update PUT b/{bucket}/o/{object}
storage.objects.delete DELETE b/{bucket}/o/{object}
storage.objects.compose POST b/{bucket}/o/{object}/compose
storage.objects.restore POST b/{bucket}/o/{object}/restore
storage.objects.rewrite POST b/{bucket}/o/{object}/rewriteTo/b/{destinationBucket}/o/{destinationObject}
storage.objects.copy POST b/{bucket}/o/{object}/copyTo/b/{destinationBucket}/o/{destinationObject}
storage.objects.move POST b/{bucket}/o/{object}/moveTo/o/{destinationObject}
storage.projects.serviceAccount.get GET projects/{project}/serviceAccount
"""
UPLOAD_METHODS = {
    "POST": "storage.objects.insert",
    "PUT": "storage.objects.insert",
    "DELETE": "storage.objects.cancelUpload",
}
JSON_PREFIX = "/storage/v1/"
UPLOAD_PREFIXES = ("/upload/storage/v1/b/", "/resumable/upload/storage/v1/b/")
DOWNLOAD_PREFIX = "/download/storage/v1/"
BATCH_PATHS = {"/batch", "/batch/storage/v1"}
CONTROLS = {
    ("GET", "/standin/health"): "standin.health",
    ("POST", "/standin/corrupt"): "standin.corrupt",
    ("POST", "/standin/clock"): "standin.clock",
    ("POST", "/standin/keys"): "standin.keys",
    ("POST", "/standin/lacking"): "standin.lacking",
    ("POST", "/standin/unsaid"): "standin.unsaid",
}
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Resolved:
    """A request that is understood.

    Attributes:
        operation: id of the operation, `unknown` for none.
        path: values of the path's placeholders, decoded.
        query: the parameters.
        is_xml: whether it is of the XML API, whose errors look different.
    """

    operation: str
    path: dict[str, str]
    query: dict[str, str]
    is_xml: bool = False


def _table() -> dict[tuple[str, int], list[tuple[str, list[str]]]]:
    table: dict[tuple[str, int], list[tuple[str, list[str]]]] = {}
    for line in JSON_ROUTES.split("\n"):
        if line:
            operation, method, template = line.split()
            segments = template.split("/")
            table.setdefault((method, len(segments)), []).append((operation, segments))
    return table


_ROUTES = _table()


def _match(segments: list[str], template: list[str]) -> dict[str, str] | None:
    pairs = list(zip(segments, template, strict=True))
    if any(segment != expected and expected[0] != "{" for segment, expected in pairs):
        return None
    return {key[1:-1]: unquote(segment) for segment, key in pairs if key[0] == "{"}


def _resolve_json(method: str, path: str) -> tuple[str, dict[str, str]]:
    segments = path.split("/")
    for operation, template in _ROUTES.get((method, len(segments)), ()):
        values = _match(segments, template)
        if values is not None:
            return operation, values
    return UNKNOWN, {}


def _resolve_xml(method: str, path: str, query: dict[str, str]) -> tuple[str, dict[str, str]]:
    bucket, _, name = path.removeprefix("/").partition("/")
    values = {"bucket": unquote(bucket), "object": unquote(name)}
    if "uploads" in query or "uploadId" in query:
        part = " part" if "partNumber" in query else ""
        kind = "uploads" if "uploads" in query else "uploadId"
        operation = XML_UPLOADS.get(f"{method} {kind}{part}", UNKNOWN)
    elif name:
        operation = XML_OBJECTS.get(method, UNKNOWN)
    else:
        operation = UNKNOWN
    return operation, values


XML_OBJECTS = {
    "GET": "storage.objects.get",
    "HEAD": "storage.objects.get",
    "PUT": "storage.objects.insert",
    "DELETE": "storage.objects.delete",
}
XML_UPLOADS = {
    "POST uploads": "storage.multipartUploads.create",
    "GET uploads": "storage.multipartUploads.list",
    "PUT uploadId part": "storage.multipartUploads.insertPart",
    "GET uploadId": "storage.multipartUploads.listParts",
    "POST uploadId": "storage.multipartUploads.complete",
    "DELETE uploadId": "storage.multipartUploads.abort",
}


def resolve(scope: Scope) -> Resolved:
    """Return what a request wants."""
    raw = scope.get("raw_path", b"").partition(b"?")[0].decode("ascii", "replace")
    query = dict(parse_qsl(scope["query_string"].decode(), keep_blank_values=True))
    method = scope["method"]
    operation, path, extra = _resolve_path(method, raw) or (None, {}, {})
    if operation is None:
        operation, path = _resolve_xml(method, raw, query)
        return Resolved(operation, path, query, is_xml=True)
    return Resolved(operation, path, query | extra)


def _resolve_path(method: str, raw: str) -> tuple[str, dict[str, str], dict[str, str]] | None:
    """Return operation, placeholders and implied parameters; None is not of the JSON API."""
    found: tuple[str, dict[str, str], dict[str, str]] | None = None
    if raw.startswith(JSON_PREFIX):
        found = (*_resolve_json(method, raw[len(JSON_PREFIX) :]), {})
    elif raw.startswith(UPLOAD_PREFIXES):
        bucket, _, rest = raw.partition("/b/")[2].partition("/")
        operation = UPLOAD_METHODS.get(method, UNKNOWN) if rest == "o" else UNKNOWN
        found = (operation, {"bucket": unquote(bucket)}, {})
    elif raw.startswith(DOWNLOAD_PREFIX):
        media = {"alt": "media"}
        found = (*_resolve_json(method, raw[len(DOWNLOAD_PREFIX) :]), media)
    elif raw in BATCH_PATHS:
        found = ("storage.batch", {}, {})
    elif raw.startswith("/standin/"):
        found = (CONTROLS.get((method, raw), UNKNOWN), {}, {})
    return found


def operation_of(scope: Scope) -> str:
    """Return the id of the operation that a request wants."""
    return resolve(scope).operation
