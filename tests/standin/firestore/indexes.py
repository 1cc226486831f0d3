"""Indexes and field settings of databases; a restart, as deleting the database, forgets them."""

import re
import secrets

import grpc
from google.cloud.firestore_admin_v1 import types
from google.protobuf.message import Message

from tests.standin.firestore.messages import RequestError, invalid
from tests.standin.firestore.operations import Operations
from tests.standin.firestore.store import Store

GROUP = re.compile(r"(projects/[^/]+/databases/[^/]+)/collectionGroups/([^/]+)")
FIELD = re.compile(rf"{GROUP.pattern}/fields/(.+)")
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

    def list_indexes(self, request: Message) -> Message:
        """Answer ListIndexes, of one collection group or of all (`-`)."""
        database, group = _parts(GROUP, request.parent)
        found = self._store.database(database).indexes
        kept = [index for name, index in sorted(found.items()) if group in ("-", _group_of(name))]
        return ListIndexesResponse(indexes=kept)

    def update_field(self, request: Message) -> Message:
        """Answer UpdateField: the fields of its mask are set, an empty configuration reverts."""
        database, *_ = _parts(FIELD, request.field.name)
        there = self._store.database(database).fields
        field = there.setdefault(request.field.name, Field(name=request.field.name))
        for part in request.update_mask.paths:
            field.ClearField(part)
            if request.field.HasField(part):
                getattr(field, part).CopyFrom(getattr(request.field, part))
        if field.HasField("ttl_config"):
            field.ttl_config.state = Field.TtlConfig.ACTIVE
        return self._operations.done(
            database, field, FieldOperationMetadata(field=request.field.name)
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
        found = self._store.database(database).fields
        kept = [
            field
            for name, field in sorted(found.items())
            if field.HasField(part) and group in ("-", _group_of(name))
        ]
        return ListFieldsResponse(fields=kept)


def _parts(pattern: re.Pattern[str], name: str) -> tuple[str, ...]:
    found = pattern.fullmatch(name)
    if found is None:
        raise invalid(f"Invalid resource name: {name}")
    return found.groups()


def _group_of(name: str) -> str:
    return name.partition("/collectionGroups/")[2].partition("/")[0]
