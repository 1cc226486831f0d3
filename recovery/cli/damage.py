"""What an operator can do when a stored file of something is damaged: the rest is not lost."""

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import cast

from manifests.errors import BackupDamagedError
from manifests.kind import Backup, KindName
from manifests.model import BucketBackup, DatabaseBackup, Manifest, TableBackup
from manifests.parts import part_kind
from manifests.selection import RunSummary
from recovery.plan.fallen import FallBack
from recovery.request import Request
from recovery.session import Session
from recovery.units import duration
from recovery.verdicts import damaged_in
from recovery.verify import Verdict

OFFER = "`--fall-back` takes what is damaged from the newest older run in which it is whole"

type _Progress = Callable[[int], None]


def ways_around(session: Session, manifest: Manifest, verdict: Verdict) -> str:
    """Say how the tables that are whole come back, and from which run each that is not.

    Args:
        session: The command's clients.
        manifest: The run that was chosen.
        verdict: What is damaged in it.
    """
    files = frozenset(item.subject for item in verdict.findings)
    damaged = damaged_in(manifest, files)
    if not damaged:
        return f"`rebound verify {manifest.run_id}` lists all of it"
    excluded = " ".join(f"--exclude {name}" for name in damaged)
    runs = session.vault.runs()
    ways = [f"`{excluded}` recovers the others"]
    for name in damaged:
        whole = _newest_whole(session, manifest, "tables", name, runs, damaged=files)
        if whole is None:
            ways.append(f"no older run has {name} whole")
        else:
            older = duration((manifest.recovery_point - whole.recovery_point).total_seconds())
            ways.append(f"`--table {name} --run {whole.run_id}` takes it from {older} before")
    return "; ".join([*ways, OFFER])


def fall_backs(
    session: Session, manifest: Manifest, request: Request, *, progress: _Progress
) -> tuple[FallBack, ...]:
    """Find the older runs that what is damaged comes from.

    Every file of what is asked for is read, and the inventory of each bucket. A content of a bucket
    that is gone costs the one object, so that the bucket does not fall back for it.

    Args:
        session: The command's clients.
        manifest: The run that was chosen.
        request: What the operator asked for.
        progress: Told about bytes as they are read.

    Raises:
        BackupDamagedError: No older run has a part whole.
    """
    wanted = session.origin(manifest, request).run
    damaged = list(_damaged(session, wanted, request, progress))
    runs = session.vault.runs() if damaged else ()
    found = {
        name: _newest_whole(session, manifest, kind, name, runs, progress=progress)
        for kind, name in damaged
    }
    if lost := [name for name, whole in found.items() if whole is None]:
        raise BackupDamagedError(
            f"no older run has it whole: {', '.join(lost)}",
            subject=manifest.run_id,
            hint=f"`{' '.join(f'--exclude {name}' for name in lost)}` recovers the others",
        )
    return tuple(whole for whole in found.values() if whole is not None)


def _damaged(
    session: Session, manifest: Manifest, request: Request, progress: _Progress
) -> Iterator[tuple[KindName, str]]:
    """Yield what is asked for and damaged."""
    tables = [item for item in manifest.tables if request.wants(item)]
    databases = [item for item in manifest.databases if request.wants_database(item)]
    verdict = session.inspect(manifest, [*tables, *databases], read_bytes=True, progress=progress)
    files = {item.subject for item in verdict.findings}
    for table in tables:
        if any(stored.name in files for stored in table.objects):
            yield "tables", table.name
    for database in databases:
        if any(stored.name in files for stored in database.objects):
            yield "databases", database.name
    for bucket in manifest.buckets:
        if request.wants_bucket(bucket) and session.inspect_inventory(bucket).findings:
            yield "buckets", bucket.name


def _is_damaged(
    session: Session, manifest: Manifest, part: Backup, progress: _Progress | None
) -> bool:
    """Look at everything that a recovery of one part has to read; bytes where progress is told."""
    if isinstance(part, BucketBackup):
        return bool(session.inspect_inventory(part).findings)
    filed = cast("TableBackup | DatabaseBackup", part)
    verdict = session.inspect(
        manifest, [filed], read_bytes=progress is not None, progress=progress or (lambda _: None)
    )
    return bool(verdict.findings)


def _newest_whole(
    session: Session,
    manifest: Manifest,
    kind: KindName,
    name: str,
    runs: Sequence[RunSummary],
    *,
    damaged: Collection[str] = (),
    progress: _Progress | None = None,
) -> FallBack | None:
    """Return the newest older run in which a part is whole, or None.

    Args:
        session: The command's clients.
        manifest: The run that was chosen.
        kind: What the part is.
        name: Its name.
        runs: Every run.
        damaged: Files that are known to be damaged.
        progress: Told about bytes as they are read; None compares metadata only.
    """
    older = [
        (run.recovery_point, run.run_id)
        for run in runs
        if run.state == "complete"
        and run.run_id != manifest.run_id
        and run.recovery_point is not None
        and run.recovery_point <= manifest.recovery_point
    ]
    for point, run_id in sorted(older, reverse=True):
        earlier = session.vault.manifest(run_id)
        part = earlier.part(part_kind(kind), name)
        if part is None or name in damaged_in(earlier, damaged):
            continue
        if not _is_damaged(session, earlier, part, progress):
            return FallBack(
                kind=kind,
                name=name,
                run_id=run_id,
                recovery_point=point,
                manifest_digest=session.vault.digest(run_id),
            )
    return None
