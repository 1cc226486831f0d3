"""Removes from copies of tables the rows that stay erased, and counts them where they may be."""

import hashlib

from manifests.erasure_statements import counted_rows, erased_rows, removed_rows
from manifests.erasures import Erasures
from manifests.values import Resource
from recovery.kinds.tables.cloud.bigquery import BigQueryTarget


class Erasing:
    """The rows of tables that stay erased.

    Args:
        target: Where the tables are.
        erased: What stays erased.
    """

    def __init__(self, target: BigQueryTarget, erased: Erasures) -> None:
        self._target = target
        self._erased = erased

    def conditions(self, table: str, resource: Resource) -> tuple[str, ...]:
        """Return conditions in SQL that together match the rows of a table that stay erased.

        Args:
            table: Its name at the recovery point.
            resource: Its resource, or that of a copy of it.

        Raises:
            RefusedError: Its columns do not tell which rows these are.
        """
        return erased_rows(table, resource, self._erased.rows(table))

    def remove(self, table: str, resource: Resource, copy: str, job: str) -> bool:
        """Remove from a copy of ours the rows that stay erased; return whether the ledger names any.

        Args:
            table: The table's name at the recovery point.
            resource: Its resource.
            copy: `dataset.table` of the copy.
            job: Begins the ids of the jobs; one for each incarnation of the copy.

        Raises:
            RefusedError: Its columns do not tell which rows these are.
            CloudError: They could not be removed.
        """
        conditions = self.conditions(table, resource)
        for condition in conditions:
            mark = hashlib.sha256(condition.encode()).hexdigest()[:12]
            sql = removed_rows(self._target.full_id(copy), resource, condition)
            self._target.jobs.query(f"{job}-erase-{mark}", sql, subject=table)
        return bool(conditions)

    def count(self, table: str, resource: Resource, name: str, job: str) -> int:
        """Return how many rows there are that stay erased.

        Args:
            table: The table's name at the recovery point.
            resource: The resource of what is looked at.
            name: `dataset.table` of that.
            job: Begins the ids of the jobs.

        Raises:
            RefusedError: Its columns do not tell which rows these are.
            CloudError: They could not be counted.
        """
        conditions = self.conditions(table, resource)
        statements = counted_rows(self._target.full_id(name), resource, conditions)
        return sum(
            int(answer["row_count"])
            for number, sql in enumerate(statements)
            for answer in self._target.jobs.rows(f"{job}-{number}", sql, subject=name)
        )
