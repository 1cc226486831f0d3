"""`storage.objects.list`: names in UTF-8 byte order, a page at a time.

With a delimiter the database is asked again behind each common prefix, so that the cost is that
of what is returned, not of what lies below the prefixes.
"""

import base64
import json
import re
import sqlite3
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from tests.standin.storage.answers import answer
from tests.standin.storage.buckets import Bucket, find_bucket
from tests.standin.storage.errors import invalid
from tests.standin.storage.globs import compile_glob
from tests.standin.storage.keys import SEALED, without_checksums
from tests.standin.storage.partial import parse_fields
from tests.standin.storage.preconditions import integer
from tests.standin.storage.resources import resource_of
from tests.standin.storage.service import Call, Service
from tests.standin.storage.versions import expire

PAGE_MOST = 1000
# Each kind of listing reads its own index, so that versions which it does not show cost nothing.
SOURCES = {
    "live": "objects INDEXED BY live_objects WHERE state = 0",
    "versions": "objects WHERE state < 2",
    "soft-deleted": "objects INDEXED BY soft_deleted_objects WHERE state = 2",
}


@dataclass(frozen=True, slots=True)
class Selection:
    """What a list request asks for.

    Attributes:
        kind: which versions, a key of `SOURCES`.
        prefix: what names start with.
        start: first name, inclusive.
        end: first name that is too far, or None.
        delimiter: where names are cut to common prefixes; empty is nowhere.
        keeps_delimiter: whether names that end in the delimiter are items, too.
        glob: pattern of whole names, or None.
    """

    kind: str
    prefix: str
    start: str
    end: str | None
    delimiter: str
    keeps_delimiter: bool
    glob: re.Pattern[str] | None

    @classmethod
    def of(cls, call: Call) -> "Selection":
        """Read a list request.

        Raises:
            StorageError: parameters are malformed or exclude each other.
        """
        query = call.query
        is_soft, has_versions = call.flag("softDeleted"), call.flag("versions")
        if is_soft and has_versions:
            raise invalid("Cannot list soft-deleted objects and versions together.")
        glob = query.get("matchGlob")
        if glob and query.get("delimiter", "/") != "/":
            raise invalid("The only delimiter that goes with matchGlob is '/'.")
        prefix = query.get("prefix", "")
        return cls(
            "soft-deleted" if is_soft else "versions" if has_versions else "live",
            prefix,
            max(query.get("startOffset", ""), prefix, key=_byte_order),
            query.get("endOffset") or None,
            query.get("delimiter", ""),
            call.flag("includeTrailingDelimiter"),
            compile_glob(glob) if glob else None,
        )

    def matches(self, name: str) -> bool:
        """Whether the glob matches a name; without one, any does."""
        return self.glob is None or bool(self.glob.fullmatch(name))

    def common_prefix(self, name: str) -> str | None:
        """Return the name up to the first delimiter behind the prefix, or None."""
        if not self.delimiter:
            return None
        at = name.find(self.delimiter, len(self.prefix))
        return None if at < 0 else name[: at + len(self.delimiter)]


@dataclass(slots=True)
class Page:
    """One page of a listing.

    Of a listing with a glob a page ends after as many names that do not match: it can be an empty one.
    """

    rows: list[sqlite3.Row]
    prefixes: list[str]
    behind: tuple[str, int] | None = None
    unmatched: int = 0
    cut: tuple[str, int] | None = None

    @property
    def token(self) -> str | None:
        """The token of the next page, which starts behind a name and generation, or None."""
        return None if self.behind is None else _token(*self.behind)

    def is_ended_by(self, unmatched: sqlite3.Row) -> bool:
        """Count a row that does not match; whether the page ends behind it."""
        self.unmatched += 1
        if self.unmatched >= PAGE_MOST:
            self.cut = unmatched["name"], unmatched["generation"]
        return self.cut is not None

    @property
    def size(self) -> int:
        """How many items and prefixes it has."""
        return len(self.rows) + len(self.prefixes)


