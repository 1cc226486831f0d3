"""What the tables hold of each date, read with a bound on what all the reading costs."""

import itertools
import threading
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from manifests import layout, statements
from manifests.catalog_processors import Processor, Processors, Schedule
from manifests.cloud.bigquery import bigquery_client
from manifests.cloud.contents import check_all_seen
from manifests.cloud.jobs import Jobs, StatementResult
from manifests.cloud.resources import Resources
from manifests.cloud.working import ready_dataset
from manifests.errors import (
    CloudError,
    PartialError,
    SourceMissingError,
    SourceUnreadableError,
)
from recovery.kinds.processors.rules.calendar import ScheduledGames, last_due, scheduled_games
from recovery.kinds.processors.rules.plan import ProcessorPlan, SeenTables, UnreadTable
from recovery.kinds.processors.rules.rows import RowsOfDate
from recovery.settings import Settings

_FIRST, _LAST = date.min, date.max
_NO_TABLE = "there is no such table"
_MAKE = (
    "the catalog does not protect it, so that no backup holds it: make it as the platform does, or name the "
    "other processors by `--processor`"
)
_BRING_BACK = "`rebound plan bigquery-dataset-loss` shows what brings it back; then come again"
_SOONER = "raise `query_bytes` of the catalog's bounds, or look at fewer dates: `--since`, `--date`"


