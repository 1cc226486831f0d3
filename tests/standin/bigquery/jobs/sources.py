"""Tables that jobs read, with their decorators: `t@ms`, `t$partition`."""

import re
from dataclasses import dataclass

from tests.standin.bigquery.engine.database import Database
from tests.standin.bigquery.engine.entries import Entry, Generation, Resource
from tests.standin.bigquery.engine.locks import TableKey
from tests.standin.bigquery.engine.partitions import belongs, check_partition
from tests.standin.bigquery.engine.rows import generation_at, select_rows
from tests.standin.bigquery.errors import invalid, not_found
from tests.standin.bigquery.sql.relations import check_instant

_NAME = re.compile(r"(?P<table>[^$@]+)(?:\$(?P<partition>[^@]+))?(?:@(?P<moment>-?\d+))?")


@dataclass(frozen=True, kw_only=True)
class Source:
    """Rows of a table.

    Attributes:
        entry: The table, perhaps a deleted one.
        generation: Its stored rows at the wanted instant.
        instant: The instant (us); None is now.
        partition_id: The partition; None is all.
    """

    entry: Entry
    generation: Generation
    instant: int | None
    partition_id: str | None

    def select(self, *, hidden: bool = False) -> str:
        """Return the SELECT of the rows."""
        where = "" if self.partition_id is None else belongs(self.entry, self.partition_id)
        return select_rows(self.generation, instant=self.instant, where=where, hidden=hidden)


def find_source(database: Database, reference: Resource) -> Source:
    """Return the rows that a table reference with decorators means.

    Raises:
        BigQueryError: There is no such table, partition or past.
    """
    matched = _NAME.fullmatch(reference["tableId"])
    if matched is None:
        raise invalid(f'Invalid table ID "{reference["tableId"]}".')
    key = (reference["projectId"], reference["datasetId"], matched["table"])
    instant, entry = _at(database, key, matched["moment"])
    if not entry.is_table:
        return Source(
            entry=entry,
            generation=Generation(name="", fields=[], start=0),
            instant=None,
            partition_id=None,
        )
    if instant is not None:
        database.locks.wait_for_writes(key, instant)
        instant, entry = _at(database, key, str(instant // 1000))
    generation = entry.rows if instant is None else generation_at(entry, instant)
    partition_id = matched["partition"]
    if partition_id is not None:
        check_partition(entry.resource, partition_id, entry.full_name)
    return Source(entry=entry, generation=generation, instant=instant, partition_id=partition_id)


def _at(database: Database, key: TableKey, moment: str | None) -> tuple[int | None, Entry]:
    if moment is None:
        return None, database.catalog.require_table(key)
    found = [entry for entry in database.catalog.incarnations("table", key) if entry.is_table]
    now = database.clock.now_micros()
    milliseconds = int(moment)
    if milliseconds == 0 and found:
        return found[-1].generations[0].start, found[-1]
    # A millisecond means all of it: what was written within it is there.
    instant = now + milliseconds * 1000 if milliseconds < 0 else milliseconds * 1000 + 999
    instant = min(instant, now) if milliseconds * 1000 <= now else instant
    check_instant(instant, database.clock)
    for entry in reversed(found):
        existed = entry.generations[0].start <= instant
        if existed and (entry.deleted is None or instant < entry.deleted):
            return instant, entry
    raise not_found("Table", f"{key[0]}:{key[1]}.{key[2]}@{moment}")
