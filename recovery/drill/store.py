"""Where drills are written down: each record once, failed ones too."""

from collections.abc import Iterator
from datetime import datetime
from itertools import count

import structlog

from manifests import drill_layout
from manifests.cloud.kept import KeptRecords
from manifests.crowd import DAY, some_of_each
from manifests.errors import (
    RefusedError,
    StrangeObjectError,
    UsageError,
)
from manifests.store.bounded import Records, read, readable
from manifests.store.decoded import STRANGE_HINT
from manifests.store.seal import Seal
from recovery.drill.model import (
    DrillBegun,
    DrillCleaned,
    DrillFinding,
    DrillRecord,
    FindingClosed,
    Kept,
    SignOff,
)
from recovery.kinds.work import Tools

log = structlog.get_logger()

# Far more than the names of all parts of a platform.
_MOST_BYTES = 4 * 1024 * 1024
_MOST_DRILLS = 200


class Drills:
    """The records of drills.

    Args:
        bucket: Where they are kept.
        seal: Signs what is written of a drill, and tells what is believed.
    """

    def __init__(self, bucket: KeptRecords, seal: Seal) -> None:
        self._bucket = bucket
        self._seal = seal

    def begin(self, begun: DrillBegun) -> None:
        """Write down what a drill is to show, before anything is made.

        Raises:
            RefusedError: Another drill has that id.
            CloudError: It could not be signed.
        """
        name = drill_layout.begun_name(begun.drill_id)
        ours = self._seal.encode(begun, subject=name)
        if self._bucket.put_once(name, ours) != ours:
            raise RefusedError("another drill has that id", subject=begun.drill_id)

    def end(self, record: DrillRecord) -> DrillRecord:
        """Write how a drill ended, once, and return the record.

        One that cannot be signed is written all the same, and is told to be unsigned ever after.

        Raises:
            StrangeObjectError: A record that this drill did not write lies there.
        """
        name = drill_layout.record_name(record.begun.drill_id)
        content = self._seal.encode_anyway(record, subject=name)
        if self._bucket.put_once(name, content) != content:
            raise StrangeObjectError(
                "the record of this drill was there before it ended",
                subject=name,
                hint=STRANGE_HINT,
            )
        return record

    def sign(self, signed: SignOff) -> SignOff:
        """Write that somebody agreed with a record, once: an earlier one stays, and is returned."""
        name = drill_layout.signed_name(signed.drill_id)
        written = self._bucket.put_once(name, self._seal.encode(signed, subject=name))
        return self._seal.believed(written, SignOff, subject=name)

    def clean(self, cleaned: DrillCleaned) -> None:
        """Write that what a drill left was removed, once."""
        name = drill_layout.cleaned_name(cleaned.drill_id)
        self._bucket.put_once(name, self._seal.encode(cleaned, subject=name))

    def is_cleaned(self, drill: str) -> bool:
        """Whether it is written down, and believed, that what a drill left was removed."""
        found = read(self._believed.one(drill_layout.cleaned_name(drill), DrillCleaned))
        return found is not None and found.drill_id == drill

    def find(self, finding: DrillFinding) -> DrillFinding:
        """Write down what is to be mended after a drill; return it with its number."""
        folder = drill_layout.findings_prefix(finding.drill_id)
        there = sum(1 for _ in self._bucket.list_dated(folder))
        for number in count(there + 1):
            name = drill_layout.finding_name(finding.drill_id, number)
            numbered = finding.model_copy(update={"number": number})
            content = self._seal.encode(numbered, subject=name)
            if self._bucket.put_once(name, content) == content:
                return numbered
        raise AssertionError

    def close(self, closed: FindingClosed) -> FindingClosed:
        """Write that a finding was mended, once: an earlier record stays, and is returned."""
        name = drill_layout.closed_name(closed.drill_id, closed.number)
        written = self._bucket.put_once(name, self._seal.encode(closed, subject=name))
        return self._seal.believed(written, FindingClosed, subject=name)

    def begun_at(self, drill: str) -> datetime | None:
        """Return when it was written down that a drill begins, on Cloud Storage's clock; None where it is not."""
        found = self._bucket.read_dated(drill_layout.begun_name(drill))
        return None if found is None else found.written_at

    def ids(self) -> list[str]:
        """Return every drill there was, the oldest first; of too many some of each day."""
        written: dict[str, datetime] = {}
        for item in self._bucket.list_dated(drill_layout.DRILLS_PREFIX):
            folder = item.name[: item.name.find("/", len(drill_layout.DRILLS_PREFIX)) + 1]
            if drill := drill_layout.drill_of(folder):
                written[drill] = min(item.written_at, written.get(drill, item.written_at))
        found = some_of_each(written, _MOST_DRILLS, DAY)
        if left := len(written) - len(found):
            log.warning("drills are not looked at: there are too many", drills=left)
        return sorted(found, key=lambda drill: drill.rsplit("-", 2)[1])

    def kept(self, drill: str) -> Kept:
        """Return everything that is kept of a drill; what cannot be read is logged and left out.

        Who wrote the record of how it ended is told with it; all else counts only where it is believed.

        Raises:
            UsageError: There was no such drill.
        """
        folder = f"{drill_layout.DRILLS_PREFIX}{drill}/"
        if not (drill_layout.drill_of(folder) and any(self._bucket.list_dated(folder))):
            raise UsageError(
                "no such drill", subject=drill, hint="`rebound drill --history` lists them"
            )
        return self._kept(drill, self._told, self._believed)

    def all(self) -> list[Kept]:
        """Return what is kept of every drill, the oldest first; of too much what is newest."""
        told, believed = self._told, self._believed
        return [self._kept(drill, told, believed) for drill in reversed(self.ids())][::-1]

    @property
    def _told(self) -> Records:
        return Records(self._bucket, most_bytes=_MOST_BYTES, seal=self._seal)

    @property
    def _believed(self) -> Records:
        return Records(self._bucket, most_bytes=_MOST_BYTES, seal=self._seal, only_believed=True)

    def _kept(self, drill: str, told: Records, believed: Records) -> Kept:
        # What somebody else wrote is told as well, and takes no room of what is believed.
        name = drill_layout.record_name(drill)
        stored = believed.one(name, DrillRecord)
        if stored is not None and stored.record is None:
            stored = told.one(name, DrillRecord)
        record = read(stored)
        is_ours = record is not None and record.begun.drill_id == drill
        return Kept(
            drill_id=drill,
            begun=read(believed.one(drill_layout.begun_name(drill), DrillBegun)),
            record=record if is_ours else None,
            record_digest=stored.sha256 if stored is not None and is_ours else "",
            trust=stored.trust if stored is not None and is_ours else None,
            signed=read(believed.one(drill_layout.signed_name(drill), SignOff)),
            findings=tuple(_findings(believed, drill)),
            closed=tuple(
                readable(believed.below(drill_layout.closed_prefix(drill), FindingClosed))
            ),
        )


def _findings(believed: Records, drill: str) -> Iterator[DrillFinding]:
    """Yield what is to be mended, each with the number of its name: older records say none."""
    number = drill_layout.finding_number
    folder = drill_layout.findings_prefix(drill)
    for item in believed.below(folder, DrillFinding, age=number):
        if (finding := read(item)) is not None:
            yield finding.model_copy(update={"number": number(item.name)})


def drills_of(tools: Tools) -> Drills:
    """Return the records of drills, signed and believed as an operator's settings say."""
    records = KeptRecords(tools.vault, tools.landing, tools.settings.project)
    return Drills(records, tools.seal)
