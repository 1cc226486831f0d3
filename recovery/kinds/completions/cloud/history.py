"""What BigQuery knows about the runs of processors: their history, and the rows they wrote."""

from datetime import date
from typing import Any

from manifests import statements
from manifests.cloud.bigquery import bigquery_client
from manifests.cloud.jobs import Jobs
from manifests.errors import CloudError
from manifests.kinds.databases.catalog import CompletionRule, Rebuild
from recovery.kinds.completions.rules.days import first_day
from recovery.kinds.completions.rules.rebuild import ProcessorRun, inferred_run


class HistoryReader:
    """Reads the history of one project.

    Args:
        project: The project that has the tables, and in which jobs run.
        location: The location of the tables.
        own_id: What makes this process's job ids its own.
    """

    def __init__(self, project: str, location: str, own_id: str) -> None:
        self._jobs = Jobs(bigquery_client(project, location), location)
        self._project = project
        self._own_id = own_id

    def runs(self, rules: Rebuild, open_from: date) -> list[ProcessorRun]:
        """Return the runs that ended, of the dates that are rebuilt.

        Args:
            rules: How the documents are rebuilt.
            open_from: The first date whose rows may still be written.

        Raises:
            CloudError: The history could not be read.
        """
        full_id = f"{self._project}.{rules.history}"
        sql = statements.history(full_id, first_day(rules, open_from))
        rows = self._jobs.rows(f"rebound-history-{self._own_id}", sql, subject=rules.history)
        return [_run(row) for row in rows]

    def inferred(self, rules: Rebuild, open_from: date) -> tuple[list[ProcessorRun], list[str]]:
        """Return the runs that only rows tell of, and what could not be looked at.

        Args:
            rules: How the documents are rebuilt.
            open_from: The first date whose rows may still be written; it and later ones are left out.

        Raises:
            CloudError: A passing fault; the same call can succeed later.
        """
        runs: list[ProcessorRun] = []
        notes: list[str] = []
        for rule in rules.completions:
            for processor, column in sorted(rule.fallback.items()):
                try:
                    runs += self._rows_of(rule, rules, processor, column, open_from)
                except CloudError as error:
                    if error.retryable:
                        raise
                    notes.append(f"{column}: {error.message}")
        return runs, notes

    def _rows_of(
        self, rule: CompletionRule, rules: Rebuild, processor: str, column: str, open_from: date
    ) -> list[ProcessorRun]:
        table, _, name = column.rpartition(".")
        # Rows of open dates may still be written: only the processor knows when it has finished.
        since = first_day(rules, open_from)
        sql = statements.rows_by_date(f"{self._project}.{table}", name, since, open_from)
        job = f"rebound-rows-{self._own_id}-{rule.collection}-{processor}"
        rows = self._jobs.rows(job, sql, subject=table)
        return [
            inferred_run(rule, rules, processor, row["day"], int(row["row_count"])) for row in rows
        ]


def _run(row: dict[str, Any]) -> ProcessorRun:
    return ProcessorRun(
        processor=row["processor_name"],
        phase=row["phase"] or "",
        day=row["data_date"],
        status=row["status"].lower(),
        completed_at=row["processed_at"],
        records=row["records_processed"],
        run_id=row["run_id"],
        output_table=row["output_table"],
    )
