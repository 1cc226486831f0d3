"""A bucket with all versions of its objects: listed by key range, written on conditions.

Every write names the generation that has to be live, so that repeating it is safe and nothing that
came in between is lost. Callers turn what it raises into a `CloudError` with `cloud_errors`.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import batched, takewhile
from typing import Any

from google.api_core.exceptions import Forbidden, PreconditionFailed

from manifests.cloud.api import object_path
from manifests.cloud.batch import ApiCall, Query
from manifests.cloud.bucket_resource import BucketResource
from manifests.cloud.keys import despite_key, refuse_own_key
from manifests.cloud.retry import believed
from manifests.errors import CloudError
from manifests.kinds.buckets.model import ObjectVersion, VersionState
from manifests.object_retention import locks
from manifests.values import Resource
from manifests.versions import LISTED_FIELDS, Kind, version_of

_FEWEST_AT_ONCE, _MOST_AT_ONCE = 2, 100
_PAGE = f"items({LISTED_FIELDS}),nextPageToken"


class VersionedBucket(BucketResource):
    """A bucket as the backup and recovery of objects use it. Safe to share between threads."""

    def versions(self, kind: Kind, start: str, end: str | None) -> Iterator[ObjectVersion]:
        """Yield the versions of a key range in name order, holding one page at a time.

        Of an object under a key of its own (Cloud KMS or the customer's) a listing tells no
        checksums: `with_checksums` gets them.

        Args:
            kind: Which versions; soft-deleted ones can be listed only while the bucket has a soft
                delete policy.
            start: The first name, inclusive; empty for the first there is.
            end: The first name that is too far; None for no end.
        """
        query: Query = {
            "startOffset": start or None,
            "endOffset": end,
            "versions": "true" if kind == "all" else None,
            "softDeleted": "true" if kind == "soft-deleted" else None,
            "fields": _PAGE,
        }
        for page in self._api.pages(f"b/{self.name}/o", query):
            for item in page.get("items", ()):
                yield version_of(item, soft_deleted=kind == "soft-deleted")

    def with_checksums(self, versions: Iterable[ObjectVersion]) -> Iterator[ObjectVersion]:
        """Yield versions with the checksums that their listing did not tell, in the same order.

        A version under a customer-supplied key stays without them: Cloud Storage tells them only to who
        sends the key.
        """
        for group in batched(versions, _MOST_AT_ONCE, strict=False):
            unknown = [item for item in group if not item.crc32c]
            calls = [self._getting(item.name, item.generation, item.state) for item in unknown]
            answers = iter(self.at_once(calls))
            for version in group:
                if version.crc32c:
                    yield version
                    continue
                told = next(answers) or self.find(version.name, version.generation, version.state)
                yield version._replace(crc32c=told.crc32c, md5=told.md5) if told else version

    def _getting(self, name: str, generation: int | None, state: VersionState) -> ApiCall:
        is_deleted = "true" if state == "soft-deleted" else None
        query: Query = {
            "generation": generation,
            "softDeleted": is_deleted,
            "fields": LISTED_FIELDS,
        }
        return ApiCall("GET", object_path(self.name, name), query)

    def find(
        self, name: str, generation: int | None = None, state: VersionState = "live"
    ) -> ObjectVersion | None:
        """Return a version, the live one unless a generation is named, or None.

        It comes without checksums where it is under a key that nobody here can use.
        """
        call = self._getting(name, generation, state)

        def told() -> ObjectVersion | None:
            found = believed(
                lambda: self._unless_gone(call.path, call.query),
                lambda: self.lists(name, generation, state),
            )
            return None if found is None else version_of(found)

        return despite_key(told, lambda: next(self._listed(name, generation, state), None))

    def decrypted(self, version: ObjectVersion) -> ObjectVersion:
        """Return a version of one of our own buckets; under its writer's own key it comes without checksums.

        Raises:
            CloudError: The bucket's own key cannot be used, so that the checksums are not told.
        """
        if not version.crc32c:
            refuse_own_key(self._api, self.name, version.name, version.settings.kms_key)
        return version

    def lists(self, name: str, generation: int | None, state: VersionState = "live") -> bool:
        """Whether a listing shows a version, the live one unless a generation is named."""
        if generation is None:
            return self.names(name, None, 1)[0] == [name]
        return any(self._listed(name, generation, state))

    def _listed(
        self, name: str, generation: int | None, state: VersionState
    ) -> Iterator[ObjectVersion]:
        kind: Kind = "soft-deleted" if state == "soft-deleted" else "all" if generation else "live"
        same_name = takewhile(lambda item: item.name == name, self.versions(kind, name, None))
        return (item for item in same_name if generation in (None, item.generation))

    def names(self, start: str, end: str | None, most: int) -> tuple[list[str], bool]:
        """Return the first live names of a key range, and whether there are more."""
        query: Query = {
            "startOffset": start or None,
            "endOffset": end,
            "maxResults": most,
            "fields": "items(name),nextPageToken",
        }
        page = self._api.call("GET", f"b/{self.name}/o", query)
        return [item["name"] for item in page.get("items", ())], "nextPageToken" in page

    def rewrite(
        self,
        name: str,
        source: tuple[str, str, int],
        *,
        settings: dict[str, Any],
        over: int,
        key: str | None = None,
    ) -> ObjectVersion:
        """Copy one exact generation here, server-side, whatever its size.

        Args:
            name: The name here.
            source: Bucket, name and generation.
            settings: Content type, metadata and so on of the copy.
            over: The generation that has to be live here; 0 for none.
            key: The key of Cloud KMS for the copy; the bucket's own when None.

        Raises:
            google.api_core.exceptions.PreconditionFailed: Another generation is live.
            google.api_core.exceptions.NotFound: The source or a bucket is gone.
        """
        call = self.rewriting(name, source, settings=settings, over=over, key=key)
        while True:
            answer = self._api.call(*call)
            if answer.get("done"):
                return version_of(answer.get("resource", {}))
            if "rewriteToken" not in answer:
                raise CloudError(
                    f"the answer to {call.method} {call.path} neither ends the copy nor goes on",
                    subject=self.uri(name),
                )
            call.query["rewriteToken"] = answer["rewriteToken"]

    def rewrite_once(
        self, name: str, source: tuple[str, str, int], *, settings: dict[str, Any]
    ) -> tuple[ObjectVersion | None, bool]:
        """Copy one exact generation here where nothing is.

        Where something is there already, an identity that may only add may be answered 412 or 403: no
        documentation says which. So after both the object is looked up.

        Args:
            name: The name here.
            source: Bucket, name and generation.
            settings: Content type, metadata and so on of the copy.

        Returns:
            What is there then, and whether this call put it there.

        Raises:
            google.api_core.exceptions.Forbidden: Who calls may not write, and nothing is there.
            google.api_core.exceptions.NotFound: The source or a bucket is gone.
        """
        try:
            return self.rewrite(name, source, settings=settings, over=0), True
        except (PreconditionFailed, Forbidden) as error:
            found = self.find(name)
            if found is None and isinstance(error, Forbidden):
                raise
            return found, False

    def rewriting(
        self,
        name: str,
        source: tuple[str, str, int],
        *,
        settings: dict[str, Any],
        over: int,
        key: str | None = None,
    ) -> ApiCall:
        """Return the call with which `rewrite` begins."""
        bucket, origin, generation = source
        path = f"{object_path(bucket, origin)}/rewriteTo/{object_path(self.name, name)}"
        query: Query = {"sourceGeneration": generation, "ifGenerationMatch": over}
        query["destinationKmsKeyName"] = key
        return ApiCall("POST", path, query, settings)

    def restore(self, name: str, generation: int, *, over: int) -> ObjectVersion:
        """Bring a soft-deleted generation back as a new live one, on the same conditions."""
        return version_of(self._api.call(*self.restoring(name, generation, over=over)))

    def restoring(self, name: str, generation: int, *, over: int) -> ApiCall:
        """Return the call that `restore` makes."""
        query: Query = {"generation": generation, "ifGenerationMatch": over}
        return ApiCall("POST", f"{object_path(self.name, name)}/restore", query)

    def at_once(self, calls: Sequence[ApiCall]) -> list[ObjectVersion | None]:
        """Try some calls about objects in one request, each once.

        Returns:
            The object that each call answered; None for one that was refused or is not finished, and where
            nothing is known: the same write by itself goes on or tells why.
        """
        if len(calls) < _FEWEST_AT_ONCE:
            return [None] * len(calls)
        return [_written(answer) for answer in self._api.at_once(calls)]

    def patch(self, version: ObjectVersion, patch: Resource) -> ObjectVersion:
        """Change an object's settings, if neither content nor settings changed since."""
        query: Query = {
            "ifGenerationMatch": version.generation,
            "ifMetagenerationMatch": version.metageneration,
            "fields": LISTED_FIELDS,
            "overrideUnlockedRetention": "true" if locks(version.settings, patch) else None,
        }
        path = object_path(self.name, version.name)
        return version_of(self._api.call("PATCH", path, query, patch))

    def delete(self, version: ObjectVersion) -> None:
        """Delete the live object if it is this version; versioning and soft delete keep it.

        Raises:
            google.api_core.exceptions.PreconditionFailed: Another generation is live.
            google.api_core.exceptions.NotFound: Nothing is live.
        """
        query: Query = {"ifGenerationMatch": version.generation}
        self._api.call("DELETE", object_path(self.name, version.name), query)


def after_prefix(prefix: str) -> str:
    """Return the first name that is behind all names with a prefix, which ends in plain text."""
    return f"{prefix[:-1]}{chr(ord(prefix[-1]) + 1)}"


def _written(answer: Resource | None) -> ObjectVersion | None:
    resource = answer.get("resource") if answer is not None and "done" in answer else answer
    return None if resource is None else version_of(resource)
