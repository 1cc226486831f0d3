"""Makes names of objects out of names of other things. Pure."""

import hashlib

_LONGEST_NAME_BYTES = 1024


def bounded(folder: str, name: str) -> str:
    """Return the name of an object in a folder, made of the name of something else.

    A name has at most 1,024 bytes with its folder (Cloud Storage, Object naming): a digest of the whole
    takes the place of the end of a longer one.
    """
    whole = f"{folder}{name}"
    if len(whole.encode()) <= _LONGEST_NAME_BYTES:
        return whole
    digest = hashlib.sha256(name.encode()).hexdigest()
    room = _LONGEST_NAME_BYTES - len(digest) - 1
    return f"{whole.encode()[:room].decode(errors='ignore')}~{digest}"
