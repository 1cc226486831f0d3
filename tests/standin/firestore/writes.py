"""Applying writes: updates with masks, deletes, verifications, transforms and preconditions."""

import grpc
from google.protobuf.message import Message
from google.protobuf.unknown_fields import UnknownFieldSet

from tests.standin.firestore import fieldpaths, transforms
from tests.standin.firestore.checks import normalise_fields
from tests.standin.firestore.messages import (
    Document,
    RequestError,
    WriteResult,
    invalid,
    micros_of,
    timestamp,
)
from tests.standin.firestore.paths import document_path
from tests.standin.firestore.store import Commit
from tests.standin.firestore.values import check_index_entries, check_size

# Firestore takes `verify`, but the published messages do not have it.
VERIFY_FIELD = 5


def _verified_name(write: Message) -> str | None:
    for field in UnknownFieldSet(write):
        if field.field_number == VERIFY_FIELD:
            return field.data.decode()
    return None


def target(write: Message) -> str:
    """Return the resource name of the document that a write is about.

    Raises:
        RequestError: If it is about none.
    """
    kind = write.WhichOneof("operation")
    if kind == "update":
        return write.update.name
    if kind == "delete":
        return write.delete
    name = write.transform.document if kind == "transform" else _verified_name(write)
    if not name:
        raise invalid("A write has no operation.")
    return name


def check(write: Message, old: Message | None, name: str) -> None:
    """Hold a document against a write's precondition.

    Raises:
        RequestError: If it is not met.
    """
    condition = write.current_document
    kind = condition.WhichOneof("condition_type")
    if kind == "exists" and condition.exists and old is None:
        raise RequestError(grpc.StatusCode.NOT_FOUND, f"No document to update: {name}")
    if kind == "exists" and not condition.exists and old is not None:
        raise RequestError(grpc.StatusCode.ALREADY_EXISTS, f"Document already exists: {name}")
    if kind == "update_time":
        stored, required = (
            micros_of(old.update_time) if old is not None else 0,
            micros_of(condition.update_time),
        )
        if 0 < stored < required:
            raise invalid(f"Invalid base version, it is greater than the stored version: {name}")
        if stored != required:
            raise RequestError(
                grpc.StatusCode.FAILED_PRECONDITION,
                f"The stored version ({stored}) does not match the required base version"
                f" ({required}).",
            )


def _updated_fields(write: Message, old: Message | None) -> Message:
    new = Document()
    if not write.HasField("update_mask"):
        for name, value in write.update.fields.items():
            new.fields[name].CopyFrom(value)
        return new
    if old is not None:
        new.MergeFrom(Document(fields=old.fields))
    for text in write.update_mask.field_paths:
        path = fieldpaths.parse(text)
        value = fieldpaths.get(write.update.fields, path)
        if value is None:
            fieldpaths.remove(new.fields, path)
        else:
            fieldpaths.put(new.fields, path, value)
    return new


def _stored(commit: Commit, path: str, new: Message, old: Message | None) -> int:
    """Put a document unless nothing changed; return its update time in microseconds."""
    check_size(path, new)
    check_index_entries(new)
    stamp = timestamp(commit.stamp)
    if old is not None:
        before = Document(fields=old.fields).SerializeToString(deterministic=True)
        if before == new.SerializeToString(deterministic=True):
            return micros_of(old.update_time)
    new.create_time.CopyFrom(stamp if old is None else old.create_time)
    new.update_time.CopyFrom(stamp)
    commit.put(path, new.SerializeToString(deterministic=True))
    return commit.stamp


def apply(commit: Commit, write: Message) -> Message:
    """Apply one write to a commit and return its result.

    Raises:
        RequestError: If the write is refused; the commit is as it was.
    """
    name = target(write)
    path = document_path(commit.database.name, name)
    old = commit.read(path)
    check(write, old, name)
    kind = write.WhichOneof("operation")
    if kind == "delete":
        if old is not None:
            commit.put(path, None)
        return WriteResult()
    if kind is None:
        return WriteResult()
    if kind == "update":
        new = _updated_fields(write, old)
        changes = write.update_transforms
    else:
        new = Document(fields=old.fields) if old is not None else Document()
        changes = write.transform.field_transforms
    results = transforms.apply(new.fields, changes, commit.stamp)
    normalise_fields(new.fields)
    updated_at = _stored(commit, path, new, old)
    return WriteResult(update_time=timestamp(updated_at), transform_results=results)