class DateTables:
    """The tables that processors write. Safe to share between threads.

    Args:
        rules: The catalog's processors.
        project: The project that has the tables, and in which jobs run.
        location: The location of the tables.
        own_id: What makes this process's job ids its own.
        is_protected: Whether a backup may hold a table.
    """

    def __init__(
        self,
        rules: Processors,
        project: str,
        location: str,
        own_id: str,
        *,
        is_protected: Callable[[str], bool],
    ) -> None:
        client = bigquery_client(project, location)
        self.endpoint = str(client._connection.API_BASE_URL)  # noqa: SLF001 - the client has no name for it
        self._jobs = Jobs(client, location)
        self._resources = Resources(client, project)
        self._rules = rules
        self._project = project
        self._own_id = own_id
        self._is_protected = is_protected
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._billed_bytes = 0

    @property
    def billed_bytes(self) -> int:
        """Return how many bytes the queries so far were billed for."""
        return self._billed_bytes

    def observe(self, first: date | None, *, now: datetime) -> SeenTables:
        """Look at every table from a date on.

        Args:
            first: The date; None for that of the first season.
            now: The present instant.

        Raises:
            CloudError: A passing fault, or the bound on what may be read is reached.
        """
        first = first or min(season.first for season in self._rules.seasons)
        last = max(first, last_due(self._rules, now))
        rows: dict[str, Mapping[date, RowsOfDate]] = {}
        unread: dict[str, UnreadTable] = {}
        for processor in self._rules.processors:
            try:
                rows[processor.name] = self.rows(processor, first, last)
            except SourceUnreadableError as error:
                is_gone = isinstance(error, SourceMissingError)
                told = UnreadTable(why=error.message, hint=error.hint, is_gone=is_gone)
                unread[processor.name] = told
        schedule = self._rules.schedule
        return SeenTables(
            observed_at=now,
            schedule=None if schedule is None else self._games(schedule, first, last),
            rows=rows,
            unread=unread,
        )

    def rows(self, processor: Processor, first: date, last: date) -> dict[date, RowsOfDate]:
        """Return what the table of a processor holds of each date that has rows.

        Args:
            processor: The processor.
            first: The first date.
            last: The last date, itself included.

        Raises:
            SourceUnreadableError: There is no such table, or something hides rows of it.
            CloudError: It could not be read.
        """
        answer = self._measured(processor, first, last)
        if answer.has_row_policies or answer.is_masked:
            whole = self._measured(processor, _FIRST, _LAST)
            counted = sum(int(row["row_count"]) for row in whole.rows)
            stored = self._stored_rows(processor.table)
            check_all_seen(whole, counted, stored, subject=processor.table)
        return {row["day"]: _rows_of(processor, row) for row in answer.rows}

    def keep(self, plan: ProcessorPlan, settings: Settings, recovery_id: str) -> dict[str, str]:
        """Make undo points of the tables that processors write; return their full ids, by table.

        Args:
            plan: What is to be run.
            settings: Name the dataset of undo points, and how many days they stay.
            recovery_id: The recovery, which has one undo point of each table.

        Raises:
            PartialError: Rows are on their way into one that is not kept yet: a snapshot leaves out what
                is still in the streaming buffer (BigQuery, Table snapshots).
            CloudError: One could not be kept.
        """
        kept: dict[str, str] = {}
        for step in plan.steps:
            if not step.runs:
                continue
            if not kept:
                ready_dataset(
                    self._resources,
                    settings.undo_dataset,
                    location=self._jobs.location,
                    table_days=settings.undo_days,
                )
            name = layout.work_id(recovery_id, step.table)
            undo = f"{self._project}.{settings.undo_dataset}.{name}"
            # Rows that are streamed later come from the processors that are run here.
            if not self._resources.has_table(f"{settings.undo_dataset}.{name}"):
                self._refuse_buffered(step.table, recovery_id)
            sql = statements.snapshot(undo, f"{self._project}.{step.table}")
            self._jobs.query(f"rebound-{name}-undo", sql, subject=step.table)
            kept[step.table] = undo
        return kept

    def _refuse_buffered(self, table: str, recovery_id: str) -> None:
        found = self._resources.table(table)
        if found is not None and found.streaming_buffer is not None:
            raise PartialError(
                "rows are being streamed into it, which no undo point has; nothing was run",
                subject=table,
                hint="wait until the buffer is empty, 90 minutes at most after the last row; then "
                f"`rebound resume {recovery_id}` goes on",
            )

    def _measured(self, processor: Processor, first: date, last: date) -> StatementResult:
        sql = statements.rows_of_dates(
            f"{self._project}.{processor.table}",
            processor.date_column,
            first,
            last,
            key=processor.key,
            game=processor.game_column,
            filled=processor.most_empty,
        )
        return self._answer(sql, processor.table)

    def _games(
        self, schedule: Schedule, first: date, last: date
    ) -> dict[date, ScheduledGames] | None:
        """Return the games of each date; None where there is no schedule."""
        sql = statements.games_of_dates(
            f"{self._project}.{schedule.table}",
            schedule.date_column,
            first,
            last,
            game=schedule.game_column,
            status=schedule.status_column,
            final=schedule.final,
            prefixes=schedule.prefixes,
        )
        try:
            answer = self._answer(sql, schedule.table)
        except SourceMissingError:
            return None
        if answer.has_row_policies or answer.is_masked:
            raise SourceUnreadableError(
                "row access policies or masking may hide games from this identity",
                subject=schedule.table,
            )
        return scheduled_games(answer.rows)

    def _answer(self, sql: str, table: str) -> StatementResult:
        if not self._resources.has_table(table):
            hint = _BRING_BACK if self._is_protected(table) else _MAKE
            raise SourceMissingError(_NO_TABLE, subject=table, hint=hint)
        job_id = f"rebound-dates-{self._own_id}-{next(self._numbers)}"
        with self._lock:
            left = self._rules.bounds.query_bytes - self._billed_bytes
            try:
                answer = self._jobs.answer(job_id, sql, subject=table, most_bytes=max(1, left))
            except CloudError as error:
                error.hint = error.hint or (_SOONER if "bytes billed" in error.message else "")
                raise
            self._billed_bytes += answer.billed_bytes
        return answer

    def _stored_rows(self, table: str) -> int:
        found = self._resources.table(table)
        return int(found.resource.get("numRows", 0)) if found else 0


def _rows_of(processor: Processor, row: Mapping[str, Any]) -> RowsOfDate:
    return RowsOfDate(
        rows=int(row["row_count"]),
        doubled=int(row["doubled"]),
        games=None if row["games"] is None else int(row["games"]),
        empty={
            column: int(row[f"empty_{number}"])
            for number, column in enumerate(processor.most_empty)
        },
    )
