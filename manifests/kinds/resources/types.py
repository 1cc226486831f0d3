"""What is known of a type of resources. Pure.

A row of the table says where a type is listed, how one of its resources is made, what has to be there before, and
how it is paused. What Google alone writes is in `output_only.json`, which is made from Google's
discovery documents; everything else is written and compared.
"""

import json
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Literal, NamedTuple
from urllib.parse import quote

from manifests.values import Resource

type Changing = Literal["mask", "whole", "replaced", "never"]
"""How fields of a resource are set: those of a mask, or all of it by PATCH or by PUT; or they are not."""

type Naming = Literal["parameter", "path", "body", "assigned", "enabled", "given"]
"""Who names a new resource: a parameter, the path that it is PUT to, a field of it, or the service.

One that is enabled has its name already; one that is given is there, and never made: the project.
"""


_SEGMENT = r"[^/?#]+"
_OWN_NAME = r"[^/?#:]+"
"""A name is a part of addresses: what is behind a colon there is a method."""


EVERYWHERE = "-"
"""All locations at once, where a list takes that, or where the service says which there are."""


class Order(NamedTuple):
    """A call about one resource.

    Attributes:
        verb: The HTTP method.
        method: The custom method, as `pause`; empty for the resource itself.
        body: What is sent; None sends the field of the pause as it was before.
        mask: The fields that a PATCH writes.
        is_repeatable: Whether giving it twice does no more than giving it once.
    """

    verb: str
    method: str = ""
    body: Mapping[str, Any] | None = None
    mask: str = ""
    is_repeatable: bool = True


class Pause(NamedTuple):
    """How one thing that a resource does is stopped, and begun again.

    Attributes:
        field: What tells whether it runs, and what a pause changes.
        running: Its value while it runs; None where it runs while the field says anything.
        made: Fields with which a new one is made, so that it does nothing before it is stopped;
            None makes it without the field. They get their own values when it is stopped.
        stop: Stops it.
        start: Begins it again.
    """

    field: str
    running: str | bool | None
    made: Mapping[str, Any]
    stop: Order
    start: Order

    def runs(self, resource: Resource) -> bool:
        """Whether a resource does anything by itself now."""
        value = resource.get(self.field)
        if self.running is None:
            return bool(value)
        return (value or False) == self.running


class Chosen(NamedTuple):
    """A field whose value a service may have chosen.

    Attributes:
        field: The field.
        holds: What its value holds where the service chose it.
        unless: A field, and what its value holds where who made the resource may have chosen it.
    """

    field: str
    holds: str
    unless: tuple[str, str]


