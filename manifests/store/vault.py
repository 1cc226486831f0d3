"""The documents of all runs in one bucket."""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from manifests import layout
from manifests.errors import (
    BackupDamagedError,
    ManifestAlteredError,
    ManifestMissingError,
    ManifestUntrustedError,
    StrangeObjectError,
)
from manifests.kind import Backup, PartKind
from manifests.model.run import FailedAttempt, Manifest, Owner, Receipt, RunStart
from manifests.run_folders import FEW, RunFolders, run_folders
from manifests.selection import RunState, RunSummary
from manifests.signing import NO_KEYS, Sign, Trust, TrustedKeys
from manifests.store.consistency import check_manifest, check_place
from manifests.store.decoded import STRANGE_HINT, Started, decoded_start, judging, received
from manifests.store.envelope import OTHER_RUN_HINT, encode, opened, read
from manifests.store.marks import is_marked, marked
from manifests.store.object_store import ObjectStore
from manifests.store.seal import Seal
from manifests.store.unfinished import parts_done, unfinished
from manifests.values import RunId

_CLOCK_SKEW = timedelta(minutes=5)

log = structlog.get_logger()


class Vault:
    """The documents of all runs in one bucket.

    Args:
        bucket: The bucket.
        owner: Whose runs are chosen, continued and counted.
        clock: Gives the present instant: what claims to be later is no backup.
        trusted: Whose manifests, receipts and start records are believed.
        sign: Signs those that are written; None leaves them unsigned.

    Attributes:
        owner: As it was given.
        seal: Signs what is written, and tells what of it is believed.
    """

    def __init__(
        self,
        bucket: ObjectStore,
        owner: Owner,
        *,
        clock: Callable[[], datetime],
        trusted: TrustedKeys = NO_KEYS,
        sign: Sign | None = None,
    ) -> None:
        self._bucket = bucket
        self.owner = owner
        self._clock = clock
        self.seal = Seal(trusted, sign)
        self._read: dict[RunId, str] = {}
        self._trust: dict[RunId, Trust] = {}

    def start(self, start: RunStart) -> Started:
        """Write the run's first record, or return the one that an earlier attempt wrote.

        Raises:
            StrangeObjectError: Nobody we trust signed the one that is there.
            MisconfiguredError: The key that signs is none that is trusted.
            CloudError: It could not be signed.
        """
        name = layout.start_name(start.run_id)
        if (found := self.started(start.run_id)) is None:
            self._put_record(name, self.seal.encode(start, subject=name))
            found = self.started(start.run_id)
        if found is None:
            raise ManifestMissingError("its start record is gone", subject=name)
        if found.doubt:
            raise StrangeObjectError(found.doubt, subject=name, hint=STRANGE_HINT)
        return found

    def started(self, run_id: RunId) -> Started | None:
        """Return a run that was begun, or None where its start record is not there."""
        found = self._bucket.read_dated(layout.start_name(run_id))
        if found is None:
            return None
        start, trust = decoded_start(found.content, run_id, self.seal)
        return Started(start, found.generation, found.written_at, trust.problem)

    def borne_out(self, manifest: Manifest) -> Started | None:
        """Return how a run began, or None where its start record does not say what its manifest does.

        Who writes a manifest into the vault has to write the other records of its run as well.
        """
        try:
            found = self.started(manifest.run_id)
        except BackupDamagedError:
            return None
        return found if found is not None and _said(found.start) == _said(manifest) else None

    def part[B: Backup](self, run: Started, kind: PartKind[B], part: str) -> B | None:
        """Return a part of a run from its receipt, or None when the part is not done.

        Raises:
            BackupDamagedError: The receipt cannot be read, or is not of this run's start.
        """
        name = kind.receipt_name(run.run_id, part)
        content = self._bucket.read(name)
        return None if content is None else received(content, run, kind, name, seal=self.seal)

    def put_part[B: Backup](self, run: Started, kind: PartKind[B], part: B) -> B:
        """Write the receipt of a part once; an earlier one of this start stays, and its part counts."""
        name = kind.receipt_name(run.run_id, part.name)
        receipt = Receipt[kind.model](  # type: ignore[name-defined]  # a kind's own form
            run_id=run.run_id, kind=kind.name, start_generation=run.generation, part=part
        )
        there = self._bucket.put_once(name, self.seal.encode(receipt, subject=name))
        return received(there, run, kind, name, seal=self.seal)

    def attempts(self, run_id: RunId) -> int:
        """Count the attempts at a run that said why they failed."""
        return sum(1 for _ in self._bucket.list_dated(layout.attempts_prefix(run_id)))

    def record_failure(self, attempt: FailedAttempt, *, is_last: bool = False) -> None:
        """Write why an attempt ended without a manifest, and whether every other one would."""
        name = layout.attempt_name(attempt.run_id, attempt.attempted_at)
        self._bucket.put_once(
            layout.last_attempt_name(attempt.run_id) if is_last else name, encode(attempt)
        )

    def has_failed(self, run_id: RunId) -> bool:
        """Whether a run can never be complete."""
        return self._bucket.read(layout.last_attempt_name(run_id)) is not None

    def put_manifest(self, manifest: Manifest) -> Manifest:
        """Write the manifest once, after everything it lists; an earlier one stays.

        Raises:
            BackupDamagedError: The manifest contradicts itself, or somebody wrote another one.
            MisconfiguredError: The key that signs is none that is trusted.
            CloudError: It could not be signed.
        """
        check_manifest(manifest)
        run_id, name = manifest.run_id, layout.manifest_name(manifest.run_id)
        content = self._put_record(name, self.seal.encode(manifest, subject=name))
        written, trust = self._decoded(content, run_id)
        if trust.problem:
            raise ManifestUntrustedError(trust.problem, subject=run_id, hint=STRANGE_HINT)
        return written

    def _put_record(self, name: str, content: bytes) -> bytes:
        """Write what a run is found by once, and return what is there then; a listing tells whose it is."""
        mark = marked(name, content, self.seal) if self.seal.is_signing else None
        return self._bucket.put_once(name, content, mark)

    def manifest(self, run_id: RunId) -> Manifest:
        """Read a run's manifest: always the same one, so that what is done is what was shown.

        Raises:
            ManifestMissingError: There is none, so there is no backup.
            BackupDamagedError: It is truncated, altered, of an unknown format, contradicts itself,
                or is not what was read before; each has its own class.
        """
        content = self._bucket.read(layout.manifest_name(run_id))
        if content is None:
            raise ManifestMissingError(
                "the run has no manifest, so there is no backup",
                subject=run_id,
                hint=OTHER_RUN_HINT,
            )
        digest = hashlib.sha256(content).hexdigest()
        if self._read.setdefault(run_id, digest) != digest:
            raise ManifestAlteredError(
                "it is not what was read a moment ago", subject=run_id, hint=STRANGE_HINT
            )
        manifest, self._trust[run_id] = self._decoded(content, run_id)
        if manifest.finished_at > self._clock() + _CLOCK_SKEW:
            raise ManifestAlteredError(
                f"it claims to have ended in the future, {manifest.finished_at:%Y-%m-%dT%H:%MZ}",
                subject=run_id,
                hint=STRANGE_HINT,
            )
        return manifest

    def digest(self, run_id: RunId) -> str:
        """Return the SHA-256, in hexadecimal, of a manifest that was read."""
        return self._read[run_id]

    def trust(self, run_id: RunId) -> Trust:
        """Return whether a manifest that was read is believed to be from whom it should be."""
        return self._trust[run_id]

    def require_trusted(self, run_id: RunId) -> None:
        """Refuse a manifest that was read and is not believed.

        Raises:
            ManifestUntrustedError: Nobody whose key is trusted signed it.
        """
        if problem := self._trust[run_id].problem:
            raise ManifestUntrustedError(problem, subject=run_id, hint=STRANGE_HINT)

    def _decoded(self, content: bytes, run_id: RunId) -> tuple[Manifest, Trust]:
        with judging(run_id):
            name = layout.manifest_name(run_id)
            envelope = opened(content, subject=name)
            manifest = read(envelope, Manifest, subject=name)
            if manifest.run_id != run_id:
                raise ManifestAlteredError(f"it belongs to run {manifest.run_id}", subject=run_id)
            check_manifest(manifest)
            check_place(manifest, self.owner.place)
        return manifest, self.seal.trust(envelope, subject=name)

    def knows(self, run_id: RunId) -> bool:
        """Whether anything is stored of a run, whatever its state."""
        return any(True for _ in self._bucket.list_dated(layout.run_prefix(run_id)))

    def runs(self) -> tuple[RunSummary, ...]:
        """Return every run in the vault, whatever its state, in order of its id.

        Of more folders than are looked into, one row behind them stands for all.
        """
        folders = self.folders()
        return (*map(self.summary, folders.read), *folders.told())

    def run_ids(self) -> tuple[RunId, ...]:
        """Return the id of every run that is looked into, in order; nothing of the runs is read."""
        return self.folders().read

    def folders(self) -> RunFolders:
        """Return the folders of runs, and which of them are looked into; nothing of the runs is read."""
        found = map(layout.run_id_of, self._bucket.list_folders(layout.RUNS_PREFIX))
        folders = tuple(run_id for run_id in found if run_id is not None)
        if len(folders) <= FEW:
            return RunFolders(folders)
        records = self._bucket.list_dated(
            layout.RUNS_PREFIX, glob=layout.RECORDS_GLOB, marked=self.seal.is_checking
        )
        sorted_ones = run_folders(folders, records, lambda it: is_marked(it, self.seal))
        if sorted_ones.strays or sorted_ones.unread:
            log.warning(
                "folders of runs are not looked into: there are too many",
                without_manifest=len(sorted_ones.strays),
                with_manifest=len(sorted_ones.unread),
            )
        return sorted_ones

    def begun_in_place_of(self, run_id: RunId, *, since: datetime) -> list[RunId]:
        """Return the runs with another number that were begun since an instant, the first one first.

        Args:
            run_id: The run that has none.
            since: The instant, on Cloud Storage's clock.
        """
        glob = layout.replacing_starts(run_id)
        starts = self._bucket.list_dated(glob.partition("*")[0], glob=glob)
        begun = {layout.run_id_of(item.name): item for item in starts if item.written_at >= since}
        of_it = {it: found for it, found in begun.items() if it and layout.replaces(it, run_id)}
        return sorted(of_it, key=lambda it: (of_it[it].written_at, it))

    def summary(self, run_id: RunId) -> RunSummary:
        """Return one run, whatever its state."""
        try:
            manifest = self.manifest(run_id)
        except ManifestMissingError:
            return unfinished(self._bucket, run_id, self.seal)
        except BackupDamagedError as error:
            return RunSummary(run_id=run_id, state="damaged", reason=error.message)
        untrusted = self._trust[run_id].doubt
        foreign = self.foreign(manifest.platform, manifest.project)
        state: RunState = "untrusted" if untrusted else "foreign" if foreign else "complete"
        return RunSummary(
            run_id=run_id,
            state=state,
            reason=untrusted or foreign or manifest.lacks,
            recovery_point=manifest.recovery_point,
            parts=sum(1 for _ in manifest.every_part),
            size_bytes=manifest.size_bytes,
        )

    def foreign(self, platform: str, project: str) -> str:
        """Return whose run it is, when it is another platform's; empty when it is ours."""
        if (platform, project) == (self.owner.platform, self.owner.project):
            return ""
        return f"it is a run of the platform {platform} in the project {project}"

    def done(self, run_id: RunId) -> tuple[str, ...]:
        """Return the parts of a run that have a receipt, `tables/nba.games`, in order."""
        return parts_done(self._bucket, run_id)


def _said(document: Manifest | RunStart) -> tuple[object, ...]:
    return document.platform, document.recovery_point, document.started_at
