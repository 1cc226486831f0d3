"""What a bucket does not let anybody delete yet: retention policies and holds."""

from datetime import UTC, datetime

from google.api_core.exceptions import ClientError, Forbidden

from manifests.cloud.api import StorageApi
from manifests.cloud.batch import Query
from manifests.cloud.retry import cloud_errors, reasons_of
from manifests.errors import ProtectedError

_PROTECTED = {"objectUnderActiveHold", "retentionPolicyNotMet"}
_UNDER_HOLD = "is under active"
_FIELDS = "items(retentionExpirationTime,temporaryHold),nextPageToken"


class Protections:
    """What of one bucket cannot be deleted.

    Args:
        api: Makes the calls.
        bucket: The bucket's name.
    """

    def __init__(self, api: StorageApi, bucket: str) -> None:
        self._api = api
        self._bucket = bucket

    def told(self, prefix: str, *, now: datetime) -> str:
        """Say until when something below a prefix cannot be deleted; empty when all of it can.

        An event-based hold does not count: who deletes ends it, and the policy counts from then.
        An object tells its own time, whether the bucket's policy or its own retention sets it
        (Cloud Storage JSON API, Objects, retentionExpirationTime).
        """
        until = now
        is_held = False
        query: Query = {"prefix": prefix, "fields": _FIELDS}
        with cloud_errors(f"gs://{self._bucket}/{prefix}"):
            for page in self._api.pages(f"b/{self._bucket}/o", query):
                for item in page.get("items", ()):
                    is_held |= bool(item.get("temporaryHold"))
                    if told := item.get("retentionExpirationTime"):
                        until = max(until, datetime.fromisoformat(told))
        if is_held:
            return "protected until a hold of Cloud Storage is released"
        return f"protected until {until.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if until > now else ""


def protects(refusal: Forbidden) -> bool:
    """Whether a refusal is a hold's or a retention policy's, and not one of permissions.

    A hold has no reason of its own, only a text (measured on Cloud Storage).
    """
    return bool(reasons_of(refusal) & _PROTECTED) or _UNDER_HOLD in str(refusal.message)


def refuse_protected(refusal: Forbidden, subject: str) -> None:
    """Tell of a refusal that is a hold's or a retention policy's.

    Raises:
        ProtectedError: It is.
    """
    if protects(refusal):
        raise ProtectedError(
            "a hold or retention of Cloud Storage keeps what is there",
            subject=subject,
            hint="find out who put it there, and release it",
        ) from refusal


def concerns_all(refusal: ClientError) -> bool:
    """Whether a refusal is about the caller: then every other object would be refused too."""
    return isinstance(refusal, Forbidden) and "does not have storage." in str(refusal.message)
