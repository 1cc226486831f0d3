"""The documents of all runs in one bucket."""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypedDict

from manifests import layout
from manifests.errors import (
    BackupDamagedError,
    ManifestAlteredError,
    ManifestMissingError,
    ManifestUntrustedError,
    StrangeObjectError,
)
from manifests.kind import Backup, PartKind
from manifests.model.run import FailedAttempt, Manifest, Owner, PartFailure, Receipt, RunStart
from manifests.selection import RunState, RunSummary
from manifests.signing import NO_KEYS, Sign, Trust, TrustedKeys
from manifests.store.consistency import check_manifest
from manifests.store.decoded import STRANGE_HINT, Started, decoded_start, judging, received
from manifests.store.envelope import OTHER_RUN_HINT, decode, encode, opened, read
from manifests.store.object_store import ObjectStore
from manifests.store.seal import Seal
from manifests.values import RunId

_CLOCK_SKEW = timedelta(minutes=5)


class _Failure(TypedDict, total=False):
    reason: str
    failures: tuple[PartFailure, ...]


class Vault:
    """The documents of all runs in one bucket.

    Args:
        bucket: The bucket.
        owner: Whose runs are chosen, continued and counted.
        clock: Gives the present instant: what claims to be later is no backup.
        trusted: Whose manifests, receipts and start records are believed.
        sign: Signs those that are written; None leaves them unsigned.

    Attributes:
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
        self._owner = owner
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
            self._bucket.put_once(name, self.seal.encode(start, subject=name))
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
        return sum(1 for _ in self._bucket.list_objects(layout.attempts_prefix(run_id)))

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
        content = self._bucket.put_once(name, self.seal.encode(manifest, subject=name))
        written, trust = self._decoded(content, run_id)
        if trust.problem:
            raise ManifestUntrustedError(trust.problem, subject=run_id, hint=STRANGE_HINT)
        return written

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
        return manifest, self.seal.trust(envelope, subject=name)

    def knows(self, run_id: RunId) -> bool:
        """Whether anything is stored of a run, whatever its state."""
        return any(True for _ in self._bucket.list_objects(layout.run_prefix(run_id)))

    def runs(self) -> tuple[RunSummary, ...]:
        """Return every run in the vault, whatever its state, in order of its id."""
        return tuple(map(self.summary, self.run_ids()))

    def run_ids(self) -> tuple[RunId, ...]:
        """Return the id of every run in the vault, in order; nothing of the runs is read."""
        found = map(layout.run_id_of, self._bucket.list_folders(layout.RUNS_PREFIX))
        return tuple(run_id for run_id in found if run_id is not None)

    def summary(self, run_id: RunId) -> RunSummary:
        """Return one run, whatever its state."""
        try:
            manifest = self.manifest(run_id)
        except ManifestMissingError:
            return self._unfinished(run_id)
        except BackupDamagedError as error:
            return RunSummary(run_id=run_id, state="damaged", reason=error.message)
        untrusted = self._trust[run_id].doubt
        foreign = self.foreign(manifest.platform, manifest.project)
        state: RunState = "untrusted" if untrusted else "foreign" if foreign else "complete"
        return RunSummary(
            run_id=run_id,
            state=state,
            reason=untrusted or foreign or _lacks(manifest),
            recovery_point=manifest.recovery_point,
            parts=sum(1 for _ in manifest.every_part),
            size_bytes=manifest.size_bytes,
        )

    def foreign(self, platform: str, project: str) -> str:
        """Return whose run it is, when it is another platform's; empty when it is ours."""
        if (platform, project) == (self._owner.platform, self._owner.project):
            return ""
        return f"it is a run of the platform {platform} in the project {project}"

    def _unfinished(self, run_id: RunId) -> RunSummary:
        content = self._bucket.read(layout.start_name(run_id))
        if content is None:
            return RunSummary(run_id=run_id, state="partial", reason="no manifest, no start record")
        try:
            start, _ = decoded_start(content, run_id, self.seal)
        except BackupDamagedError as error:
            return RunSummary(run_id=run_id, state="damaged", reason=error.message)
        return RunSummary(
            run_id=run_id,
            state="partial",
            recovery_point=start.recovery_point,
            base_run_id=start.base_run_id,
            parts=len(self.done(run_id)),
            **self._failure(run_id),
        )

    def done(self, run_id: RunId) -> tuple[str, ...]:
        """Return the parts of a run that have a receipt, `tables/nba.games`, in order."""
        folder = layout.receipts_prefix(run_id)
        names = (item.name for item in self._bucket.list_objects(folder))
        return tuple(name.removeprefix(folder).removesuffix(".json") for name in names)

    def _failure(self, run_id: RunId) -> _Failure:
        """Return why the last attempt of a run failed."""
        found = self._bucket.list_objects(layout.attempts_prefix(run_id))
        attempts = [item.name for item in found]
        content = self._bucket.read(attempts[-1]) if attempts else None
        if content is None:
            return {"reason": "no manifest: interrupted or still running"}
        try:
            with judging(attempts[-1]):
                failures = decode(content, FailedAttempt, subject=attempts[-1]).failures
        except BackupDamagedError:
            # A record of a failure that cannot be read must not hide its run.
            return {"reason": "no manifest: the record of the last attempt cannot be read"}
        names = ", ".join(item.part for item in failures)
        return {"reason": f"no manifest: not backed up: {names}", "failures": failures}


def _said(document: Manifest | RunStart) -> tuple[object, ...]:
    return document.platform, document.recovery_point, document.started_at


def _lacks(manifest: Manifest) -> str:
    parts = ", ".join(item.part for item in manifest.lacking)
    return f"lacks {parts}" if parts else ""
