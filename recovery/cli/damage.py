"""Tells an operator what can be done when a stored file is damaged: everything else can still be restored."""

from collections.abc import Callable, Collection, Sequence
from typing import Any

from manifests.errors import BackupDamagedError
from manifests.kind import Backup, PartKind
from manifests.kinds.tables.kind import TABLES
from manifests.model.run import Manifest
from manifests.parts import kind_of
from manifests.selection import RunSummary
from recovery.kinds.known import RULES
from recovery.kinds.works import verify_parts
from recovery.plan.fallen import FallBack
from recovery.request import Request
from recovery.session import Session
from recovery.stored import Reading
from recovery.units import duration
from recovery.unseen import FALL_BACK
from recovery.verdicts import damaged_in
from recovery.verify import Verdict

type _Advance = Callable[[int], None]


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
        whole = _newest_whole(session, manifest, TABLES, name, runs, damaged=files)
        if whole is None:
            ways.append(f"no older run has {name} whole")
        else:
            older = duration((manifest.recovery_point - whole.recovery_point).total_seconds())
            ways.append(f"`--table {name} --run {whole.run_id}` takes it from {older} before")
    return "; ".join([*ways, FALL_BACK])


def fall_backs(
    session: Session, manifest: Manifest, request: Request, *, advance: _Advance
) -> tuple[FallBack, ...]:
    """Find the older runs that what is damaged comes from.

    Every file of what is asked for is read, and the inventory of each bucket. A content of a bucket
    that is gone costs the one object, so that the bucket does not fall back for it.

    Args:
        session: The command's clients.
        manifest: The run that was chosen.
        request: What the operator asked for.
        advance: Told about bytes as they are read.

    Raises:
        BackupDamagedError: No older run has a part whole.
    """
    wanted = session.origin(manifest, request).run
    damaged = _damaged(session, wanted, request, advance)
    runs = session.vault.runs() if damaged else ()
    found = {
        part.name: _newest_whole(session, manifest, kind_of(part), part.name, runs, advance=advance)
        for part in damaged
    }
    if lost := [name for name, whole in found.items() if whole is None]:
        raise BackupDamagedError(
            f"no older run has it whole: {', '.join(lost)}",
            subject=manifest.run_id,
            hint=f"`{' '.join(f'--exclude {name}' for name in lost)}` recovers the others",
        )
    return tuple(whole for whole in found.values() if whole is not None)


def _damaged(
    session: Session, manifest: Manifest, request: Request, advance: _Advance
) -> list[Backup]:
    """Return what is asked for and damaged."""
    wanted = [
        part for rules in RULES if rules.falls_back for part in rules.wanted(manifest, request)
    ]
    reading = Reading(session.vault_bucket, manifest.run_id, read_bytes=True, advance=advance)
    files = {item.subject for item in verify_parts(wanted, reading).findings}
    return [part for part in wanted if any(stored.name in files for stored in part.needed)]


def _newest_whole(
    session: Session,
    manifest: Manifest,
    kind: PartKind[Any],
    name: str,
    runs: Sequence[RunSummary],
    *,
    damaged: Collection[str] = (),
    advance: _Advance | None = None,
) -> FallBack | None:
    """Return the newest older run in which a part is whole, or None.

    Args:
        session: The command's clients.
        manifest: The run that was chosen.
        kind: What the part is.
        name: Its name.
        runs: Every run.
        damaged: Files that are known to be damaged.
        advance: Told about bytes as they are read; None compares metadata only.
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
        part = earlier.part(kind, name)
        if part is None or name in damaged_in(earlier, damaged):
            continue
        reading = Reading(session.vault_bucket, run_id, read_bytes=advance is not None)
        if advance is not None:
            reading = reading._replace(advance=advance)
        if not verify_parts([part], reading).findings:
            return FallBack(
                kind=kind.name,
                name=name,
                run_id=run_id,
                recovery_point=point,
                manifest_digest=session.vault.digest(run_id),
            )
    return None
