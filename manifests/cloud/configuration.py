"""The platform's configuration: every resource of a type, as its API returns it."""

from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from google.api_core import exceptions as google_errors

from manifests.cloud.rest import Query, Rest
from manifests.cloud.retry import asked_twice, believed, cloud_errors, require_whole
from manifests.kinds.resources.images import REGISTRY, digest_of, image_path
from manifests.kinds.resources.types import EVERYWHERE, Order, ResourceType
from manifests.values import Resource

_PAGE = 100
_READERS = 4
_POLICY_VERSION = 3
"""With conditions (IAM, Policy versions)."""


def is_disabled(error: google_errors.GoogleAPICallError) -> bool:
    """Whether a call was refused because the project has not enabled the service (google.rpc.ErrorInfo)."""
    return bool(error.reason == "SERVICE_DISABLED")


def where_enabled[Found](look: Callable[[], Found], *, is_none: bool = True) -> Found | None:
    """Return what a look finds; None where the project has not enabled the service, if `is_none`."""
    try:
        return look()
    except google_errors.Forbidden as error:
        if not (is_none and is_disabled(error)):
            raise
        return None


class Configuration:
    """The resources of one project.

    Args:
        rest: Calls the APIs.
        project: The project.
    """

    def __init__(self, rest: Rest, project: str) -> None:
        self._rest = rest
        self._project = project

    def resources(
        self,
        kind: ResourceType,
        locations: Collection[str],
        *,
        none_where_disabled: bool = False,
        none_where_missing: bool = False,
    ) -> dict[str, Resource]:
        """Return every resource of a type by its full name, in order of the names.

        A list may leave fields out, so that each is read by itself.

        Args:
            kind: The type.
            locations: Where they are; not looked at where the type has no locations.
            none_where_disabled: Whether there are none where the project has not enabled the service.
            none_where_missing: Whether there are none where there is no such location: one answer that
                there is none can be false.

        Raises:
            CloudError: The list could not be read, or is not whole.
        """
        subject = f"{kind.name} of {self._project}"
        with cloud_errors(subject):
            denial = google_errors.NotFound if none_where_missing else ()
            look = partial(asked_twice, partial(self._names, kind, locations, subject), denial)
            names = where_enabled(look, is_none=none_where_disabled) or []
            with ThreadPoolExecutor(_READERS, thread_name_prefix="resources") as pool:
                found = list(pool.map(partial(self._found, kind), names))
        return {name: item for name, item in zip(names, found, strict=True) if item is not None}

    def listed(
        self, kind: ResourceType, locations: Collection[str], *, none_where_disabled: bool = False
    ) -> list[Resource]:
        """Return every resource of a type as its list has it, which may leave fields out.

        Args:
            kind: The type.
            locations: As of `resources`.
            none_where_disabled: As of `resources`.

        Raises:
            CloudError: The list could not be read, or is not whole.
        """
        subject = f"{kind.name} of {self._project}"
        with cloud_errors(subject):
            look = partial(self._items, kind, locations, subject)
            found = where_enabled(lambda: list(look()), is_none=none_where_disabled)
            return [item for _, item in found or ()]

    def resource(
        self, kind: ResourceType, name: str, *, none_where_disabled: bool = False
    ) -> Resource | None:
        """Return one resource, or None where there is none.

        Args:
            kind: Its type.
            name: Its full name.
            none_where_disabled: Whether there is none where the project has not enabled the service.

        Raises:
            CloudError: It could not be asked for.
        """
        with cloud_errors(name):
            look = partial(self._found, kind, name)
            return where_enabled(look, is_none=none_where_disabled)

    def image_digest(self, image: str) -> str:
        """Return the digest of an image of Artifact Registry; empty where it is not there.

        A registry that the project has not enabled has none.

        Args:
            image: As a service names it.

        Raises:
            CloudError: It could not be asked for.
        """
        with cloud_errors(image, "artifactregistry.tags.get and artifactregistry.versions.get"):
            look = partial(self._rest.call, "GET", REGISTRY, image_path(image))
            found = where_enabled(partial(asked_twice, look, google_errors.NotFound))
            return "" if found is None else digest_of(found)

    def policy(self, kind: ResourceType, name: str) -> Resource | None:
        """Return the IAM policy of a resource; None where its type has none.

        Raises:
            CloudError: It could not be read.
        """
        if not kind.policy:
            return None
        path = f"{kind.version}/{name}:getIamPolicy"
        with cloud_errors(name, f"the permission to read the IAM policy of {kind.name}"):
            if kind.policy_by_body:
                body = {"options": {"requestedPolicyVersion": _POLICY_VERSION}}
                return self._rest.call(kind.policy, kind.host, path, body=body)
            query: Query = {"options.requestedPolicyVersion": _POLICY_VERSION}
            return self._rest.call(kind.policy, kind.host, path, query=query)

    def inhabited(self, kind: ResourceType) -> set[str]:
        """Return the locations in which the project has resources of a type.

        Args:
            kind: A type whose service says which locations there are.

        Raises:
            CloudError: One could not be listed.
        """
        subject = f"{kind.name} of {self._project}"
        with cloud_errors(subject):
            names = where_enabled(partial(self._names, kind, (EVERYWHERE,), subject)) or []
        return set(map(kind.location_of, names))

    def below(self, kind: ResourceType, name: str) -> dict[str, tuple[Resource, ...]]:
        """Return the lists below a resource that are kept with it, by the name of the list.

        Raises:
            CloudError: One could not be read.
        """
        with cloud_errors(name):
            return {
                item: tuple(
                    entry
                    for page in self._pages(kind, f"{kind.version}/{name}/{item}", {})
                    for entry in page.get(item, ())
                )
                for item in kind.below
            }

    def archive(self, kind: ResourceType, name: str) -> bytes:
        """Return the archive that a function is built from (Cloud Functions, generateDownloadUrl).

        Raises:
            CloudError: It could not be fetched.
        """
        with cloud_errors(f"archive of {name}", "cloudfunctions.functions.sourceCodeGet"):
            path = f"{kind.version}/{name}:generateDownloadUrl"
            answer = self._rest.call("POST", kind.host, path, body={})
            return self._rest.fetch(str(answer["downloadUrl"]))

    def project_number(self) -> str:
        """Return the number of the project.

        Raises:
            CloudError: It could not be asked for.
        """
        path = f"v3/projects/{self._project}"
        with cloud_errors(f"project {self._project}", "resourcemanager.projects.get"):
            found = self._rest.call("GET", "cloudresourcemanager.googleapis.com", path)
        return str(found["name"]).rpartition("/")[2]

    def bucket_owner(self, bucket: str) -> str | None:
        """Return the number of the project that a bucket is in; None where there is no such bucket.

        Raises:
            CloudError: It could not be asked for.
        """
        path, query = f"storage/v1/b/{bucket}", {"fields": "projectNumber"}
        with cloud_errors(f"bucket {bucket}", "storage.buckets.get"):
            look = partial(self._rest.call, "GET", "storage.googleapis.com", path, query=query)
            found = asked_twice(look, google_errors.NotFound)
        return None if found is None else str(found["projectNumber"])

    def order(self, kind: ResourceType, name: str, order: Order, before: Resource) -> None:
        """Call a method of a resource, such as `pause`.

        Args:
            kind: Its type.
            name: Its name.
            order: What is to be done.
            before: What is sent where the order sends what was there before.

        Raises:
            CloudError: It was refused, or the answer did not come.
        """
        method = f":{order.method}" if order.method else ""
        body = before if order.body is None else dict(order.body)
        query, body = kind.change(body, order.mask) if order.mask else ({}, body)
        with cloud_errors(name):
            path = f"{kind.version}/{name}{method}"
            self._rest.call(
                order.verb,
                kind.host,
                path,
                query=query,
                body=body,
                is_repeatable=order.is_repeatable,
            )

    def _found(self, kind: ResourceType, name: str) -> Resource | None:
        """Return one resource, or None where two answers and a list say that there is none.

        Much follows from that: a writer counts as paused, or is not resumed.
        """
        look = partial(self._rest.call, "GET", kind.host, f"{kind.version}/{name}")
        ask = partial(asked_twice, look, google_errors.NotFound)
        found = believed(ask, partial(self._is_listed, kind, name))
        return None if found is None or kind.is_absent(found) else found

    def _is_listed(self, kind: ResourceType, name: str) -> bool:
        """Whether a list has one of its own name; no list has what is given."""
        if kind.naming == "given":
            return False
        look = partial(self._names, kind, (kind.location_of(name),), name)
        listed = asked_twice(look, google_errors.NotFound) or ()
        # Some lists name the project by its number.
        return name.rpartition("/")[2] in {item.rpartition("/")[2] for item in listed}

    def _names(self, kind: ResourceType, locations: Collection[str], subject: str) -> list[str]:
        return sorted(name for name, _ in self._items(kind, locations, subject))

    def _items(
        self, kind: ResourceType, locations: Collection[str], subject: str
    ) -> Iterator[tuple[str, Resource]]:
        if kind.naming == "given":
            name = f"{kind.collection}/{self._project}"
            yield name, {"name": name}
            return
        places = self._places(kind, locations) if kind.is_regional else [""]
        with ThreadPoolExecutor(_READERS, thread_name_prefix="locations") as pool:
            for items in pool.map(partial(self._items_in, kind, subject), places):
                yield from items

    def _places(self, kind: ResourceType, locations: Collection[str]) -> list[str]:
        """Return where resources of a type are looked for, each by a list of its own."""
        if EVERYWHERE not in locations or kind.spans_locations:
            return list(locations)
        pages = self._pages(kind, f"{kind.version}/projects/{self._project}/locations", {})
        named = [item["locationId"] for page in pages for item in page.get("locations", ())]
        return list(dict.fromkeys((*named, *kind.more_locations)))

    def _items_in(
        self, kind: ResourceType, subject: str, location: str
    ) -> list[tuple[str, Resource]]:
        collection = kind.collection.format(project=self._project, location=location)
        found: list[tuple[str, Resource]] = []
        for page in self._pages(kind, f"{kind.version}/{collection}", kind.query):
            require_whole(page.get("unreachable", ()), subject)
            items = page.get(kind.items, ())
            found += [(kind.full_name(item[kind.identifier], collection), item) for item in items]
        return found

    def _pages(
        self, kind: ResourceType, path: str, asked: Mapping[str, str]
    ) -> Iterator[dict[str, Any]]:
        size = {"pageSize": _PAGE} if kind.is_paged else {}
        return self._rest.pages(kind.host, path, {**size, **asked})
