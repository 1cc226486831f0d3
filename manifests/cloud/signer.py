"""Signs with a key that never leaves Cloud KMS."""

import base64

import google_crc32c

from manifests.cloud.rest import Rest
from manifests.cloud.retry import cloud_errors
from manifests.errors import CloudError, MisconfiguredError
from manifests.signing import KEY_OF, Author, Signature, digest_bytes

_HOST = "cloudkms.googleapis.com"


class KmsSigner:
    """Signs digests with one version of an asymmetric key.

    Args:
        rest: Calls Cloud KMS.
        key: `projects/*/locations/*/keyRings/*/cryptoKeys/*/cryptoKeyVersions/*`, of the algorithm
            EC_SIGN_P256_SHA256.
        author: Whose it is.
    """

    def __init__(self, rest: Rest, key: str, author: Author = "run") -> None:
        self._author: Author = author
        self._rest = rest
        self._key = key

    def __call__(self, digest: str) -> Signature:
        """Sign a digest.

        Both ways are guarded by checksums (Cloud KMS, Verifying end-to-end data integrity).

        Args:
            digest: `sha256:` and 64 hexadecimal digits.

        Raises:
            MisconfiguredError: Cloud KMS refused: the key is disabled, gone, or not to be used.
            CloudError: It could not be reached, or signed something else.
        """
        raw = digest_bytes(digest)
        body = {
            "digest": {"sha256": base64.b64encode(raw).decode()},
            "digestCrc32c": str(google_crc32c.value(raw)),
        }
        try:
            with cloud_errors(self._key, "cloudkms.cryptoKeyVersions.useToSign"):
                answer = self._rest.call("POST", _HOST, f"v1/{self._key}:asymmetricSign", body=body)
        except CloudError as error:
            if error.retryable:
                raise
            raise MisconfiguredError(
                f"what is written cannot be signed: {error.message}",
                subject=self._key,
                hint=error.hint
                or f"enable the key of {KEY_OF[self._author]}, or name another version",
            ) from error
        value = str(answer.get("signature", ""))
        checksum = str(google_crc32c.value(base64.b64decode(value)))
        is_whole = answer.get("verifiedDigestCrc32c") is True
        if not is_whole or answer.get("signatureCrc32c") != checksum:
            raise CloudError(
                "the signature was changed on its way, or is of something else",
                subject=self._key,
                hint="the same call signs again",
                retryable=True,
            )
        return Signature(key=str(answer.get("name") or self._key), value=value)
