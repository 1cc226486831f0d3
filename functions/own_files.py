"""The files that a run writes into the vault. After an interruption it takes over its own, and no others.

The metadata of each file names the run that wrote it, with a signature where there is a key. A file
without that is somebody else's: it is neither used nor replaced.
"""

import hashlib
from collections.abc import Mapping
from typing import NamedTuple

import google_crc32c

from manifests.cloud.checksums import crc32c_text
from manifests.cloud.objects import Bucket
from manifests.errors import BackupDamagedError, CloudError, StrangeObjectError
from manifests.json_text import MOST_BYTES
from manifests.model.run import FileMark
from manifests.store.decoded import STRANGE_HINT, Started
from manifests.store.marks import marked, said_in
from manifests.store.seal import Seal
from manifests.values import ObjectInfo


class OwnFile(NamedTuple):
    """A file of the run.

    Attributes:
        info: What Cloud Storage says of it.
        content: Its content.
    """

    info: ObjectInfo
    content: bytes


class OwnFiles:
    """The files of one run. Safe to share between threads.

    Args:
        vault: The bucket with the backups.
        run: The run.
        seal: Signs what is written, and tells what is believed.
    """

    def __init__(self, vault: Bucket, run: Started, seal: Seal) -> None:
        self._vault = vault
        self._run = run
        self._seal = seal

    def put_once(
        self, name: str, content: bytes, *, content_type: str = "application/json"
    ) -> OwnFile:
        """Write a file where nothing is, and return what is there then: this, or an earlier attempt's.

        Raises:
            StrangeObjectError: This run did not write what is there.
            CloudError: It cannot be written, or was gone at once.
        """
        said = marked(name, content, self._seal, start_generation=self._run.generation)
        generation = self._vault.put_if(
            name, content, generation=0, content_type=content_type, metadata=said
        )
        if generation is not None:
            return OwnFile(_info(name, content, generation), content)
        # A refusal can mean that an earlier try of this very call succeeded, its answer lost.
        found = self.read(name, most_bytes=max(len(content), MOST_BYTES))
        if found is None:
            raise CloudError("it vanished while it was read back", subject=name, retryable=True)
        return found

    def read(self, name: str, *, most_bytes: int = MOST_BYTES) -> OwnFile | None:
        """Return a file of the run, or None where there is none.

        Args:
            name: The file.
            most_bytes: No file of the run is larger.

        Raises:
            StrangeObjectError: This run did not write it.
        """
        info = self._vault.info(name)
        if info is None:
            return None
        if info.size_bytes > most_bytes:
            raise _strange(name, f"it has {info.size_bytes:,} bytes")
        content = b"".join(self._vault.chunks(info))
        if reason := self._doubt(name, content, self._vault.metadata(info)):
            raise _strange(name, reason)
        return OwnFile(info, content)

    def _doubt(self, name: str, content: bytes, metadata: Mapping[str, str]) -> str:
        """Return why a file is not one of this run's; empty where it is."""
        said = said_in(metadata)
        if not said:
            return "it does not say which run wrote it: somebody else did, or an older version"
        try:
            mark, trust = self._seal.decode(said.encode(), FileMark, subject=name)
        except (BackupDamagedError, UnicodeEncodeError) as error:
            return f"what it says of itself cannot be read: {error}"
        is_ours = mark == self._mark(name, content)
        return trust.problem if is_ours else "it is not what this run wrote there"

    def _mark(self, name: str, content: bytes) -> FileMark:
        return FileMark(
            name=name,
            start_generation=self._run.generation,
            sha256=hashlib.sha256(content).hexdigest(),
        )


def _strange(name: str, reason: str) -> StrangeObjectError:
    return StrangeObjectError(reason, subject=name, hint=STRANGE_HINT)


def _info(name: str, content: bytes, generation: int) -> ObjectInfo:
    return ObjectInfo(
        name=name,
        size_bytes=len(content),
        crc32c=crc32c_text(google_crc32c.Checksum(content)),
        generation=generation,
    )
