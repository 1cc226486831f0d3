"""Who wrote a document: signatures of its digest, and the public keys that are trusted. Pure.

A digest tells of accidents. A signature tells of an author: who can write the vault, and has not the
private key, cannot make a manifest that is believed. The private key never leaves Cloud KMS; what is
needed to check is a public key, so that a vault can be read by somebody without any access to it.
"""

import base64
import binascii
import hashlib
from collections.abc import Callable, Mapping
from typing import Literal

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from pydantic import Field

from manifests.values import Value

_DIGEST = "sha256:"
_END = "-----END PUBLIC KEY-----"
_MOST_KEYS = 20


class Signature(Value):
    """A signature of a digest.

    Attributes:
        key: The version of a key of Cloud KMS that made it, for a person to read: whether it is
            trusted follows from the signature alone.
        value: The signature, DER in base64.
    """

    key: str = Field(max_length=400)
    value: str = Field(max_length=1000)


type Author = Literal["run", "operator"]
"""Who writes what is signed: a run of a backup, or an operator's command."""

KEYS_OF: Mapping[Author, str] = {"run": "REBOUND_TRUSTED_KEYS", "operator": "REBOUND_OPERATOR_KEYS"}
"""Which setting holds the public keys that an author is believed by."""
KEY_OF: Mapping[Author, str] = {"run": "REBOUND_SIGNING_KEY", "operator": "REBOUND_OPERATOR_KEY"}
"""Which setting names the key that an author signs with."""
_WHERE: Mapping[Author, str] = {"run": "vault", "operator": "landing bucket"}

type Sign = Callable[[str], Signature]
"""Signs a digest, `sha256:` and 64 hexadecimal digits."""


class Trust(Value):
    """Whether a document is believed to be from whom it should be.

    Attributes:
        state: `trusted` and `untrusted` are about keys that are trusted; without any, a document is
            `unsigned`, or its signature is `unchecked`.
        key: The key that the signature names.
        author: Who should have written it.
    """

    state: Literal["trusted", "untrusted", "unsigned", "unchecked"]
    key: str = ""
    author: Author = "run"

    @property
    def is_signed(self) -> bool:
        """Whether a key that is trusted signed it."""
        return self.state == "trusted"

    @property
    def told(self) -> str:
        """Return what a person is told."""
        match self.state:
            case "trusted":
                return f"signed with {self.key}"
            case "untrusted" if self.key:
                return f"its signature is by no key that {KEYS_OF[self.author]} holds"
            case "untrusted":
                return "it is not signed"
            case "unchecked":
                return f"signed with {self.key}, NOT CHECKED: {KEYS_OF[self.author]} is not set"
            case _:
                return f"NOT SIGNED: who can write the {_WHERE[self.author]} could have written it"

    @property
    def doubt(self) -> str:
        """Return why it is not believed; empty where it is, or nobody said which keys are trusted."""
        return self.told if self.state == "untrusted" else ""

    @property
    def problem(self) -> str:
        """Return the same as what is wrong with the document."""
        return f"not trusted: {self.doubt}" if self.doubt else ""


def key_blocks(pem: str) -> frozenset[str]:
    """Return the keys of a text in PEM, each as its block."""
    blocks = (block.strip() for block in pem.split(_END))
    return frozenset(f"{block}\n{_END}\n" for block in blocks if block)


class TrustedKeys:
    """The public keys whose signatures are believed; without any, every document is believed.

    A key that is rotated out stays here for as long as there are runs that it signed.

    Args:
        pem: Keys of the algorithm EC_SIGN_P256_SHA256, one PEM block after the other.

    Raises:
        ValueError: A block is no such key.
    """

    def __init__(self, pem: str = "") -> None:
        blocks = key_blocks(pem)
        if len(blocks) > _MOST_KEYS:
            message = f"{len(blocks)} public keys; {_MOST_KEYS} at most"
            raise ValueError(message)
        self._keys = [_read(block) for block in blocks]

    def __bool__(self) -> bool:
        """Whether any key is trusted."""
        return bool(self._keys)

    def trust(self, digest: str, signature: Signature | None) -> Trust:
        """Return whether a signature of a digest is believed.

        Args:
            digest: That of the document as it was read.
            signature: What was found beside it; None for none.
        """
        key = signature.key if signature else ""
        if not self._keys:
            return Trust(state="unchecked" if signature else "unsigned", key=key)
        is_signed = signature is not None and any(
            _fits(item, digest, signature.value) for item in self._keys
        )
        return Trust(state="trusted" if is_signed else "untrusted", key=key)


NO_KEYS = TrustedKeys()


def placed(digest: str, name: str) -> str:
    """Return the digest of a document in its place, so that its signature is good nowhere else."""
    return _DIGEST + hashlib.sha256(f"{digest}\n{name}".encode()).hexdigest()


def digest_bytes(digest: str) -> bytes:
    """Return a digest's 32 bytes, which are what is signed."""
    return bytes.fromhex(digest.removeprefix(_DIGEST))


def _read(block: str) -> ec.EllipticCurvePublicKey:
    try:
        key = load_pem_public_key(block.encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        message = "no public key in PEM"
        raise ValueError(message) from error
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
        return key
    message = "a public key is not of the algorithm EC_SIGN_P256_SHA256"
    raise ValueError(message)


def _fits(key: ec.EllipticCurvePublicKey, digest: str, value: str) -> bool:
    try:
        signature = base64.b64decode(value, validate=True)
        key.verify(signature, digest_bytes(digest), ec.ECDSA(Prehashed(hashes.SHA256())))
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True
