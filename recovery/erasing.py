"""Turns an operator's request into entries of the ledger of erased keys. Pure."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import batched
from typing import Literal, NamedTuple

from manifests.erasure_statements import key_column
from manifests.erasures import MOST_KEYS, ErasedKind, Erasure, digest_of
from manifests.errors import UsageError
from manifests.values import Resource


class Erased(NamedTuple):
    """What keys are in.

    Attributes:
        kind: Empty where entries are revoked.
        name: The table, `dataset.table`, database or bucket.
        column: The column of a table.
    """

    kind: ErasedKind | Literal[""]
    name: str
    column: str = ""


class Said(NamedTuple):
    """When, by whom and why keys are written down."""

    at: datetime
    operator: str
    why: str


def check_keys(
    thing: Erased, keys: Sequence[str], resource: Resource, *, prefixes: bool = False
) -> None:
    """Refuse keys that nothing can have, so that nothing would stay erased; none is ever told.

    Args:
        thing: What they are in.
        keys: The keys.
        resource: That of the table; empty for others.
        prefixes: Whether they are how names begin.

    Raises:
        UsageError: One is none.
        RefusedError: The column cannot hold a key.
    """
    if prefixes and thing.kind != "bucket":
        raise UsageError("`--prefixes` says something of objects alone")
    is_number = thing.kind == "table" and (
        key_column(thing.name, resource, thing.column)["type"] != "STRING"
    )
    for line, key in enumerate(keys, 1):
        if not key:
            raise UsageError("an empty line is no key", subject=f"key {line}")
        if is_number and not _is_number(key):
            raise UsageError("the column holds INTEGER, and it is none", subject=f"key {line}")
        if thing.kind == "database" and not all(key.split("/")):
            raise UsageError("not the path of a document or collection", subject=f"key {line}")


def _is_number(key: str) -> bool:
    """Whether BigQuery would write a number so."""
    try:
        return str(int(key)) == key
    except ValueError:
        return False


def entries_of(
    thing: Erased, keys: Sequence[str], *, prefixes: bool, revokes: tuple[int, ...], said: Said
) -> Iterator[Erasure]:
    """Yield the entries that keys are written down in, as many as they need; numbers come later.

    Args:
        thing: What they are in.
        keys: The keys; none where entries are revoked.
        prefixes: Whether they are how names begin.
        revokes: The numbers of entries that count no more.
        said: When, by whom and why.
    """
    whole = Erasure(
        number=1,
        kind=thing.kind,
        name=thing.name,
        column=thing.column,
        revokes=revokes,
        erased_at=said.at,
        operator=said.operator,
        why=said.why,
    )
    for some in batched(keys, MOST_KEYS, strict=False) if keys else ((),):
        lengths = tuple(len(key.encode()) for key in some) if prefixes else ()
        digests = tuple(digest_of(whole.scope, key) for key in some)
        yield Erasure(**{**dict(whole), "digests": digests, "prefixes": lengths})