class ResourceType(NamedTuple):
    """One type of resources.

    Attributes:
        name: As `pubsub/topic`.
        host: Where its API is.
        version: Of the API.
        collection: The path of the list, below the version.
        items: The field of the list's answer that holds the resources.
        naming: Who names a new one.
        parameter: The query parameter, or the field beside the resource, that names a new one.
        wrapper: The field of the request that holds a new one; empty where the request is it.
        changing: How its fields are set.
        changed_in: The field of the request that holds it, beside the mask; empty where the request is
            it and the mask a parameter.
        identifier: The field that names one in a list.
        key: The field that tells one from another and means the same in another project; empty where
            all that is set of it does.
        query: What the list is asked besides.
        is_paged: Whether the list comes in pages.
        policy: The verb that reads the IAM policy of one; empty where it has none.
        policy_by_body: Whether the version of the policy is asked for in a body.
        before_data: Whether it has to be there before data is brought back; what acts on data comes
            behind.
        absent: The field, and its value, of one that is answered and is not there.
        undeleted_by: The field that names a deleted one where it can be brought back; empty where none can.
        changed_by_etag: Whether a change can name the version of it that was looked at.
        deleted_by_etag: Whether a deletion can name the version of it that was looked at.
        after: The types that have to be there before.
        pauses: How each thing is stopped that it does by itself, of which it does one at a time.
        below: Lists below one resource that are kept with it, by the name of the list.
        has_archive: Whether it is built from an archive, which is kept too.
        has_images: Whether it runs images, whose digests are kept.
        spans_locations: Whether its list takes `-` for all locations at once.
        names_locations: Whether its service says which locations there are for the project
            (projects.locations.list), so that it can be looked for in each.
        more_locations: Locations that its service may not name though resources can be there: the
            multi-regions take transfers (BigQuery, Locations).
        calls: The fields that say what it calls: addresses, names of topics, tables and buckets.
        assigned: Fields that Google writes and whose discovery document does not say so.
        not_held: What its API never returns.
        chosen: A field that the service may have chosen for this resource: a new one has another.
        labels: The field that holds its labels; empty where its API has none.
        why_not_drilled: Why no drill can restore it in a sandbox; empty where one does.
    """

    name: str
    host: str
    version: str
    collection: str
    items: str
    naming: Naming = "parameter"
    parameter: str = ""
    wrapper: str = ""
    changing: Changing = "mask"
    changed_in: str = ""
    identifier: str = "name"
    key: str = "name"
    query: Mapping[str, str] = {}
    is_paged: bool = True
    policy: Literal["", "GET", "POST"] = ""
    policy_by_body: bool = False
    before_data: bool = False
    absent: tuple[str, str | bool] | None = None
    undeleted_by: str = ""
    changed_by_etag: bool = False
    deleted_by_etag: bool = False
    after: tuple[str, ...] = ()
    pauses: tuple[Pause, ...] = ()
    below: tuple[str, ...] = ()
    has_archive: bool = False
    has_images: bool = False
    spans_locations: bool = False
    names_locations: bool = False
    more_locations: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()
    assigned: tuple[str, ...] = ()
    not_held: tuple[str, ...] = ()
    chosen: Chosen | None = None
    labels: str = ""
    why_not_drilled: str = ""

    @property
    def is_regional(self) -> bool:
        """Whether it is listed location by location."""
        return "{location}" in self.collection

    @property
    def is_everywhere(self) -> bool:
        """Whether all locations can be asked for at once."""
        return self.spans_locations or self.names_locations

    def is_absent(self, resource: Resource) -> bool:
        """Whether a resource counts as gone although its API still answers it."""
        return self.absent is not None and resource.get(self.absent[0]) == self.absent[1]

    def runs(self, resource: Resource) -> bool:
        """Whether a resource does anything by itself now."""
        return any(pause.runs(resource) for pause in self.pauses)

    def pause_of(self, resource: Resource) -> Pause:
        """Return how what a resource does is stopped; the first way, where it does nothing.

        Raises:
            TypeError: What is of this type does nothing by itself.
        """
        return next((item for item in self.pauses if item.runs(resource)), self.pause_by(""))

    def pause_by(self, field: str) -> Pause:
        """Return the pause that changes a field; the first one for none.

        Raises:
            TypeError: No pause does.
        """
        for pause in self.pauses:
            if field in ("", pause.field):
                return pause
        message = f"no pause of {self.name} changes {field or 'anything'}"
        raise TypeError(message)

    def change(self, fields: Resource, mask: str) -> tuple[dict[str, str], Resource]:
        """Return the parameters and the body of a request that sets fields.

        Args:
            fields: What they are to be; all of the resource where it is set as a whole.
            mask: Their names; what of them is in no field is removed.
        """
        if self.changing != "mask":
            return {}, fields
        if self.changed_in:
            return {}, {self.changed_in: fields, "updateMask": mask}
        return {"updateMask": mask}, fields

    def is_name(self, name: str) -> bool:
        """Whether a text is the full name of a resource of the type, in whatever project."""
        folders = re.escape(self.collection).replace(r"\{project\}", _SEGMENT)
        pattern = f"{folders.replace(r'\{location\}', _SEGMENT)}/{_OWN_NAME}"
        return re.fullmatch(pattern, name) is not None

    def location_of(self, name: str) -> str:
        """Return the location in the full name of a resource; empty where its type has none."""
        segments = dict(zip(self.collection.split("/"), name.split("/"), strict=False))
        return segments.get("{location}", "")

    def full_name(self, name: str, collection: str) -> str:
        """Return the full name of a resource; some lists give the last part of it alone."""
        return name if name.startswith("projects/") else f"{collection}/{quote(name, safe='')}"

    @property
    def output_only(self) -> frozenset[str]:
        """Return the paths of the fields that only Google writes, as `template.containers[].uri`."""
        return frozenset((*_output_only()[self.name], *self.assigned))


@cache
def _output_only() -> Mapping[str, list[str]]:
    source = files("manifests.kinds.resources") / "output_only.json"
    return dict(json.loads(source.read_text(encoding="utf-8")))
