"""Bytes that somebody made to fit a checksum."""

import google_crc32c

# The polynomial of CRC32C, from its highest power down: any message that has it added keeps its sum.
_POLYNOMIAL = f"{0x11EDC6F41:033b}"


def fitting(content: bytes) -> bytes:
    """Return other bytes with the size and the CRC32C of some that are five at least."""
    forged = bytearray(content)
    for place, bit in enumerate(_POLYNOMIAL):
        forged[place // 8] ^= int(bit) << (place % 8)
    assert bytes(forged) != content
    assert google_crc32c.value(bytes(forged)) == google_crc32c.value(content)
    return bytes(forged)
