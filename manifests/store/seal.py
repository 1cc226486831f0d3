"""Signs what is written where there is a key, and tells of what is read whether it is believed."""

import structlog
from pydantic import BaseModel

from manifests.errors import CloudError, ManifestUntrustedError, MisconfiguredError
from manifests.signing import KEY_OF, KEYS_OF, NO_KEYS, Author, Sign, Trust, TrustedKeys, placed
from manifests.store.envelope import Opened, encode, opened, read

log = structlog.get_logger()


class Seal:
    """Signs documents, and tells which of them are believed to be from whom they should be.

    What an operator's command writes is signed together with its name: nobody can put it elsewhere.

    Args:
        trusted: The keys whose signatures are believed; with none, everything is.
        sign: Signs what is written; None leaves it unsigned.
        author: Who writes.

    Attributes:
        is_signing: Whether what is written is signed.
        is_checking: Whether only what is signed is believed.
    """

    def __init__(
        self, trusted: TrustedKeys = NO_KEYS, sign: Sign | None = None, author: Author = "run"
    ) -> None:
        self._trusted = trusted
        self._sign = sign
        self._author: Author = author
        self.is_signing = sign is not None
        self.is_checking = bool(trusted)

    def encode(self, document: BaseModel, *, subject: str) -> bytes:
        """Return a document in its envelope.

        Args:
            document: What is stored.
            subject: Its name.

        Raises:
            MisconfiguredError: Nobody would believe it: the key that signs is none that is trusted.
            CloudError: It could not be signed.
        """
        sign = None if self._sign is None else self._signing(self._sign, subject)
        content = encode(document, sign=sign)
        if problem := self.trust(opened(content, subject=subject), subject=subject).problem:
            raise MisconfiguredError(
                f"it would be {problem}",
                subject=subject,
                hint=f"{KEYS_OF[self._author]} has to hold the public key of {KEY_OF[self._author]}",
            )
        return content

    def encode_anyway(self, document: BaseModel, *, subject: str) -> bytes:
        """Return a document in its envelope, unsigned where it cannot be signed, which is logged.

        So what has happened is written down; who checks signatures does not believe it.
        """
        try:
            return self.encode(document, subject=subject)
        except (CloudError, MisconfiguredError) as error:
            log.warning("what is written is not signed", name=subject, reason=str(error))
            return encode(document)

    def decode[Document: BaseModel](
        self, content: bytes, kind: type[Document], *, subject: str
    ) -> tuple[Document, Trust]:
        """Read a document out of its envelope, and tell whether it is believed.

        Raises:
            BackupDamagedError: It cannot be read.
        """
        envelope = opened(content, subject=subject)
        return read(envelope, kind, subject=subject), self.trust(envelope, subject=subject)

    def believed[Document: BaseModel](
        self, content: bytes, kind: type[Document], *, subject: str
    ) -> Document:
        """Read a document out of its envelope, if it is from whom it should be.

        Raises:
            ManifestUntrustedError: Nobody whose key is trusted signed it, for this name.
            BackupDamagedError: It cannot be read.
        """
        document, trust = self.decode(content, kind, subject=subject)
        self.require(trust, subject=subject)
        return document

    def require(self, trust: Trust, *, subject: str) -> None:
        """Refuse what is not believed.

        Raises:
            ManifestUntrustedError: Nobody whose key is trusted signed it, for this name.
        """
        if trust.problem:
            raise ManifestUntrustedError(
                trust.problem,
                subject=subject,
                hint=f"find out who wrote it; without {KEYS_OF[self._author]} everything is believed",
            )

    def trust(self, envelope: Opened, *, subject: str) -> Trust:
        """Return whether what is in an envelope is believed.

        Args:
            envelope: What was read.
            subject: Its name.
        """
        found = self._trusted.trust(self._signed(envelope.digest, subject), envelope.signature)
        return found.model_copy(update={"author": self._author})

    def _signing(self, sign: Sign, name: str) -> Sign:
        return lambda digest: sign(self._signed(digest, name))

    def _signed(self, digest: str, name: str) -> str:
        return placed(digest, name) if self._author == "operator" else digest
