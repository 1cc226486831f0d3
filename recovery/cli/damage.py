"""What an operator can do when a stored file of some tables is damaged: the others are not lost."""

from collections.abc import Sequence

from manifests.model import Manifest
from manifests.selection import RunSummary
from recovery.session import Session
from recovery.units import duration
from recovery.verdicts import damaged_in
from recovery.verify import Verdict


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
        whole = _newest_whole(session, name, runs, files)
        if whole is None or whole.recovery_point is None:
            ways.append(f"no other run has {name} whole")
        else:
            older = duration((manifest.recovery_point - whole.recovery_point).total_seconds())
            ways.append(f"`--table {name} --run {whole.run_id}` takes it from {older} before")
    return "; ".join(ways)


def _newest_whole(
    session: Session, table: str, runs: Sequence[RunSummary], damaged: frozenset[str]
) -> RunSummary | None:
    """Return the newest complete run in which no file of a table is damaged or missing."""
    complete = [run for run in runs if run.state == "complete" and run.recovery_point]
    for run in sorted(complete, key=lambda run: str(run.recovery_point), reverse=True):
        manifest = session.vault.manifest(run.run_id)
        found = manifest.table(table)
        if found is None or any(item.name in damaged for item in found.objects):
            continue
        verdict = session.inspect(
            manifest, tables=(table,), read_bytes=False, progress=lambda _: None
        )
        if not verdict.findings:
            return run
    return None
