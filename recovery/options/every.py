"""The options that every recovery has. Pure."""

from typing import Annotated

from manifests.values import Value
from recovery.options.option import Option


class EveryOptions(Value):
    """Where to, what is left out, what may be replaced, and what comes with it."""

    into_project: Annotated[
        str | None, Option("Restore into another project.", "target.project")
    ] = None
    exclude: Annotated[
        tuple[str, ...],
        Option("Not this dataset, table, view, routine, bucket or database.", "exclude"),
    ] = ()
    overwrite: Annotated[
        tuple[str, ...],
        Option(
            "Allow replacing what is there: a table, bucket or database; '*' for all.", "overwrite"
        ),
    ] = ()
    only_missing: Annotated[
        bool, Option("Only what is not there; leave what differs as it is.", "only_missing")
    ] = False
    exact: Annotated[bool, Option("Remove what the recovery point does not know.", "exact")] = False
    notify: Annotated[bool, Option("Start or tell what listens to what is written.", "notify")] = (
        False
    )
    settings: Annotated[
        bool, Option("Set datasets, buckets and databases to what they were.", "settings")
    ] = False
    no_fence: Annotated[
        bool, Option("Let what writes to what is recovered run meanwhile.", "no_fence")
    ] = False
    despite: Annotated[
        tuple[str, ...],
        Option(
            "Go on although this runs or could not be looked at, as it is told; '*' for all.",
            "despite",
        ),
    ] = ()
    unsigned_erasures: Annotated[
        bool, Option("Leave erased what unsigned entries of the ledger name.", "unsigned_erasures")
    ] = False
    skip_erasures: Annotated[
        bool, Option("Restore although the ledger of erasures is not believed.", "skip_erasures")
    ] = False
    rewrite_references: Annotated[
        bool,
        Option(
            "Let foreign keys and references of a copy refer to the copy.", "rewrite_references"
        ),
    ] = False
    not_in_catalog: Annotated[
        bool, Option("Also what the run holds and the catalog does not name.", "not_in_catalog")
    ] = False
