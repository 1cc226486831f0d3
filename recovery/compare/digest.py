"""A digest of many values, by which a later look tells whether anything changed."""

import hashlib


class Digest:
    """Takes values one after another, and gives one digest of all of them."""

    def __init__(self) -> None:
        self._hash = hashlib.blake2b(digest_size=16)

    def add(self, *values: object) -> None:
        """Take some values in: texts, numbers and None."""
        self._hash.update(f"{values!r}\n".encode(errors="surrogatepass"))

    @property
    def text(self) -> str:
        """Return the digest of everything so far."""
        return self._hash.hexdigest()
