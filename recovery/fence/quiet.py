"""Whether nothing writes any more: looked at twice, some time apart.

A paused writer may still have a run going. What BigQuery says of the last change of each table tells
that; buckets and databases have no such mark, and are told as not looked at.
"""

import time
from collections.abc import Callable, Collection, Mapping

from manifests.cloud.resources import Resources
from recovery.fence.model import Quiet

type Marks = Mapping[str, tuple[str, object]]
"""For each table: when it was changed last, and what its streaming buffer holds."""

_DATASET = "dataset "


def wait_for_quiet(
    resources: Resources,
    things: Collection[str],
    *,
    seconds: float,
    sleep: Callable[[float], None] = time.sleep,
) -> Quiet:
    """Look at what is fenced, wait, and look again.

    Args:
        resources: Reads BigQuery's tables.
        things: What is fenced.
        seconds: How long to wait.
        sleep: Waits so many seconds.

    Raises:
        CloudError: A table could not be looked at.
    """
    datasets = [item.removeprefix(_DATASET) for item in things if item.startswith(_DATASET)]
    before = _marks(resources, datasets)
    sleep(seconds)
    after = _marks(resources, datasets)
    return Quiet(
        seconds=seconds,
        changed=changed(before, after),
        tables=len(after),
        unknown=tuple(sorted(item for item in things if not item.startswith(_DATASET))),
    )


def changed(before: Marks, after: Marks) -> tuple[str, ...]:
    """Return the tables that were changed, made or dropped between two looks, in order."""
    names = before.keys() | after.keys()
    return tuple(sorted(name for name in names if before.get(name) != after.get(name)))


def _marks(resources: Resources, datasets: Collection[str]) -> Marks:
    found: dict[str, tuple[str, object]] = {}
    for dataset in datasets:
        for table_id in resources.created_ms(dataset):
            name = f"{dataset}.{table_id}"
            if (table := resources.table(name)) is not None:
                modified = str(table.resource.get("lastModifiedTime", ""))
                found[name] = modified, table.streaming_buffer
    return found
