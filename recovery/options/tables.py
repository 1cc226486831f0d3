"""The options of a recovery that are about tables. Pure."""

from datetime import datetime
from typing import Annotated

from manifests.values import Value
from recovery.options.option import Option


class TableOptions(Value):
    """Which tables, where to, and where from."""

    dataset: Annotated[tuple[str, ...], Option("Only this dataset.", "datasets")] = ()
    table: Annotated[tuple[str, ...], Option("Only this `dataset.table`.", "tables")] = ()
    partition: Annotated[
        tuple[str, ...], Option("Only this partition of the one table.", "partitions")
    ] = ()
    into_prefix: Annotated[
        str, Option("Restore into datasets whose ids begin with this.", "target.prefix")
    ] = ""
    from_vault: Annotated[
        bool, Option("Use the vault even where time travel is faster.", "from_vault")
    ] = False
    create_datasets: Annotated[
        bool, Option("Create datasets anew; nothing of them is undeleted.", "create_datasets")
    ] = False
    expire_at: Annotated[
        datetime | None,
        Option(
            "When tables and views expire whose own time is over; never when omitted.", "expire_at"
        ),
    ] = None
