"""What a recovery has done, kept where a second operator can go on: in the landing bucket.

    recoveries/<recovery>/plan.json            written once, before anything is changed
    recoveries/<recovery>/tables/<table>.json  one table is published
    recoveries/<recovery>/databases/<id>.json  one database is written and proven
    recoveries/<recovery>/undo/databases/<id>/<digest>.avro
                                               documents that were about to be replaced
    recoveries/<recovery>/undo/databases/<id>/removed/<digest>.avro
                                               or to be removed, because the backup has none
    recoveries/<recovery>/buckets/<bucket>/<stretch>.json
                                               what was written to one stretch of names, now proven
    recoveries/<recovery>/attempts/<time>.json how an attempt ended that did not prove everything
    recoveries/<recovery>/abandoned.json       an operator closed it before it had ended
    recoveries/<recovery>/report.json          written once, when everything is proven

An entry is a hint. Nothing is skipped because of it: the destination is looked at again.
"""

from datetime import datetime

from manifests import layout
from manifests.cloud.objects import Bucket
from manifests.errors import (
    BackupDamagedError,
    ManifestAlteredError,
    RefusedError,
    UsageError,
)
from manifests.model import Value
from manifests.store import decode, encode
from recovery.naming import bounded
from recovery.outcome import (
    AbandonedRecovery,
    DatabaseOutcome,
    PlannedRecovery,
    RecoveryReport,
    StretchOutcome,
    TableOutcome,
)


