"""A bucket without its objects: its configuration, its IAM policy, and its notifications."""

from google.api_core.exceptions import NotFound

from manifests.cloud.api import StorageApi
from manifests.cloud.batch import Query
from manifests.cloud.retry import believed
from manifests.values import Resource


class BucketResource:
    """The configuration of one bucket.

    Args:
        api: Makes the calls.
        name: The bucket.
    """

    def __init__(self, api: StorageApi, name: str) -> None:
        self._api = api
        self.name = name

    def uri(self, name: str = "") -> str:
        """Return the `gs://` address of an object or of the bucket."""
        return f"gs://{self.name}/{name}"

    def resource(self) -> Resource | None:
        """Return the bucket's configuration, or None when there is no such bucket."""
        return believed(
            lambda: self._unless_gone(f"b/{self.name}", {"projection": "noAcl"}),
            lambda: self._unless_gone(f"b/{self.name}/o", {"maxResults": 1}) is not None,
        )

    def create(self, project: str, resource: Resource, *, retains_objects: bool) -> None:
        """Create the bucket.

        Args:
            project: The project it belongs to.
            resource: Its configuration.
            retains_objects: Whether its objects can have a retention of their own.

        Raises:
            google.api_core.exceptions.Conflict: The name is taken, here or elsewhere.
        """
        query: Query = {"project": project}
        query["enableObjectRetention"] = "true" if retains_objects else None
        self._api.call("POST", "b", query, {**resource, "name": self.name})

    def deleted(self, project: str) -> list[Resource]:
        """Return the soft-deleted buckets of this name that a project can still bring back."""
        query: Query = {"project": project, "prefix": self.name, "softDeleted": "true"}
        query["projection"] = "noAcl"
        return [
            item
            for page in self._api.pages("b", query)
            for item in page.get("items", ())
            if item["name"] == self.name
        ]

    def undelete(self, generation: int) -> Resource:
        """Bring a soft-deleted bucket back; its objects stay soft-deleted.

        Raises:
            google.api_core.exceptions.NotFound: It is not kept any more.
            google.api_core.exceptions.Conflict: There is a bucket of this name.
        """
        return self._api.call("POST", f"b/{self.name}/restore", {"generation": generation})

    def access(self) -> Resource:
        """Return the bucket's IAM policy.

        Raises:
            google.api_core.exceptions.Forbidden: The identity may not read it.
        """
        return self._api.call("GET", f"b/{self.name}/iam", {"optionsRequestedPolicyVersion": 3})

    def notifications(self) -> list[Resource]:
        """Return what the bucket tells Pub/Sub, and of which events."""
        found = self._api.call("GET", f"b/{self.name}/notificationConfigs", {})
        return list(found.get("items", ()))

    def grant(self, policy: Resource, *, etag: str) -> None:
        """Give the bucket the bindings of an IAM policy, if nobody changes them meanwhile.

        Args:
            policy: The policy.
            etag: That of the policy that was looked at.
        """
        bindings = policy.get("bindings", [])
        wanted = {"bindings": bindings, "version": policy.get("version", 1), "etag": etag}
        self._api.call("PUT", f"b/{self.name}/iam", {}, wanted)

    def change_access(self, policy: Resource) -> None:
        """Give the bucket an IAM policy that was made of the one it has, if it still has that.

        Raises:
            google.api_core.exceptions.PreconditionFailed: Somebody changed it meanwhile.
        """
        self._api.call("PUT", f"b/{self.name}/iam", {}, policy)

    def configure(self, patch: Resource, *, metageneration: int) -> None:
        """Change the configuration, if nobody did since it was read."""
        self._api.call("PATCH", f"b/{self.name}", {"ifMetagenerationMatch": metageneration}, patch)

    def _unless_gone(self, path: str, query: Query) -> Resource | None:
        try:
            return self._api.call("GET", path, query)
        except NotFound:
            return None
