"""The hash of a document, which stored fingerprints are made of."""

import hashlib

from manifests.documents import DocumentRecord, tallied


def test_hash_is_that_of_the_format():
    """A stored fingerprint means the same to every later version."""
    content = hashlib.blake2b(b"\0\0\0\x03c/a" + b"fields", digest_size=8).digest()
    value = int.from_bytes(content)
    assert value == 0x90CF7AD76CB1F537
    found = tallied([DocumentRecord("c/a", b"fields", 1, 2)]).fingerprint()
    assert (found.xor, found.low_sum, found.high_sum) == (value, value & 0xFFFFFFFF, value >> 32)


def test_path_and_fields_do_not_run_together():
    """Bytes that move from the path to the fields make another document."""
    left, right = DocumentRecord("c/ab", b"c", 1, 1), DocumentRecord("c/a", b"bc", 1, 1)
    assert tallied([left]).fingerprint() != tallied([right]).fingerprint()
