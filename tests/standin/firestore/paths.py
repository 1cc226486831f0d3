"""Names of databases and documents, and the order Firestore gives them.

A document is known by its path below `documents`, such as `cities/SF/landmarks/bridge`.
Ids sort by their UTF-8 bytes, except numeric ones such as `__id7__`, which sort
first and by number. A sort key is a string that Python sorts just so.
"""

import re

from tests.standin.firestore.messages import invalid

NUMERIC_ID = re.compile(r"__id(-?[0-9]+)__")
RESERVED_ID = re.compile(r"__.*__", re.DOTALL)
DATABASE = re.compile(r"projects/[^/]+/databases/[^/]+")
LONGEST_ID_BYTES = 1500
LONGEST_NAME_BYTES = 6 * 1024
HALF = 2**63


def id_key(document_id: str) -> str:
    """Return the sort key of an id."""
    if document_id.startswith("__") and (numeric := NUMERIC_ID.fullmatch(document_id)):
        return f"\0{int(numeric[1]) + HALF:020d}"
    return f"\0~{document_id}" if document_id.startswith("\0") else document_id


def id_of(key: str) -> str:
    """Return the id that has a sort key."""
    if key.startswith("\0~"):
        return key[2:]
    return f"__id{int(key[1:]) - HALF}__" if key.startswith("\0") else key


def path_key(path: str) -> tuple[str, ...]:
    """Return what sorts paths segment by segment."""
    return tuple(id_key(segment) for segment in path.split("/")) if path else ()


def split_name(name: str) -> tuple[str, str]:
    """Split a resource name into its database and the path below `documents`.

    Raises:
        RequestError: If the name is none of a database's documents.
    """
    head, separator, path = name.partition("/documents")
    if not DATABASE.fullmatch(head) or not separator or (path and path[0] != "/"):
        raise invalid(f'Invalid resource name: "{name}".')
    return head, path[1:]


def document_path(database: str, name: str) -> str:
    """Return the path of a document's name.

    Args:
        database: The database it must be in.
        name: Its full resource name.

    Raises:
        RequestError: If it is no document of that database, or Firestore refuses the name.
    """
    head, path = split_name(name)
    if head != database:
        raise invalid(f'Document "{name}" is not in database "{database}".')
    segments = path.split("/")
    if not path or len(segments) % 2:
        raise invalid(f'Document name "{name}" lacks "/" at index {len(name)}.')
    for segment in segments:
        check_id(segment)
    if len(name.encode()) > LONGEST_NAME_BYTES:
        raise invalid(f"The name is longer than {LONGEST_NAME_BYTES} bytes.")
    return path


def check_id(segment: str) -> None:
    """Refuse what cannot be an id of a collection or document.

    Raises:
        RequestError: If it is empty, reserved or too long.
    """
    if not segment or segment in {".", ".."}:
        raise invalid(f'Resource id "{segment}" is invalid because it is empty or a dot.')
    if RESERVED_ID.fullmatch(segment) and not NUMERIC_ID.fullmatch(segment):
        raise invalid(f'Resource id "{segment}" is invalid because it is reserved.')
    if len(segment.encode()) > LONGEST_ID_BYTES:
        raise invalid(f"Resource id is longer than {LONGEST_ID_BYTES} bytes.")


def parent_of(path: str) -> str:
    """Return the path one level up: the collection of a document, the document of a collection."""
    return path.rpartition("/")[0]
