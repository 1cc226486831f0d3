"""BigQuery as it is before a recovery."""

from collections.abc import Mapping

from manifests.references import TableRef
from manifests.values import Fingerprint, Resource, UtcTime
from recovery.compare.observed import ObservedTable
from recovery.kinds.decision import Seen
from recovery.listening import Listening


class TablesSeen(Seen):
    """The tables of a run, with datasets, views and routines, as they are.

    Attributes:
        datasets: The resource of each dataset, or None where there is none.
        originals: The same of the datasets that a copy is made of; empty when none is made.
        account: Who makes a dataset that is not there; empty when all are.
        tables: Each table of the manifest as it is.
        definitions: Each view and routine, `dataset.name`, or None where there is none.
        observed_at: When it was looked at.
        missing: What views and routines that are gone read, and is neither there nor part of the
            recovery.
        left: What partitions of tables of the run hold without the rows that stay erased, by table and
            id, as far as this command has measured it.
        undeleted: Datasets that this command tried to undelete, and whether they came back; and those that
            an earlier one brought back that came to no end.
        listening: What is told of each write to BigQuery.
    """

    datasets: Mapping[str, Resource | None]
    tables: Mapping[str, ObservedTable]
    definitions: Mapping[str, Resource | None]
    observed_at: UtcTime
    originals: Mapping[str, Resource | None] = {}
    account: str = ""
    missing: tuple[TableRef, ...] = ()
    left: Mapping[str, Mapping[str, Fingerprint]] = {}
    undeleted: Mapping[str, bool] = {}
    listening: Listening = Listening()
