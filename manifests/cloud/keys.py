"""Refusals to read an object that is under a key which cannot be used: its writer's, or its bucket's.

A customer-supplied key is known to its writer alone; a key of Cloud KMS can be disabled or destroyed by
whoever it belongs to, or not be granted to Cloud Storage (Cloud Storage, HTTP status and error codes
for JSON, 400 and 403).
"""

from collections.abc import Callable

from google.api_core.exceptions import BadRequest, ClientError, Forbidden

from manifests.cloud.api import StorageApi
from manifests.cloud.retry import reasons_of
from manifests.errors import CloudError

_REASONS = {
    "cloudKmsBadKey",
    "cloudKmsDecryptionKeyNotFound",
    "cloudKmsDisabledKey",
    "resourceIsEncryptedWithCustomerEncryptionKey",
}
_OF_KMS = "cloud kms"
_OF_CUSTOMER = "customer-supplied"
_KEY_VERSION = "/cryptoKeyVersions/"


def lacks_key(refusal: ClientError) -> bool:
    """Whether an object is not read because of the key that it is under.

    Of a key that nobody granted there is no reason of its own, only a text (users' reports).
    """
    if not isinstance(refusal, BadRequest | Forbidden):
        return False
    text = str(refusal.message).lower()
    return bool(reasons_of(refusal) & _REASONS) or _OF_KMS in text or _OF_CUSTOMER in text


def despite_key[Answer](ask: Callable[[], Answer], otherwise: Callable[[], Answer]) -> Answer:
    """Return the answer of a call; where an object's key makes it fail, that of another call.

    Args:
        ask: The call.
        otherwise: The other call, which must not have to decrypt anything.
    """
    try:
        return ask()
    except (BadRequest, Forbidden) as refusal:
        if not lacks_key(refusal):
            raise
        return otherwise()


def refuse_own_key(api: StorageApi, bucket: str, name: str, key: str | None) -> None:
    """Refuse to treat an object as a stranger's where the key that cannot be used is the bucket's own.

    Args:
        api: Tells of the bucket.
        bucket: The bucket.
        name: The object.
        key: The key of Cloud KMS that it is under, or a version of it; None where it is under none.

    Raises:
        CloudError: The object is under the bucket's default key.
        google.api_core.exceptions.GoogleAPICallError: The bucket's default key cannot be read.
    """
    if not key:
        return
    own = (api.call("GET", f"b/{bucket}", {"projection": "noAcl"}).get("encryption") or {}).get(
        "defaultKmsKeyName"
    )
    if key.partition(_KEY_VERSION)[0] == own:
        raise CloudError(
            f"Cloud Storage cannot use the bucket's own key {own}, so nothing is known of it",
            subject=f"gs://{bucket}/{name}",
            hint="enable the versions of that key in Cloud KMS, and grant the project's Cloud Storage "
            "service agent roles/cloudkms.cryptoKeyEncrypterDecrypter on it; then run it again",
            retryable=True,
        )
