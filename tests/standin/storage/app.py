"""The service as an ASGI app: requests to handlers, errors to answers."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.standin.dates import Dated
from tests.standin.discovery.documents import methods
from tests.standin.discovery.middleware import DiscoveryMiddleware
from tests.standin.faults import FaultMiddleware
from tests.standin.storage import (
    admin,
    batch,
    bucket_calls,
    copies,
    folders,
    listing,
    notifications,
    object_calls,
    restores,
    resumable,
    uploads,
    xml_objects,
    xml_uploads,
)
from tests.standin.storage.errors import StorageError
from tests.standin.storage.payers import check_payer
from tests.standin.storage.routes import operation_of, resolve
from tests.standin.storage.service import Call, Service

type Handler = Callable[[Call], Awaitable[ASGIApp]]

JSON_HANDLERS: dict[str, Handler] = {
    "standin.health": admin.health,
    "standin.corrupt": admin.corrupt,
    "standin.clock": admin.set_clock,
    "standin.keys": admin.set_keys,
    "standin.lacking": admin.set_lacking,
    "standin.unsaid": admin.set_unsaid,
    "storage.batch": batch.answer_batch,
    "storage.buckets.list": bucket_calls.list_buckets,
    "storage.buckets.insert": bucket_calls.insert,
    "storage.buckets.get": bucket_calls.get,
    "storage.buckets.patch": bucket_calls.patch,
    "storage.buckets.update": bucket_calls.update,
    "storage.buckets.delete": bucket_calls.delete,
    "storage.buckets.restore": bucket_calls.restore,
    "storage.buckets.lockRetentionPolicy": bucket_calls.lock_retention_policy,
    "storage.buckets.getIamPolicy": bucket_calls.get_iam_policy,
    "storage.buckets.setIamPolicy": bucket_calls.set_iam_policy,
    "storage.buckets.testIamPermissions": bucket_calls.test_permissions,
    "storage.buckets.getStorageLayout": bucket_calls.get_layout,
    "storage.buckets.operations.list": restores.list_operations,
    "storage.buckets.operations.get": restores.get_operation,
    "storage.notifications.insert": notifications.insert,
    "storage.notifications.list": notifications.list_all,
    "storage.notifications.get": notifications.get,
    "storage.notifications.delete": notifications.delete,
    "storage.folders.list": folders.list_folders,
    "storage.folders.insert": folders.insert,
    "storage.folders.get": folders.get,
    "storage.folders.delete": folders.delete,
    "storage.folders.rename": folders.rename,
    "storage.managedFolders.list": bucket_calls.list_managed_folders,
    "storage.objects.list": listing.list_objects,
    "storage.objects.insert": uploads.insert,
    "storage.objects.cancelUpload": resumable.cancel,
    "storage.objects.bulkRestore": restores.bulk_restore,
    "storage.objects.get": object_calls.get,
    "storage.objects.patch": object_calls.patch,
    "storage.objects.update": object_calls.update,
    "storage.objects.delete": object_calls.delete,
    "storage.objects.compose": copies.compose,
    "storage.objects.restore": restores.restore,
    "storage.objects.rewrite": copies.rewrite,
    "storage.objects.copy": copies.copy,
    "storage.objects.move": copies.move,
    "storage.projects.serviceAccount.get": bucket_calls.get_service_account,
}
XML_HANDLERS: dict[str, Handler] = {
    "storage.objects.get": xml_objects.get,
    "storage.objects.insert": xml_objects.put,
    "storage.objects.delete": xml_objects.delete,
    "storage.multipartUploads.create": xml_uploads.create,
    "storage.multipartUploads.list": xml_uploads.list_uploads,
    "storage.multipartUploads.insertPart": xml_uploads.insert_part,
    "storage.multipartUploads.listParts": xml_uploads.list_parts,
    "storage.multipartUploads.complete": xml_uploads.complete,
    "storage.multipartUploads.abort": xml_uploads.abort,
}


async def _unknown(call: Call) -> ASGIApp:
    raise StorageError(404, "notFound", f"Not Found: {call.scope['method']} {call.scope['path']}")


class StorageApp:
    """Answers one request at a time for each connection."""

    def __init__(self, service: Service) -> None:
        self.service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            return
        wanted = resolve(scope)
        call = Call(self.service, scope, receive, wanted.path, wanted.query, Headers(scope=scope))
        handlers = XML_HANDLERS if wanted.is_xml else JSON_HANDLERS
        try:
            check_payer(call)
            response = await handlers.get(wanted.operation, _unknown)(call)
        except StorageError as error:
            response = xml_objects.error_response(error) if wanted.is_xml else error.response()
        except ClientDisconnect:
            return
        await response(scope, receive, send)


def create_app(folder: Path) -> ASGIApp:
    """Return the service with its faults.

    Args:
        folder: where its state is kept.
    """
    service = Service.open(folder)
    judged = DiscoveryMiddleware(StorageApp(service), methods("storage.v1"), operation_of)
    dated = Dated(judged, lambda: service.clock.now() / 1000)
    service.entry = FaultMiddleware(dated, operation_of)
    return service.entry
