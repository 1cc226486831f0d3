"""Keeps what objects are before they are changed, for the way back."""

from collections.abc import Sequence

from google.api_core.exceptions import PreconditionFailed

from manifests.cloud.versions import VersionedBucket
from manifests.kinds.buckets.model import ObjectVersion
from manifests.versions import same_content
from recovery.kinds.buckets.rules.objects import EXTRA
from recovery.kinds.former import (
    AsideObject,
    AsideObjects,
    FormerObjects,
    aside_folder,
    objects_folder,
)
from recovery.kinds.work import Entries
from recovery.naming import bounded


class Keeping:
    """What a recovery keeps of the objects of one bucket. Safe to share between threads.

    Args:
        target: The bucket.
        undo: The bucket that copies are put in.
        folder: What the names of copies begin with.
        journal: The journal of the recovery.
    """

    def __init__(
        self, target: VersionedBucket, undo: VersionedBucket, folder: str, journal: Entries
    ) -> None:
        self._target = target
        self._undo = undo
        self._folder = folder
        self._journal = journal

    def copy(self, live: ObjectVersion, *, is_extra: bool) -> AsideObject:
        """Put a copy of an object aside.

        Args:
            live: The object.
            is_extra: Whether the recovery deletes it and puts nothing in its place.

        Raises:
            google.api_core.exceptions.PreconditionFailed: Another content lies there.
            google.api_core.exceptions.NotFound: The object is gone.
        """
        name = bounded(f"{self._folder}{EXTRA if is_extra else ''}", live.name)
        source = (self._target.name, live.name, live.generation)
        try:
            copy = self._undo.rewrite(name, source, settings={}, over=0)
        except PreconditionFailed:
            earlier = self._undo.find(name)
            if earlier is None or not same_content(earlier, live):
                raise
            # An earlier try of ours, or somebody else, put it there: a new copy is known to be ours.
            copy = self._undo.rewrite(name, source, settings={}, over=earlier.generation)
        return AsideObject(name=name, generation=copy.generation, before=live, is_extra=is_extra)

    def aside(self, objects: Sequence[AsideObject]) -> None:
        """Write down which copies were put aside.

        Raises:
            CloudError: It could not be written.
        """
        entry = AsideObjects(objects=tuple(objects))
        self._journal.keep(aside_folder(self._target.name), entry.name, entry)

    def said(self, objects: Sequence[ObjectVersion]) -> None:
        """Write down the metadata of objects of which nothing else is about to be set.

        Raises:
            CloudError: It could not be written.
        """
        entry = FormerObjects(objects=tuple(objects))
        self._journal.keep(objects_folder(self._target.name), entry.name, entry)
