"""Which keys have to stay erased, whatever is restored. Pure.

A key is known by its digest alone: a list of the values would be the last copy of what was erased, and
outlive every backup. GoogleSQL computes the same digest of a column.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate
from typing import Annotated, Literal, NamedTuple

from pydantic import Field, StringConstraints, model_validator

from manifests.values import Stored, UtcTime

MOST_KEYS = 10_000
"""So many keys one entry and one statement have at most: one takes no more than 1 MB (BigQuery, Quotas)."""
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
ErasedKind = Literal["table", "database", "bucket"]


class Erasure(Stored):
    """One entry of the ledger.

    Attributes:
        number: Which entry it is.
        kind: In what the keys are; empty where it only revokes.
        name: The table, `dataset.table`, database or bucket.
        column: The column of the table that holds the key.
        digests: Of the keys: values of the column, paths of documents, names of objects.
        prefixes: Where these are how names of objects begin, how many bytes each has.
        revokes: The numbers of entries that count no more: earlier ones, for a number is given once.
        previous: The number of the entry before it, of those that were believed; 0 for the first.
        previous_sha256: Of that entry as it is stored, in hexadecimal: an entry cannot go unseen.
        why: In the operator's words, which name no key.
    """

    number: int = Field(ge=1)
    kind: Literal["", "table", "database", "bucket"] = ""
    name: str = ""
    column: str = ""
    digests: tuple[Digest, ...] = ()
    prefixes: tuple[int, ...] = ()
    revokes: tuple[int, ...] = ()
    previous: int = Field(default=0, ge=0)
    previous_sha256: Digest | Literal[""] = ""
    erased_at: UtcTime
    operator: str
    why: str

    @model_validator(mode="after")
    def _names_what_it_erases(self) -> "Erasure":
        is_fit = (
            bool(self.column) == (self.kind == "table")
            and bool(self.name) == bool(self.kind) != bool(self.revokes)
            and len(self.digests) <= MOST_KEYS
            and len(self.prefixes) in (0, len(self.digests))
            and all(length > 0 for length in self.prefixes)
            and (self.kind == "bucket" or not self.prefixes)
        )
        if not is_fit:
            message = "it does not say in what which keys stay erased"
            raise ValueError(message)
        return self

    @property
    def scope(self) -> str:
        """Return what stands before a key where its digest is made."""
        if self.kind == "table":
            return table_scope(self.name, self.column)
        return f"{self.kind} {self.name}"

    @property
    def told(self) -> str:
        """Return in what the keys are, for a person."""
        if self.kind == "table":
            return f"table {self.name}, column {self.column}"
        return self.scope if self.kind else f"revokes {', '.join(map(str, self.revokes))}"


def revoked_by(entries: Iterable[Erasure]) -> frozenset[int]:
    """Return the numbers of the entries that count no more, by a later one of these."""
    return frozenset(number for it in entries for number in it.revokes if number < it.number)


class Erasures:
    """The keys that stay erased, of all entries that count.

    Args:
        entries: The entries.
    """

    def __init__(self, entries: Iterable[Erasure] = ()) -> None:
        known = tuple(entries)
        revoked = revoked_by(known)
        self.entries = tuple(item for item in known if item.number not in revoked and item.kind)

    def __bool__(self) -> bool:
        """Whether any key stays erased."""
        return bool(self.entries)

    @property
    def tables(self) -> tuple[str, ...]:
        """Return the tables of which rows stay erased, in order."""
        return tuple(sorted({item.name for item in self.entries if item.kind == "table"}))

    def rows(self, table: str) -> Mapping[str, frozenset[str]]:
        """Return the digests of the rows of a table that stay erased, by the column of the key."""
        found: dict[str, set[str]] = {}
        for item in self._of("table", table):
            found.setdefault(item.column.lower(), set()).update(item.digests)
        return {column: frozenset(digests) for column, digests in found.items()}

    def documents(self, database: str) -> "ErasedNames":
        """Return which documents of a database stay erased."""
        digests = {digest for item in self._of("database", database) for digest in item.digests}
        return ErasedNames(f"database {database}", frozenset(digests))

    def objects(self, bucket: str) -> "ErasedNames":
        """Return which objects of a bucket stay erased."""
        whole, begins = set[str](), dict[int, set[str]]()
        for item in self._of("bucket", bucket):
            if not item.prefixes:
                whole.update(item.digests)
                continue
            for digest, length in zip(item.digests, item.prefixes, strict=True):
                begins.setdefault(length, set()).add(digest)
        prefixes = {length: frozenset(found) for length, found in begins.items()}
        return ErasedNames(f"bucket {bucket}", frozenset(whole), prefixes)

    def _of(self, kind: ErasedKind, name: str) -> Iterator[Erasure]:
        return (item for item in self.entries if (item.kind, item.name) == (kind, name))


class ErasedNames(NamedTuple):
    """Names of documents or objects that stay erased.

    Attributes:
        scope: As of `Erasure`.
        whole: Digests of whole names.
        begins: Digests of how names begin, by their length in bytes.
    """

    scope: str
    whole: frozenset[str] = frozenset()
    begins: Mapping[int, frozenset[str]] = {}

    def __bool__(self) -> bool:
        """Whether any name is among them."""
        return bool(self.whole or self.begins)

    def holds_object(self, name: str) -> bool:
        """Whether an object stays erased."""
        if digest_of(self.scope, name) in self.whole:
            return True
        content = name.encode()
        return any(
            _digest(self.scope, content[:length]) in digests
            for length, digests in self.begins.items()
            if length <= len(content)
        )

    def holds_document(self, path: str) -> bool:
        """Whether a document stays erased: it, or a document or collection that it is below."""
        above = accumulate(path.split("/"), lambda begun, segment: f"{begun}/{segment}")
        return any(digest_of(self.scope, name) in self.whole for name in above)


NOTHING_ERASED = Erasures()


def table_scope(table: str, column: str) -> str:
    """Return what stands before the key of a row; names of columns have no case."""
    return f"{table}.{column.lower()}"


def digest_of(scope: str, key: str) -> str:
    """Return the digest of a key, 64 hexadecimal digits."""
    return _digest(scope, key.encode())


def _digest(scope: str, key: bytes) -> str:
    return hashlib.sha256(scope.encode() + b"=" + key).hexdigest()
