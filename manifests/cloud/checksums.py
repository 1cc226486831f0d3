"""Checksums as Cloud Storage reports them."""

import base64

import google_crc32c


def crc32c_text(checksum: google_crc32c.Checksum) -> str:
    """Return a checksum in base64, big-endian."""
    return base64.b64encode(checksum.digest()).decode()