def _byte_order(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def successor(prefix: str) -> str | None:
    """Return the first string behind all that start with a prefix, or None for the last."""
    while prefix:
        code = ord(prefix[-1])
        if code < 0x10FFFF:
            return prefix[:-1] + chr(0xE000 if code == 0xD7FF else code + 1)
        prefix = prefix[:-1]
    return None


def _token(name: str, generation: int) -> str:
    position = {"name": name, "generation": generation}
    return base64.urlsafe_b64encode(json.dumps(position).encode()).decode()


def _position(token: str | None) -> tuple[str, int]:
    """Return the name and generation behind which a page starts."""
    if not token:
        return "", 0
    try:
        position = json.loads(base64.urlsafe_b64decode(token))
        return position["name"], position["generation"]
    except (ValueError, KeyError, TypeError) as error:
        raise invalid("Invalid page token.") from error


def rows_from(
    service: Service, bucket: Bucket, selection: Selection, name: str, generation: int
) -> Iterator[sqlite3.Row]:
    """Yield versions in order of name and generation, from behind a position.

    Args:
        service: the state.
        bucket: where.
        selection: which versions.
        name: name to start with, inclusive.
        generation: generation of that name to start behind.
    """
    ends = [end for end in (selection.end, successor(selection.prefix)) if end is not None]
    end = min(ends, key=_byte_order, default=None)
    limit = "" if end is None else "AND name < :end"
    yield from service.database.execute(
        f"SELECT * FROM {SOURCES[selection.kind]} AND bucket = :bucket {limit}"
        " AND (name, generation) > (:name, :generation) ORDER BY name, generation",
        {"bucket": bucket.id, "end": end, "name": name, "generation": generation},
    )


def read_page(
    service: Service, bucket: Bucket, selection: Selection, *, most: int, token: str | None
) -> Page:
    """Return one page.

    Args:
        service: the state.
        bucket: where.
        selection: what.
        most: how many items and prefixes at most.
        token: that of the page before, or None for the first.

    Raises:
        StorageError: the token is none of this service.
    """
    page = Page([], [])
    name, generation = _position(token)
    if _byte_order(name) < _byte_order(selection.start):
        name, generation = selection.start, 0
    position: str | None = name
    while position is not None:
        position = _fill(
            page, rows_from(service, bucket, selection, position, generation), selection, most
        )
        generation = 0
    return page


def _fill(page: Page, rows: Iterator[sqlite3.Row], selection: Selection, most: int) -> str | None:
    """Add rows to a page; return the name to go on from behind a common prefix, or None."""
    for row in _matching(page, rows, selection):
        prefix = selection.common_prefix(row["name"])
        if page.size >= most:
            return None
        if prefix is None or (selection.keeps_delimiter and prefix == row["name"]):
            page.rows.append(row)
            page.behind = row["name"], row["generation"]
        if prefix is not None:
            if prefix not in page.prefixes[-1:]:
                page.prefixes.append(prefix)
            if prefix != row["name"] or not selection.keeps_delimiter:
                following = successor(prefix)
                page.behind = (following, 0) if following else None
                return following
    page.behind = page.cut
    return None


def _matching(
    page: Page, rows: Iterator[sqlite3.Row], selection: Selection
) -> Iterator[sqlite3.Row]:
    for row in rows:
        if selection.matches(row["name"]):
            yield row
        elif page.is_ended_by(row):
            return


def _said(unsaid: Collection[str], shown: dict[str, Any]) -> dict[str, Any]:
    if not shown.keys().isdisjoint(SEALED):
        shown = without_checksums(shown)
    for key in unsaid:
        shown.pop(key, None)
    return shown


async def list_objects(call: Call) -> Response:
    """Answer `storage.objects.list`."""
    service = call.service
    bucket = find_bucket(service, call.path["bucket"])
    selection = Selection.of(call)
    if selection.kind == "soft-deleted":
        expire(service)
        if not bucket.soft_delete_milliseconds:
            raise invalid("Soft delete policy is required to list soft-deleted objects.")
    most = min(integer(call.query, "maxResults") or PAGE_MOST, PAGE_MOST)
    token = call.query.get("pageToken")
    page = read_page(service, bucket, selection, most=most, token=token)
    listed: dict[str, Any] = {"kind": "storage#objects"}
    if token := page.token:
        listed["nextPageToken"] = token
    if page.prefixes:
        listed["prefixes"] = page.prefixes
    if page.rows:
        wanted = parse_fields(call.query.get("fields", "")).get("items", {})
        unsaid = service.unsaid.get(bucket.name, ())
        listed["items"] = [
            _said(unsaid, resource_of(bucket, row, call.origin, wanted)) for row in page.rows
        ]
    return answer(call, listed)
