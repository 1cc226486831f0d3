"""A bucket that is written all the time, before, at and after the recovery point."""

import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from google.cloud import storage

from tests.harness import Rebound, await_that, whole_minute
from tests.integration.bucket_objects import (
    backup_of,
    looked_at,
    make_bucket,
    records_of,
    stored_content,
)
from tests.served import serving

_WRITERS, _NAMES_EACH = 4, 12
_DATED_TO = timedelta(milliseconds=1)
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass
class Writer:
    """One thread that writes and deletes names of its own, and what it did when.

    Attributes:
        log: For each name, in order: a time before, a time after, and the content or None.
        latest: When its latest write began.
    """

    number: int
    log: dict[str, list[tuple[datetime, datetime, bytes | None]]] = field(default_factory=dict)
    latest: datetime = _NEVER

    def run(self, bucket: storage.Bucket, offset: timedelta, enough: Callable[["Writer"], bool]):
        """Write until it is enough, where what is written is dated with an offset."""
        chance = random.Random(self.number)  # noqa: S311 - a test's writer
        for count in range(1_000_000):
            if enough(self):
                return
            name = f"writer {self.number}/{chance.randrange(_NAMES_EACH)}"
            content = None if chance.random() < 0.3 else f"{name} {count}".encode()
            self.latest = datetime.now(UTC) + offset
            if content is not None:
                bucket.blob(name).upload_from_string(content)
            elif bucket.get_blob(name) is not None:
                bucket.blob(name).delete()
            self.log.setdefault(name, []).append((self.latest, datetime.now(UTC) + offset, content))

    def state_at(self, moment: datetime) -> dict[str, bytes | None]:
        """Return what each name held at an instant, leaving out where that cannot be told.

        Cloud Storage dates versions in whole milliseconds, cut off: what begins less than one after
        the instant can be dated at it.
        """
        state: dict[str, bytes | None] = {}
        for name, events in self.log.items():
            if any(begun <= moment + _DATED_TO and moment <= ended for begun, ended, _ in events):
                continue
            earlier = [content for _, ended, content in events if ended < moment]
            state[name] = earlier[-1] if earlier else None
        return state


@contextmanager
def dated(rebound: Rebound, first: datetime) -> Iterator[timedelta]:
    """Date what is written from an instant on; gives how far that is from the present."""
    offset = first - datetime.now(UTC)
    with rebound.cloud.minutes_ago(-offset.total_seconds() / 60):
        yield offset


@contextmanager
def writing(rebound: Rebound, bucket: storage.Bucket, point: datetime) -> Iterator[list[Writer]]:
    """Write to the bucket all the time: before the recovery point, at it, and in the block."""
    writers, stop = [Writer(number) for number in range(_WRITERS)], threading.Event()
    with ThreadPoolExecutor() as pool:

        def run(offset: timedelta, enough: Callable[[Writer], bool]) -> list[Future[None]]:
            return [pool.submit(writer.run, bucket, offset, enough) for writer in writers]

        with dated(rebound, point - timedelta(minutes=5)) as offset:
            for done in run(offset, lambda writer: len(writer.log) == _NAMES_EACH):
                done.result()
        with dated(rebound, point - timedelta(seconds=1)) as offset:
            running = run(offset, lambda _: stop.is_set())
            try:
                await_that(lambda: all(writer.latest > point for writer in writers))
                yield writers
            finally:
                stop.set()
                for done in running:
                    done.result()


@pytest.mark.parametrize(
    ("versioning", "soft_delete_days"), [(True, 0), (False, 7), (True, 7)], ids=str
)
def test_inventory_of_a_busy_bucket(raw: Rebound, *, versioning: bool, soft_delete_days: int):
    """The inventory is what was live at the recovery point, whatever is written meanwhile."""
    bucket = make_bucket(raw, versioning=versioning, soft_delete_days=soft_delete_days)
    point = whole_minute(before=timedelta(minutes=1))
    with serving(raw) as function:
        with writing(raw, bucket, point) as writers:
            function.complete("busy", recovery_point=f"{point:%Y-%m-%dT%H:%M:%SZ}")
        backup = backup_of(raw, "busy")
        records = records_of(raw, backup)
        later = {name for name, record in records.items() if record.version.created_at > point}
        assert backup.changed_later == len(later)
        assert not (versioning and later)
        told = {name: held for writer in writers for name, held in writer.state_at(point).items()}
        assert len(told) > _WRITERS * _NAMES_EACH // 2
        assert any(told.values())
        for name, content in told.items():
            record = records.get(name)
            if name in later:
                continue
            assert (record is None) == (content is None), name
            if record is not None and content is not None:
                assert record.version.size_bytes == len(content)
                assert stored_content(raw, record) in ({content} if versioning else {content, None})
        # What could not be read any more is kept by soft delete, and comes back from there.
        assert later == {name for name, record in records.items() if record.then is not None}
        raw.run("recover", "gcs-bucket-corruption", "--yes", "--overwrite", "*", "--exact")
        now = {name: look[0] for name, look in looked_at(bucket).items()}
        assert {name: now.get(name) for name in told} == told
        (step,) = raw.json("plan", "gcs-bucket-corruption", "--exact")["steps"]
        assert (step["counts"], step["then"], step["later"]) == ([], len(later), 0)
