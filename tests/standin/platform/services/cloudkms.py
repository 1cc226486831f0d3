"""Cloud KMS: keys that sign, and their versions. Private keys are kept where nobody can read them."""

import base64
import re

import google_crc32c
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from tests.standin.platform.bodies import Body
from tests.standin.platform.collection import Collection, Handler
from tests.standin.platform.crud import found, shown
from tests.standin.platform.errors import failed_precondition, invalid
from tests.standin.platform.service import Call
from tests.standin.platform.store import Resource

_ALGORITHM = "EC_SIGN_P256_SHA256"
_ID = re.compile(r"[a-zA-Z0-9_-]{1,63}")


def _key(call: Call, name: str, body: Body) -> Body:
    if body["purpose"] != "ASYMMETRIC_SIGN":
        raise invalid("The stand-in has only keys of the purpose ASYMMETRIC_SIGN.")
    algorithm = body.get("versionTemplate", {}).get("algorithm")
    if algorithm != _ALGORITHM:
        raise invalid(f"The stand-in signs with {_ALGORITHM} alone, not with {algorithm}.")
    call.store.put(_version(call, name, 1))
    return {**body, "createTime": call.service.now_text}


def _version(call: Call, key: str, number: int) -> Resource:
    private = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    body = {
        "state": "ENABLED",
        "algorithm": _ALGORITHM,
        "protectionLevel": "SOFTWARE",
        "createTime": call.service.now_text,
        "generateTime": call.service.now_text,
    }
    return Resource(
        VERSIONS.id, f"{key}/cryptoKeyVersions/{number}", body, {"pem": private.decode()}
    )


def add_version(call: Call) -> Body:
    """Add a version to a key, which is how an asymmetric key is rotated."""
    key = found(call, KEYS)
    number = 1 + sum(1 for _ in call.store.below(VERSIONS.id, f"{key.name}/cryptoKeyVersions/"))
    version = _version(call, key.name, number)
    call.store.put(version)
    return shown(call, VERSIONS, version)


def sign(call: Call) -> Body:
    """Sign a SHA-256 digest with a version that is enabled."""
    version = _enabled(call)
    digest = base64.b64decode(call.body.get("digest", {}).get("sha256", ""))
    if len(digest) != hashes.SHA256.digest_size:
        raise invalid("The digest has not the length of a SHA-256 digest.")
    checksum = call.body.get("digestCrc32c")
    if checksum is not None and int(checksum) != google_crc32c.value(digest):
        raise invalid("The checksum in field digest_crc32c did not match the data in field digest.")
    signature = _private(version).sign(digest, ec.ECDSA(Prehashed(hashes.SHA256())))
    return {
        "name": version.name,
        "signature": base64.b64encode(signature).decode(),
        "signatureCrc32c": str(google_crc32c.value(signature)),
        "verifiedDigestCrc32c": checksum is not None,
        "protectionLevel": version.body["protectionLevel"],
    }


def public_key(call: Call) -> Body:
    """Answer the public key of a version that is enabled."""
    version = _enabled(call)
    pem = (
        _private(version)
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    return {
        "name": version.name,
        "algorithm": _ALGORITHM,
        "pem": pem.decode(),
        "pemCrc32c": str(google_crc32c.value(pem)),
        "protectionLevel": version.body["protectionLevel"],
    }


def _enabled(call: Call) -> Resource:
    version = found(call, VERSIONS)
    if version.body["state"] != "ENABLED":
        raise failed_precondition(
            f"{version.name} is not enabled, current state is: {version.body['state']}."
        )
    return version


def _private(version: Resource) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(version.inner["pem"].encode(), password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key


RINGS = Collection(id="cloudkms.projects.locations.keyRings", ids=_ID)
KEYS = Collection(
    id="cloudkms.projects.locations.keyRings.cryptoKeys",
    ids=_ID,
    required=("purpose",),
    fixed=("purpose",),
    mask="needed",
    born=_key,
)
VERSIONS = Collection(
    id="cloudkms.projects.locations.keyRings.cryptoKeys.cryptoKeyVersions", mask="needed"
)
COLLECTIONS = (RINGS, KEYS, VERSIONS)
HANDLERS: dict[str, Handler] = {
    f"{VERSIONS.id}.create": add_version,
    f"{VERSIONS.id}.asymmetricSign": sign,
    f"{VERSIONS.id}.getPublicKey": public_key,
}
