"""What a statement did."""

from dataclasses import dataclass, field

from tests.standin.bigquery.engine.entries import Resource
from tests.standin.bigquery.engine.locks import TableKey
from tests.standin.bigquery.sql.results import Described


@dataclass(kw_only=True)
class Outcome:
    """What a statement did.

    Attributes:
        kind: BigQuery's statement type.
        query: The rows it gives.
        inserted: Rows inserted.
        updated: Rows updated.
        deleted: Rows deleted.
        is_dml: Whether the counts mean something.
        operation: CREATE, REPLACE, SKIP, ALTER or DROP.
        target: The table that was created, altered or dropped.
        statistics: Further statistics of the query.
    """

    kind: str
    query: Described | None = None
    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    is_dml: bool = False
    operation: str | None = None
    target: TableKey | None = None
    statistics: Resource = field(default_factory=dict)

    def as_statistics(self) -> Resource:
        """Return the outcome as `statistics.query`."""
        found: Resource = {"statementType": self.kind, **self.statistics}
        if self.is_dml:
            found["numDmlAffectedRows"] = str(self.inserted + self.updated + self.deleted)
            found["dmlStats"] = {
                "insertedRowCount": str(self.inserted),
                "updatedRowCount": str(self.updated),
                "deletedRowCount": str(self.deleted),
            }
        if self.operation:
            found["ddlOperationPerformed"] = self.operation
        if self.target:
            project, dataset_id, table_id = self.target
            reference = {"projectId": project, "datasetId": dataset_id, "tableId": table_id}
            found["ddlTargetTable"] = reference
        return found
