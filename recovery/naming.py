"""Makes names of objects out of names of other things. Pure."""

import hashlib

_LONGEST_NAME_BYTES = 1024


def bounded(folder: str, name: str) -> str:
    """Return the name of an object in a folder, made of the name of something else.

    A name has at most 1,024 bytes (Cloud Storage, Object naming): of one that would be too long
    with the folder before it the end gives way to a digest of the whole.
    """
    whole = f"{folder}{name}"
    if len(whole.encode()) <= _LONGEST_NAME_BYTES:
        return whole
    digest = hashlib.sha256(name.encode()).hexdigest()
    room = _LONGEST_NAME_BYTES - len(digest) - 1
    return f"{whole.encode()[:room].decode(errors='ignore')}~{digest}"