class Journal:
    """The journal of one recovery."""

    def __init__(self, bucket: Bucket, recovery_id: str) -> None:
        self._bucket = bucket
        self._prefix = layout.recovery_prefix(recovery_id)
        self.recovery_id = recovery_id

    def begin(self, recovery: PlannedRecovery) -> None:
        """Write the plan, once.

        Raises:
            RefusedError: Another one is there.
        """
        name, ours = f"{self._prefix}plan.json", encode(recovery)
        if self._bucket.put_once(name, ours) != ours:
            raise RefusedError("another plan is there already", subject=name, hint="plan again")

    def planned(self) -> PlannedRecovery:
        """Return the plan of a recovery that was begun.

        Raises:
            UsageError: There is no such recovery.
            BackupDamagedError: It cannot be read, or is another's.
        """
        name = f"{self._prefix}plan.json"
        content = self._bucket.read(name)
        if content is None:
            known = ", ".join(recovery_ids(self._bucket)) or "none"
            raise UsageError(
                f"no such recovery; there are: {known}",
                subject=self.recovery_id,
                hint="`rebound recover` begins one",
            )
        planned = decode(content, PlannedRecovery, subject=name)
        begun_at = layout.recovery_begun_at(self.recovery_id)
        if (planned.recovery_id, planned.started_at.replace(microsecond=0)) != (
            self.recovery_id,
            begun_at,
        ):
            raise ManifestAlteredError("it is the plan of another recovery", subject=name)
        return planned

    def record(self, outcome: TableOutcome) -> None:
        """Write that a table is published, and where what was there before is."""
        self._bucket.put_once(self._table(outcome.table), encode(outcome))

    def record_database(self, outcome: DatabaseOutcome) -> None:
        """Write that a database is done."""
        name = f"{self._prefix}databases/{outcome.into}.json"
        self._bucket.put_once(name, encode(outcome))

    def record_stretch(self, bucket: str, outcome: StretchOutcome) -> None:
        """Write that one stretch of a bucket's names is done."""
        name = f"{self._prefix}buckets/{bucket}/{outcome.number:06d}.json"
        self._bucket.put_once(name, encode(outcome))

    def stretches(self, bucket: str) -> dict[int, StretchOutcome]:
        """Return what was written about the stretches of a bucket, by number."""
        found: dict[int, StretchOutcome] = {}
        for item in self._bucket.list_objects(f"{self._prefix}buckets/{bucket}/"):
            content = self._bucket.read(item.name)
            if content is not None:
                outcome = decode(content, StretchOutcome, subject=item.name)
                found[outcome.number] = outcome
        return found

    def outcome(self, table: str) -> TableOutcome | None:
        """Return what was written about a table."""
        name = self._table(table)
        content = self._bucket.read(name)
        return None if content is None else decode(content, TableOutcome, subject=name)

    def tables(self) -> tuple[TableOutcome, ...]:
        """Return what was written about tables, in order of their names."""
        return self._below("tables", TableOutcome)

    def databases(self) -> tuple[DatabaseOutcome, ...]:
        """Return what was written about databases, in order of their names."""
        return self._below("databases", DatabaseOutcome)

    def _below[Written: Value](self, folder: str, kind: type[Written]) -> tuple[Written, ...]:
        found = self._bucket.list_objects(f"{self._prefix}{folder}/")
        contents = {item.name: self._bucket.read(item.name) for item in found}
        return tuple(
            decode(content, kind, subject=name) for name, content in contents.items() if content
        )

    def abandon(self, abandoned: AbandonedRecovery) -> AbandonedRecovery:
        """Write that an operator closed the recovery; an earlier word stays and is returned."""
        content = self._bucket.put_once(self._abandoned, encode(abandoned))
        return decode(content, AbandonedRecovery, subject=self._abandoned)

    def abandoned(self) -> AbandonedRecovery | None:
        """Return that an operator closed the recovery, or None."""
        return self._readable(self._abandoned, AbandonedRecovery)

    @property
    def _abandoned(self) -> str:
        return f"{self._prefix}abandoned.json"

    @property
    def is_closed(self) -> bool:
        """Whether nobody goes on with it: everything is proven, or an operator closed it."""
        return self.report() is not None or self.abandoned() is not None

    def _table(self, table: str) -> str:
        return bounded(f"{self._prefix}tables/", f"{table}.json")

    def end(self, report: RecoveryReport) -> RecoveryReport:
        """Write how an attempt ended, and return what is written then.

        One that proved everything is the report, written once: an earlier one stays.
        """
        attempt = f"attempts/{report.finished_at:%Y%m%dT%H%M%S.%fZ}.json"
        name = f"{self._prefix}{'report.json' if report.is_proven else attempt}"
        return decode(self._bucket.put_once(name, encode(report)), RecoveryReport, subject=name)

    def report(self) -> RecoveryReport | None:
        """Return the report, or None when not everything is proven."""
        return self._read_report(f"{self._prefix}report.json")

    def last_report(self) -> RecoveryReport | None:
        """Return the report, else that of the last attempt, or None when none has ended."""
        attempts = [item.name for item in self._bucket.list_objects(f"{self._prefix}attempts/")]
        return self.report() or (self._read_report(max(attempts)) if attempts else None)

    def _read_report(self, name: str) -> RecoveryReport | None:
        """Return a report, or None where there is none, it cannot be read, or it is another's."""
        found = self._readable(name, RecoveryReport)
        return found if found is not None and found.recovery_id == self.recovery_id else None

    def _readable[Written: Value](self, name: str, kind: type[Written]) -> Written | None:
        """Return what was written of how the recovery ended, or None where that cannot be read.

        Who writes here could otherwise stop every command that looks for what is under way.
        """
        try:
            content = self._bucket.read(name)
            return None if content is None else decode(content, kind, subject=name)
        except BackupDamagedError:
            return None


def under_way(bucket: Bucket, scenario: str, *, since: datetime) -> list[str]:
    """Return recoveries of a scenario that begun since an instant and no attempt of which ended."""
    found = []
    for recovery_id in recovery_ids(bucket):
        is_ours = recovery_id.startswith(f"{scenario}-")
        journal = Journal(bucket, recovery_id)
        if not is_ours or layout.recovery_begun_at(recovery_id) <= since:
            continue
        if journal.last_report() is None and journal.abandoned() is None:
            found.append(recovery_id)
    return found


def recovery_ids(bucket: Bucket) -> list[str]:
    """Return every recovery that was begun, oldest first."""
    found = bucket.list_objects("recoveries/")
    names = {item.name.split("/")[1] for item in found if item.name.endswith("/plan.json")}
    return sorted(filter(_is_recovery_id, names))


def _is_recovery_id(text: str) -> bool:
    """Whether a text is the id of a recovery: anything can lie beside them."""
    try:
        return bool(layout.recovery_begun_at(text))
    except UsageError:
        return False
