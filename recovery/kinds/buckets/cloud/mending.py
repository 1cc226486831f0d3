"""Brings one object back, on the condition that nothing happened to it since it was looked at."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from google.api_core.exceptions import (
    BadRequest,
    Forbidden,
    NotFound,
    PreconditionFailed,
)

from manifests.cloud.batch import ApiCall
from manifests.cloud.protection import concerns_all, protects
from manifests.cloud.retry import asked_twice, is_transient
from manifests.cloud.versions import VersionedBucket
from manifests.kinds.buckets.model import ObjectRecord, ObjectSettings, ObjectVersion
from manifests.values import Resource
from manifests.versions import same_content, settings_patch, settings_resource
from recovery.kinds.buckets.cloud.allowed import Allowed
from recovery.kinds.buckets.cloud.copies import StoredCopies
from recovery.kinds.buckets.cloud.keeping import Keeping
from recovery.kinds.buckets.rules.objects import (
    SAME_CONTENT,
    ObjectSource,
    ObjectStep,
    Source,
)
from recovery.kinds.buckets.rules.outcomes import LeftReason
from recovery.kinds.former import AsideObject
from recovery.ramp import Ramp


class Mended(NamedTuple):
    """What became of one object.

    Attributes:
        source: Where it came from; None when it was moved aside or left.
        left: Why it was left as it is; None when it was not.
        refusal: What Google Cloud answered, when it refused this one object.
    """

    step: ObjectStep
    source: Source | None = None
    left: LeftReason | None = None
    refusal: str = ""


class Mender:
    """Mends objects of one bucket. Safe to share between threads.

    Args:
        target: The bucket.
        stored: Where in the vault contents are.
        allowed: What may be done.
        ramp: Limits how many objects are written a second.
        kept: Keeps what objects are before they are changed.
    """

    def __init__(
        self,
        target: VersionedBucket,
        *,
        stored: StoredCopies,
        allowed: Allowed,
        ramp: Ramp,
        kept: Keeping,
    ) -> None:
        self._target = target
        self._stored = stored
        self._allowed = allowed
        self._ramp = ramp
        self._kept = kept

    @property
    def begun_at(self) -> datetime:
        """Return when the recovery began."""
        return self._allowed.begun_at

    def mend_all(self, steps: Sequence[ObjectStep]) -> list[Mended]:
        """Carry out steps: those of one write each in one request, the others one by one.

        Raises:
            google.api_core.exceptions.GoogleAPICallError: A call failed, and not because of one object.
        """
        self._ramp.take(len(steps))
        said = [
            step.live
            for step in steps
            if step.live and step.source in SAME_CONTENT and self.obstacle(step) is None
        ]
        if said:
            self._kept.said(said)
        refused = self._put_aside(steps)
        calls = [self._single_write(step) for step in steps]
        written = iter(self._target.at_once([call for call in calls if call is not None]))
        return [
            refused.get(step.name) or self._finished(step, None if call is None else next(written))
            for step, call in zip(steps, calls, strict=True)
        ]

    def _mend(self, step: ObjectStep) -> Mended:
        """Do what a step says, or say why not."""
        if (obstacle := self.obstacle(step)) is not None:
            return Mended(step, left=obstacle)
        return self._guarded(step, lambda: self._mended(step))

    def _mended(self, step: ObjectStep) -> Mended:
        if step.damage == "extra" and step.live is not None:
            self._target.delete(step.live)
        return Mended(step) if step.expected is None else self._restored(step, step.expected)

    def _goes_aside(self, step: ObjectStep) -> bool:
        return step.damage == "extra" or (step.replaces and not self._allowed.keeps_replaced)

    def _guarded(self, step: ObjectStep, work: Callable[[], Mended]) -> Mended:
        """Do something to an object, and say what became of it when that was refused."""
        try:
            return work()
        except (PreconditionFailed, NotFound):
            return self._after_race(step)
        except (BadRequest, Forbidden) as error:
            if isinstance(error, Forbidden) and protects(error):
                return Mended(step, left="protected")
            if is_transient(error) or concerns_all(error):
                raise
            return Mended(step, left="refused", refusal=f"{error.code}: {error.message}")

    def _single_write(self, step: ObjectStep) -> ApiCall | None:
        """Return the write of a step that needs one copy and nothing else first, or None."""
        expected = step.expected
        if expected is None or self.obstacle(step) is not None or self._goes_aside(step):
            return None
        origin, version = step.origins[0], step.origins[0].version
        name, over = step.name, step.live.generation if step.live is not None else 0
        if origin.source == "vault":
            if self._stored.is_damaged(expected):
                return None
            source = self._stored.named(expected)
        elif version is None or origin.source == "metadata":
            return None
        elif origin.source == "soft-deleted":
            return self._target.restoring(name, version.generation, over=over)
        else:
            source = (self._target.name, name, version.generation)
        return self._target.rewriting(
            name,
            source,
            settings=self._settings(expected),
            over=over,
            key=expected.version.settings.kms_key,
        )

    def _finished(self, step: ObjectStep, written: ObjectVersion | None) -> Mended:
        """Finish what was written at once with others; do it singly when nothing is known of it."""
        expected = step.expected
        if written is None or expected is None:
            return self._mend(step)

        def settled() -> Mended:
            self._settle(written, expected)
            return Mended(step, source=step.source)

        return self._guarded(step, settled)

    def obstacle(self, step: ObjectStep) -> LeftReason | None:
        """Return why an object has to be left alone, or None."""
        if step.damage == "extra" and not self._allowed.exact:
            return "extra"
        if step.live is not None and self._was_touched(step.live, step.expected, step):
            return "changed"
        if self._allowed.only_missing and self._was_there(step):
            return "not missing"
        if step.damage != "extra" and not step.origins:
            return "no source"
        is_refused = step.replaces and not self._allowed.may_replace
        return "not allowed" if is_refused else None

    def _was_there(self, step: ObjectStep) -> bool:
        """Whether an object was there before the recovery; what an earlier try wrote has to be finished."""
        live = step.live
        return step.is_there and live is not None and live.created_at <= self._allowed.begun_at

    def _was_touched(
        self, live: ObjectVersion, expected: ObjectRecord | None, step: ObjectStep
    ) -> bool:
        """Whether somebody else wrote an object after the recovery began."""
        if max(live.created_at, live.updated_at) <= self._allowed.begun_at:
            return False
        if expected is None or not same_content(expected.version, live):
            return True
        # A version that was undeleted has its old settings: an earlier try of ours was interrupted.
        versions = (origin.version for origin in step.origins if origin.source == "soft-deleted")
        return not any(
            version is not None and not settings_patch(version.settings, live.settings)
            for version in versions
        )

    def _restored(self, step: ObjectStep, expected: ObjectRecord) -> Mended:
        for origin in step.origins:
            # One answer that nothing is there can be false, and no other source may be left.
            written = asked_twice(partial(self._write, origin, expected, step.live), NotFound)
            if written is None:
                continue
            self._settle(written, expected)
            return Mended(step, source=origin.source)
        return Mended(step, left="no source")

    def _write(
        self, origin: ObjectSource, expected: ObjectRecord, live: ObjectVersion | None
    ) -> ObjectVersion:
        name, over = expected.version.name, live.generation if live is not None else 0
        if origin.source == "vault":
            return self._from_vault(expected, over)
        version = origin.version
        if version is None:
            message = f"no version of {name} for {origin.source}"
            raise ValueError(message)
        if origin.source == "metadata":
            return self._target.patch(version, self._patch(expected, version))
        if origin.source == "soft-deleted":
            return self._target.restore(name, version.generation, over=over)
        return self._target.rewrite(
            name,
            (self._target.name, name, version.generation),
            settings=self._settings(expected),
            over=over,
            key=expected.version.settings.kms_key,
        )

    def _from_vault(self, expected: ObjectRecord, over: int) -> ObjectVersion:
        settings = self._settings(expected)
        gone: NotFound | None = None
        for place in self._stored.places(expected):
            try:
                return self._target.rewrite(
                    expected.version.name,
                    place,
                    settings=settings,
                    over=over,
                    key=expected.version.settings.kms_key,
                )
            except NotFound as error:
                gone = error
        raise gone or NotFound("no whole copy of it is in the vault")

    def _settle(self, written: ObjectVersion, expected: ObjectRecord) -> None:
        """Set what the restored version lacks."""
        if patch := self._patch(expected, written):
            self._target.patch(written, patch)

    def _patch(self, expected: ObjectRecord, present: ObjectVersion) -> Resource:
        """Return the patch that makes the metadata of an object what it was."""
        wanted, now = expected.version.settings, present.settings
        return settings_patch(wanted, now) | self._allowed.retention.patch(wanted, now)

    def _settings(self, expected: ObjectRecord) -> dict[str, Any]:
        """Return the metadata of an object that is written."""
        version = expected.version
        settings = settings_resource(version.settings)
        settings |= self._allowed.retention.patch(version.settings, ObjectSettings())
        if version.storage_class:
            settings["storageClass"] = version.storage_class
        return settings

    def _after_race(self, step: ObjectStep) -> Mended:
        """Find out who wrote first: an earlier try of ours, or somebody else."""
        live, expected = self._target.find(step.name), step.expected
        if expected is None:
            return Mended(step) if live is None else Mended(step, left="changed")
        if live is None or not same_content(expected.version, live):
            return Mended(step, left="changed")
        if self._patch(expected, live):
            if self._was_touched(live, expected, step):
                return Mended(step, left="changed")
            self._settle(live, expected)
        return Mended(step, source=step.source)

    def _put_aside(self, steps: Sequence[ObjectStep]) -> dict[str, Mended]:
        """Put copies of what is about to go aside, and write down which these are.

        Returns:
            What became of each object that could not be copied, by its name.
        """
        kept: list[AsideObject] = []
        refused: dict[str, Mended] = {}
        for step in steps:
            if step.live and self._goes_aside(step) and self.obstacle(step) is None:
                done = self._guarded(step, partial(self._copied, step, step.live, kept))
                if done.left is not None or not (kept and kept[-1].before.name == step.name):
                    refused[step.name] = done
        if kept:
            self._kept.aside(kept)
        return refused

    def _copied(self, step: ObjectStep, live: ObjectVersion, kept: list[AsideObject]) -> Mended:
        kept.append(self._kept.copy(live, is_extra=step.damage == "extra"))
        return Mended(step)
