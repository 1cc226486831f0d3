"""Keys that objects are encrypted with: those of Cloud KMS, and those that customers send along.

Nothing is encrypted here. What is imitated is what a caller sees: a listing leaves out the
checksums of such objects, and an object under a customer's own key is read and copied only by who
sends the key along (Cloud Storage, Customer-managed and Customer-supplied encryption keys).
"""

import json
import sqlite3
from typing import Any

from tests.standin.storage.errors import StorageError
from tests.standin.storage.service import Call, Service

SEALED = ("kmsKeyName", "customerEncryption")
_CHECKSUMS = ("crc32c", "md5Hash")
_COPIED = "copy-source-"
_ENFORCED = {
    "customerEncryption": ("customerSuppliedEncryptionEnforcementConfig", "customer-supplied"),
    "kmsKeyName": ("customerManagedEncryptionEnforcementConfig", "customer-managed"),
}


def key_given(call: Call, parameter: str = "kmsKeyName") -> dict[str, Any]:
    """Return what a request says about the key of the object that it writes.

    Args:
        call: the request.
        parameter: where it names a key of Cloud KMS.
    """
    if name := call.query.get(parameter):
        return _kms_key(name)
    return _own_key(call)


def key_in_headers(call: Call) -> dict[str, Any]:
    """Return what a request of the XML API says about the key of the object that it writes."""
    if name := call.headers.get("x-goog-encryption-kms-key-name"):
        return _kms_key(name)
    return _own_key(call)


def check_part(call: Call, settings: dict[str, Any]) -> None:
    """Refuse a part that comes without the customer's own key of its upload, or with another one.

    Cloud Storage's client sends the key along with each part, as S3 demands (UploadPart), to whose
    uploads in parts those of Cloud Storage are compatible (XML API multipart uploads). What it does with
    one that comes without is not documented; a caller that sends it always is safe.

    Raises:
        StorageError: It does.
    """
    if _own_key(call) != {key: settings[key] for key in SEALED[1:] if key in settings}:
        message = "The part has not the customer-supplied encryption key of its upload."
        raise StorageError(400, "InvalidArgument", message)


def _own_key(call: Call) -> dict[str, Any]:
    if digest := call.headers.get("x-goog-encryption-key-sha256"):
        return {"customerEncryption": {"encryptionAlgorithm": "AES256", "keySha256": digest}}
    return {}


def _kms_key(name: str) -> dict[str, Any]:
    return {"kmsKeyName": f"{name.partition('/cryptoKeyVersions/')[0]}/cryptoKeyVersions/1"}


def default_key(bucket: dict[str, Any]) -> dict[str, Any]:
    """Return the key that a bucket's settings name for objects that come without one."""
    name = bucket.get("encryption", {}).get("defaultKmsKeyName")
    return {"kmsKeyName": f"{name}/cryptoKeyVersions/1"} if name else {}


def check_enforced(bucket: dict[str, Any], settings: dict[str, Any]) -> None:
    """Refuse a new object under a key of a sort that the bucket does not take.

    Cloud Storage, Enforce or restrict the encryption types for a bucket; the answer is that of its
    clients' own system tests, the words are ours.

    Raises:
        StorageError: the bucket takes no such object.
    """
    for sealed, (field, whose) in _ENFORCED.items():
        enforced = bucket.get("encryption", {}).get(field, {})
        if sealed in settings and enforced.get("restrictionMode") == "FullyRestricted":
            message = f"The bucket restricts objects under {whose} encryption keys."
            raise StorageError(412, "conditionNotMet", message)


def kept_key(settings: dict[str, Any]) -> dict[str, Any]:
    """Return what an object's settings say about its key."""
    return {key: settings[key] for key in SEALED if key in settings}


def is_locked(call: Call, version: sqlite3.Row, *, copied: bool = False) -> bool:
    """Whether a version is under a customer's key that a request does not bring.

    Args:
        call: the request.
        version: the version.
        copied: whether it is the source of a copy, whose key has headers of its own.
    """
    settings = json.loads(version["settings"])
    if name := settings.get("kmsKeyName", "").partition("/cryptoKeyVersions/")[0]:
        check_usable(call.service, name)
    sealed = settings.get("customerEncryption")
    header = f"x-goog-{_COPIED if copied else ''}encryption-key-sha256"
    return sealed is not None and call.headers.get(header) != sealed["keySha256"]


def check_usable(service: Service, key: str) -> None:
    """Refuse what needs a key of Cloud KMS that is disabled, or that Cloud Storage may not use.

    Cloud Storage, HTTP status and error codes for JSON; the text of the second is that of users'
    reports. That metadata is refused, too, is not known: a caller that can do without is safe.

    Raises:
        StorageError: it is.
    """
    state = service.keys.get(key)
    if state == "disabled":
        message = f"Cloud KMS key {key} is disabled, destroyed, or scheduled to be destroyed."
        raise StorageError(400, "cloudKmsDisabledKey", message)
    if state == "denied":
        message = (
            "Permission denied on Cloud KMS key. Please ensure that your Cloud Storage service "
            "account has been authorized to use this key."
        )
        raise StorageError(403, "forbidden", message)


def check_unlocked(call: Call, version: sqlite3.Row, *, copied: bool = False) -> None:
    """Refuse to read a version whose key the request does not bring.

    Raises:
        StorageError: it is under another key, or the request has none.
    """
    if is_locked(call, version, copied=copied):
        reason = "resourceIsEncryptedWithCustomerEncryptionKey"
        message = "The target object is encrypted by a customer-supplied encryption key."
        raise StorageError(400, reason, message)


def without_checksums(shown: dict[str, Any]) -> dict[str, Any]:
    """Return a resource without what only who may decrypt its object is told."""
    return {key: value for key, value in shown.items() if key not in _CHECKSUMS}
