"""Refusals to read an object that is under a key of its writer's, which others cannot use. Pure.

A customer-supplied key is known to its writer alone; a key of Cloud KMS can be disabled or destroyed by
whoever it belongs to, or not be granted to Cloud Storage (Cloud Storage, HTTP status and error codes
for JSON, 400 and 403).
"""

from collections.abc import Callable

from google.api_core.exceptions import BadRequest, ClientError, Forbidden

from manifests.cloud.retry import reasons_of

_REASONS = {
    "cloudKmsBadKey",
    "cloudKmsDecryptionKeyNotFound",
    "cloudKmsDisabledKey",
    "resourceIsEncryptedWithCustomerEncryptionKey",
}
_OF_KMS = "cloud kms"
_OF_CUSTOMER = "customer-supplied"


def lacks_key(refusal: ClientError) -> bool:
    """Whether an object is not read because of the key that it is under.

    Of a key that nobody granted there is no reason of its own, only a text (users' reports).
    """
    if not isinstance(refusal, BadRequest | Forbidden):
        return False
    text = str(refusal.message).lower()
    return bool(reasons_of(refusal) & _REASONS) or _OF_KMS in text or _OF_CUSTOMER in text


def despite_key[Answer](ask: Callable[[], Answer], otherwise: Callable[[], Answer]) -> Answer:
    """Return an answer; where the key of an object refuses it, that of another call.

    Args:
        ask: The call.
        otherwise: The other one, which has to decrypt nothing.
    """
    try:
        return ask()
    except (BadRequest, Forbidden) as refusal:
        if not lacks_key(refusal):
            raise
        return otherwise()
