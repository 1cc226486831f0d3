"""What the operator asked for: what is recovered, where to, and what may be replaced."""

from manifests.model import Frozen, TableBackup
from recovery.scenarios import ScenarioName


class Target(Frozen):
    """Where a recovery writes.

    Attributes:
        project: The project.
        prefix: Put before every dataset id; empty restores under the original names.
    """

    project: str
    prefix: str = ""

    def dataset_id(self, original: str) -> str:
        """Return the dataset that stands for an original one."""
        return f"{self.prefix}{original}"

    def table(self, original: str) -> str:
        """Return the full id that stands for `dataset.table`."""
        return f"{self.project}.{self.prefix}{original}"


class Request(Frozen):
    """What the operator asked for.

    Attributes:
        datasets: Whole datasets with their views and routines; all when nothing is named.
        tables: Single tables, `dataset.table`, without views and routines.
        partitions: Only these partitions of the one table; all when empty.
        overwrite: Tables whose present rows may be replaced; `*` names all.
        exact: Whether partitions that the recovery point does not know are removed.
        from_vault: Whether rows come from the vault even where another source is faster.
        point_was_named: Whether the operator named the run or the time. Then an old recovery point
            is what was asked for, and no objective is missed by it.
    """

    scenario: ScenarioName
    target: Target
    datasets: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    partitions: tuple[str, ...] = ()
    overwrite: tuple[str, ...] = ()
    exact: bool = False
    from_vault: bool = False
    point_was_named: bool = False

    def wants(self, table: TableBackup) -> bool:
        """Whether a table is part of the recovery."""
        if not self.datasets and not self.tables:
            return True
        return table.name in self.tables or table.dataset_id in self.datasets

    def wants_definitions(self, dataset_id: str) -> bool:
        """Whether a dataset's views and routines are part of the recovery."""
        return dataset_id in self.datasets or not (self.datasets or self.tables)
