"""Cloud KMS signs what it was given, with a key that nobody gets to see."""

import base64
import hashlib

import google_crc32c
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from tests.contract.platform.server import REGION, Server

DIGEST = hashlib.sha256("Dončić".encode()).digest()
ASKED = {
    "digest": {"sha256": base64.b64encode(DIGEST).decode()},
    "digestCrc32c": str(google_crc32c.value(DIGEST)),
}


@pytest.fixture
def version(server: Server, project: str) -> str:
    """Return the path of a version of a key that signs."""
    ring = f"cloudkms/v1/projects/{project}/locations/{REGION}/keyRings"
    server.answer("POST", ring, params={"keyRingId": "rebound"}, json={})
    key = {"purpose": "ASYMMETRIC_SIGN", "versionTemplate": {"algorithm": "EC_SIGN_P256_SHA256"}}
    server.answer("POST", f"{ring}/rebound/cryptoKeys", params={"cryptoKeyId": "k"}, json=key)
    return f"{ring}/rebound/cryptoKeys/k/cryptoKeyVersions/1"


def test_what_is_signed_fits_the_public_key(server: Server, version: str):
    """AsymmetricSign, getPublicKey: the signature is of this digest, and of no other."""
    signed = server.answer("POST", f"{version}:asymmetricSign", json=ASKED)
    signature = base64.b64decode(signed["signature"])
    assert signed["verifiedDigestCrc32c"] is True
    assert signed["signatureCrc32c"] == str(google_crc32c.value(signature))
    pem = server.answer("GET", f"{version}/publicKey")["pem"]
    public = load_pem_public_key(pem.encode())
    assert isinstance(public, ec.EllipticCurvePublicKey)
    public.verify(signature, DIGEST, ec.ECDSA(Prehashed(hashes.SHA256())))
    with pytest.raises(InvalidSignature):
        public.verify(signature, bytes(32), ec.ECDSA(Prehashed(hashes.SHA256())))


def test_a_digest_that_changed_on_its_way_is_not_signed(server: Server, version: str):
    """Cloud KMS, Verifying end-to-end data integrity."""
    changed = {**ASKED, "digestCrc32c": "1"}
    refused = server.refusal("POST", f"{version}:asymmetricSign", json=changed)
    assert refused == (400, "INVALID_ARGUMENT")


def test_a_key_is_rotated_by_a_version(server: Server, version: str):
    """CryptoKeyVersions.create: the old version signs on until it is disabled."""
    versions = version.rpartition("/")[0]
    assert server.answer("POST", versions, json={})["name"].endswith("/cryptoKeyVersions/2")
    mask = {"updateMask": "state"}
    server.answer("PATCH", version, params=mask, json={"state": "DISABLED"})
    refused = server.refusal("POST", f"{version}:asymmetricSign", json=ASKED)
    assert refused == (400, "FAILED_PRECONDITION")
    server.answer("POST", f"{versions}/2:asymmetricSign", json=ASKED)
