"""Whether a run has what the operator asked for. Pure."""

from collections.abc import Iterator

from manifests.errors import NoRecoveryPointError, UsageError
from manifests.model import Manifest
from manifests.references import definitions_of
from recovery.plan.documents import named_ranges
from recovery.plan.request import Request
from recovery.scenarios import scenario


def check_covered(manifest: Manifest, request: Request) -> None:
    """Refuse a run without any part of what was lost: recovering nothing would look like success."""
    held = {
        "tables": manifest.tables,
        "buckets": manifest.buckets,
        "databases": manifest.databases,
    }
    for kind, parts in held.items():
        if scenario(request.scenario).covers == (kind,) and not parts:
            raise NoRecoveryPointError(
                f"the run holds no {kind}",
                subject=manifest.run_id,
                hint="an older one may, see `rebound list`: `--run` takes it; what the catalog names "
                "anew is protected from the next run on",
            )


def check_names(manifest: Manifest, request: Request) -> None:
    """Refuse what the run does not hold: leaving it out would look like success."""
    datasets = {item.dataset_id for item in manifest.datasets}
    tables = {item.name for item in manifest.tables}
    unknown = [name for name in request.datasets if name not in datasets]
    unknown += [name for name in request.tables if name not in tables]
    unknown += [name for name in request.buckets if manifest.bucket(name) is None]
    unknown += [name for name in request.databases if manifest.database(name) is None]
    known = {
        item.partition_id
        for table in manifest.tables
        if request.wants(table)
        for item in table.partitions
    }
    unknown += [f"partition {name}" for name in request.partitions if name not in known]
    names = {"*", request.target.bucket, request.target.database, *_all_names(manifest)}
    unknown += [name for name in (*request.overwrite, *request.exclude) if name not in names]
    if unknown:
        raise UsageError(
            f"not in the run: {', '.join(unknown)}",
            subject=manifest.run_id,
            hint=f"`rebound show {manifest.run_id}` lists what it holds",
        )
    if request.exclude and not _is_anything_left(manifest, request):
        raise UsageError("`--exclude` leaves nothing to recover", subject=manifest.run_id)
    named_ranges(request)


def _is_anything_left(manifest: Manifest, request: Request) -> bool:
    return (
        any(map(request.wants, manifest.tables))
        or any(map(request.wants_bucket, manifest.buckets))
        or any(map(request.wants_database, manifest.databases))
        or any(request.wants_definitions(item.dataset_id) for item in manifest.datasets)
    )


def _all_names(manifest: Manifest) -> Iterator[str]:
    """Yield the name of everything that a run holds."""
    for dataset in manifest.datasets:
        yield dataset.dataset_id
        yield from (name for name, _, _ in definitions_of(dataset))
    yield from (table.name for table in manifest.tables)
    yield from (item.bucket for item in manifest.buckets)
    yield from (item.database_id for item in manifest.databases)
