"""Indexes and field settings of databases; a restart, as deleting the database, forgets them."""

import re
import secrets

import grpc
from google.cloud.firestore_admin_v1 import types
from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import Message

from tests.standin.firestore.messages import RequestError, invalid
from tests.standin.firestore.operations import Operations
from tests.standin.firestore.store import Store

GROUP = re.compile(r"(projects/[^/]+/databases/[^/]+)/collectionGroups/([^/]+)")
FIELD = re.compile(rf"{GROUP.pattern}/fields/(.+)")
INDEX = re.compile(rf"{GROUP.pattern}/indexes/([^/]+)")
EVERY_FIELD = "collectionGroups/__default__/fields/*"
PAGE = 2
OVERRIDDEN, EXPIRING = "indexConfig.usesAncestorConfig:false", "ttlConfig:*"
Index = types.Index.pb()
Field = types.Field.pb()
ListIndexesResponse = types.ListIndexesResponse.pb()
ListFieldsResponse = types.ListFieldsResponse.pb()
IndexOperationMetadata = types.IndexOperationMetadata.pb()
FieldOperationMetadata = types.FieldOperationMetadata.pb()


class Indexes:
    """The calls about indexes and fields over a store."""

    def __init__(self, store: Store, operations: Operations) -> None:
        self._store = store
        self._operations = operations

    def create_index(self, request: Message) -> Message:
        """Answer CreateIndex.

        Raises:
            RequestError: If it has too few fields, or is there already.
        """
        database, _ = _parts(GROUP, request.parent)
        index = Index.FromString(request.index.SerializeToString())
        if not index.fields:
            raise invalid("An index needs fields.")
        if index.fields[-1].field_path != "__name__":
            # The document's name ends every index, in the direction of the field before it.
            index.fields.add(field_path="__name__", order=index.fields[-1].order or 1)
        index.state = Index.READY
        there = self._store.database(database).indexes
        for other in there.values():
            same = other.name.startswith(f"{request.parent}/")
            if same and list(other.fields) == list(index.fields):
                raise RequestError(grpc.StatusCode.ALREADY_EXISTS, "index already exists")
        index.name = f"{request.parent}/indexes/{secrets.token_hex(6)}"
        there[index.name] = index
        return self._operations.done(database, index, IndexOperationMetadata(index=index.name))

    def delete_index(self, request: Message) -> Message:
        """Answer DeleteIndex.

        Raises:
            RequestError: There is no such index.
        """
        database, _, _ = _parts(INDEX, request.name)
        there = self._store.database(database).indexes
        if there.pop(request.name, None) is None:
            raise RequestError(grpc.StatusCode.NOT_FOUND, f"Index {request.name} not found.")
        return Empty()

    def list_indexes(self, request: Message) -> Message:
        """Answer ListIndexes, of one collection group or of all (`-`), some at a time."""
        database, group = _parts(GROUP, request.parent)
        found = self._store.database(database).indexes
        kept = [index for name, index in sorted(found.items()) if group in ("-", _group_of(name))]
        page, token = _page(kept, request.page_token)
        return ListIndexesResponse(indexes=page, next_page_token=token)

    def update_field(self, request: Message) -> Message:
        """Answer UpdateField: the fields of its mask are set, an empty configuration reverts.

        Raises:
            RequestError: Another field of the group has a time to live (Manage data retention with
                TTL policies, Limits).
        """
        database, group, _ = _parts(FIELD, request.field.name)
        there = self._store.database(database).fields
        field = there.setdefault(request.field.name, Field(name=request.field.name))
        expiring = (
            name
            for name, other in there.items()
            if name != field.name and _group_of(name) == group and other.HasField("ttl_config")
        )
        if request.field.HasField("ttl_config") and (other := next(expiring, None)):
            raise invalid(f"Collection group {group} has a TTL field: {other}")
        for part in request.update_mask.paths:
            field.ClearField(part)
            if request.field.HasField(part):
                getattr(field, part).CopyFrom(getattr(request.field, part))
        _set_by_the_service(database, field)
        return self._operations.done(
            database, _told(database, field), FieldOperationMetadata(field=request.field.name)
        )

    def list_fields(self, request: Message) -> Message:
        """Answer ListFields for one of the two filters that there are.

        Raises:
            RequestError: If the filter is another one.
        """
        database, group = _parts(GROUP, request.parent)
        if request.filter not in (OVERRIDDEN, EXPIRING):
            raise invalid(f"Only fields that are overridden are listed: {request.filter!r}")
        part = "index_config" if request.filter == OVERRIDDEN else "ttl_config"
        name = f"{database}/{EVERY_FIELD}"
        found = {name: Field(name=name, index_config={"indexes": _automatic()})}
        found |= self._store.database(database).fields
        kept = [
            _told(database, field)
            for name, field in sorted(found.items())
            if field.HasField(part) and group in ("-", _group_of(name))
        ]
        page, token = _page(kept, request.page_token)
        return ListFieldsResponse(fields=page, next_page_token=token)


def _set_by_the_service(database: str, field: Message) -> None:
    if field.HasField("ttl_config"):
        field.ttl_config.state = Field.TtlConfig.ACTIVE
    if field.HasField("index_config"):
        for index in field.index_config.indexes:
            index.state = Index.READY
        field.index_config.uses_ancestor_config = False
        field.index_config.ancestor_field = f"{database}/{EVERY_FIELD}"


def _told(database: str, field: Message) -> Message:
    """Return a field as it is answered: one without indexes of its own has those of all fields."""
    answer = Field.FromString(field.SerializeToString())
    if not answer.HasField("index_config"):
        answer.index_config.uses_ancestor_config = True
        answer.index_config.ancestor_field = f"{database}/{EVERY_FIELD}"
        answer.index_config.indexes.extend(_automatic())
    return answer


def _automatic() -> list[Message]:
    """Return the indexes that each field has by itself (Firestore, Index types, Automatic indexing)."""
    orders = ({"order": "ASCENDING"}, {"order": "DESCENDING"}, {"array_config": "CONTAINS"})
    return [
        Index(query_scope="COLLECTION", state="READY", fields=[{"field_path": "*", **order}])
        for order in orders
    ]


def _page(found: list[Message], token: str) -> tuple[list[Message], str]:
    """Return some of what a list holds, and the token of what is behind; empty where nothing is."""
    first = int(token or 0)
    behind = first + PAGE
    return found[first:behind], str(behind) if behind < len(found) else ""


def _parts(pattern: re.Pattern[str], name: str) -> tuple[str, ...]:
    found = pattern.fullmatch(name)
    if found is None:
        raise invalid(f"Invalid resource name: {name}")
    return found.groups()


def _group_of(name: str) -> str:
    return name.partition("/collectionGroups/")[2].partition("/")[0]
