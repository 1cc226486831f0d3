"""Signs what is written where there is a key, and tells of what is read whether it is believed."""

from pydantic import BaseModel

from manifests.errors import MisconfiguredError
from manifests.signing import NO_KEYS, Sign, Trust, TrustedKeys
from manifests.store.envelope import Opened, encode, opened, read


class Seal:
    """Signs documents, and tells which are from whom they should be.

    Args:
        trusted: The keys whose signatures are believed; with none, everything is.
        sign: Signs what is written; None leaves it unsigned.

    Attributes:
        is_signing: Whether what is written is signed.
    """

    def __init__(self, trusted: TrustedKeys = NO_KEYS, sign: Sign | None = None) -> None:
        self._trusted = trusted
        self._sign = sign
        self.is_signing = sign is not None

    def encode(self, document: BaseModel, *, subject: str) -> bytes:
        """Return a document in its envelope.

        Args:
            document: What is stored.
            subject: Its name, for errors.

        Raises:
            MisconfiguredError: Nobody would believe it: the key that signs is none that is trusted.
            CloudError: It could not be signed.
        """
        content = encode(document, sign=self._sign)
        if problem := self.trust(opened(content, subject=subject)).problem:
            raise MisconfiguredError(
                f"it would be {problem}",
                subject=subject,
                hint="REBOUND_TRUSTED_KEYS has to hold the public key of REBOUND_SIGNING_KEY",
            )
        return content

    def decode[Document: BaseModel](
        self, content: bytes, kind: type[Document], *, subject: str
    ) -> tuple[Document, Trust]:
        """Read a document out of its envelope, and tell whether it is believed.

        Raises:
            BackupDamagedError: It cannot be read.
        """
        envelope = opened(content, subject=subject)
        return read(envelope, kind, subject=subject), self.trust(envelope)

    def trust(self, envelope: Opened) -> Trust:
        """Return whether what is in an envelope is believed."""
        return self._trusted.trust(envelope.digest, envelope.signature)
