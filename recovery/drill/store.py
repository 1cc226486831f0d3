"""Where drills are written down: each record once, failed ones too."""

import hashlib
from collections.abc import Iterator

from manifests import drill_layout
from manifests.cloud.objects import Bucket
from manifests.errors import BackupDamagedError, RefusedError, UsageError
from manifests.store.envelope import decode, encode
from manifests.values import Value
from recovery.drill.model import DrillBegun, DrillFinding, DrillRecord, Kept, SignOff


class Drills:
    """The records of drills.

    Args:
        bucket: Where they are kept.
    """

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    def begin(self, begun: DrillBegun) -> None:
        """Write down what a drill is to show, before anything is made.

        Raises:
            RefusedError: Another drill has that id.
        """
        name, ours = drill_layout.begun_name(begun.drill_id), encode(begun)
        if self._bucket.put_once(name, ours) != ours:
            raise RefusedError("another drill has that id", subject=begun.drill_id)

    def end(self, record: DrillRecord) -> DrillRecord:
        """Write how a drill ended, once: an earlier word stays, and is returned."""
        name = drill_layout.record_name(record.begun.drill_id)
        return decode(self._bucket.put_once(name, encode(record)), DrillRecord, subject=name)

    def sign(self, signed: SignOff) -> SignOff:
        """Write that somebody agreed with a record, once: an earlier word stays, and is returned."""
        name = drill_layout.signed_name(signed.drill_id)
        return decode(self._bucket.put_once(name, encode(signed)), SignOff, subject=name)

    def find(self, finding: DrillFinding) -> None:
        """Write down what is to be mended after a drill."""
        content, number = encode(finding), 1
        while (
            self._bucket.put_once(drill_layout.finding_name(finding.drill_id, number), content)
            != content
        ):
            number += 1

    def ids(self) -> list[str]:
        """Return every drill there was, the oldest first."""
        folders = map(drill_layout.drill_of, self._bucket.list_folders(drill_layout.DRILLS_PREFIX))
        return sorted(filter(None, folders), key=lambda drill: drill.rsplit("-", 2)[1])

    def kept(self, drill: str) -> Kept:
        """Return everything that is kept of a drill; what cannot be read is not there.

        Raises:
            UsageError: There was no such drill.
        """
        if drill not in self.ids():
            raise UsageError(
                "no such drill", subject=drill, hint="`rebound drill --history` lists them"
            )
        return self._kept(drill)

    def all(self) -> Iterator[Kept]:
        """Yield what is kept of every drill, the oldest first."""
        return map(self._kept, self.ids())

    def _kept(self, drill: str) -> Kept:
        record_name = drill_layout.record_name(drill)
        stored = self._bucket.read(record_name) or b""
        record = self._read(record_name, DrillRecord)
        is_ours = record is not None and record.begun.drill_id == drill
        names = [
            item.name for item in self._bucket.list_objects(drill_layout.findings_prefix(drill))
        ]
        return Kept(
            drill_id=drill,
            begun=self._read(drill_layout.begun_name(drill), DrillBegun),
            record=record if is_ours else None,
            record_digest=hashlib.sha256(stored).hexdigest() if is_ours else "",
            signed=self._read(drill_layout.signed_name(drill), SignOff),
            findings=tuple(
                found for name in names if (found := self._read(name, DrillFinding)) is not None
            ),
        )

    def _read[Written: Value](self, name: str, kind: type[Written]) -> Written | None:
        content = self._bucket.read(name)
        try:
            return None if content is None else decode(content, kind, subject=name)
        except BackupDamagedError:
            return None
