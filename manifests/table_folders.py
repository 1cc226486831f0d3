"""The folder of a table: its name, or as much of it as an object's name has room for. Pure.

A name of an object has at most 1,024 bytes (Cloud Storage, Object naming), a table's id alone as many
characters (BigQuery, Table naming).
"""

import hashlib
import re

from manifests.errors import UnsafeNameError

TABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\.[A-Za-z0-9_-]+")
FOLDER = re.compile(rf"{TABLE.pattern}|[A-Za-z_][A-Za-z0-9_.-]{{599}}~[0-9a-f]{{32}}")
_LONGEST_NAME, _LONGEST_FOLDER = 2049, 600


def table_folder(table: str) -> str:
    """Return the folder of `dataset.table`: a long name ends with a digest of the whole.

    Raises:
        UnsafeNameError: No table has that name.
    """
    if not TABLE.fullmatch(table) or len(table) > _LONGEST_NAME:
        raise UnsafeNameError("cannot be part of an object name", subject=table)
    if len(table) <= _LONGEST_FOLDER:
        return table
    return f"{table[:_LONGEST_FOLDER]}~{hashlib.sha256(table.encode()).hexdigest()[:32]}"
