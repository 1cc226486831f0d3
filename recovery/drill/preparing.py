"""What has to hold before a drill makes anything, and what it is to show, written down."""

import hashlib
import time
from collections.abc import Sequence
from datetime import datetime, timedelta

from manifests import __version__, coverage, drill_layout
from manifests.model.run import Manifest
from manifests.selection import Selection
from manifests.settings import read_settings
from manifests.values import RunId, UtcTime
from recovery.drill.asked import Asked
from recovery.drill.damage import planted_in
from recovery.drill.model import Chosen, Criteria, DrillBegun
from recovery.drill.phases import Stopwatch
from recovery.drill.prepared import Prepared
from recovery.drill.rules import (
    SANDBOX_LABEL,
    criteria_of,
    drawn,
    expected_controls,
    of_any_age,
)
from recovery.drill.sandbox import sandbox_of
from recovery.drill.tasks import (
    SAMPLE,
    SAMPLED,
    Task,
    drilled,
    out_of_scope,
    sample_tasks,
    whole_tasks,
)
from recovery.kinds.places import Places
from recovery.runbooks import page_digests
from recovery.scenarios import RecoveryKind, scenario
from recovery.session import Session
from recovery.settings import Settings
from recovery.status.model import PartName
from recovery.status.rules import shown_of


def prepared(asked: Asked) -> Prepared:
    """Look at everything that has to hold before a drill begins.

    Raises:
        RefusedError: The project is protected, is no sandbox, or a right is missing; somebody else
            wrote an erasure, by which less would be restored and called whole.
        NoRecoveryPointError: There is no run to restore.
        UsageError: The scenario restores nothing.
    """
    settings = read_settings(Settings)
    session, places = _session(settings)
    began_at = session.begun_at()
    watch = Stopwatch(began_at, time.monotonic)
    sandbox, isolation = _isolation(session, asked.sandbox)
    asked = asked._replace(sandbox=sandbox)
    if session.seal.is_checking:
        session.ledger.require_signed()
    run = drawn(places.mark, session.vault.runs()) if asked.is_random else asked.run
    selection, stored = session.choose(run=run, at=None)
    manifest = coverage.within(session.catalog, stored)
    covers = SAMPLED if asked.scenario == SAMPLE else drilled(asked.scenario).covers
    tasks = _tasks(session, asked, manifest, covers, places, now=began_at)
    begun = _begun(
        session,
        asked,
        places,
        selection,
        manifest=manifest,
        tasks=tasks,
        covers=covers,
        began_at=began_at,
        isolation=isolation,
    )
    looks = asked.looks_at_platform
    return Prepared(session, watch, places, begun, selection, manifest, stored, tasks, looks)


def _session(settings: Settings) -> tuple[Session, Places]:
    """Return the clients of a drill, which works in datasets of its own."""
    first = Session(settings)
    places = Places(first.own_id[:8])
    own = {"scratch_dataset": places.scratch_dataset, "undo_dataset": places.undo_dataset}
    return Session(settings.model_copy(update=own)), places


def _isolation(session: Session, named: str) -> tuple[str, tuple[str, ...]]:
    """Return the id of the project that is written to, and why nothing protected is in reach.

    Raises:
        RefusedError: It is, or nobody can tell.
    """
    sandbox = sandbox_of(named, session.catalog, session.settings)
    return sandbox, (
        f"{sandbox} is neither REBOUND_PROJECT nor one of the catalog's protected projects",
        f"{sandbox} has the label {SANDBOX_LABEL}=true",
        "everything that is written has a name that begins with rebound_drill or rebound-drill",
    )


def _tasks(
    session: Session,
    asked: Asked,
    manifest: Manifest,
    covers: Sequence[RecoveryKind],
    places: Places,
    *,
    now: datetime,
) -> tuple[Task, ...]:
    catalog = session.catalog
    if asked.scenario != SAMPLE:
        return tuple(whole_tasks(covers, manifest, catalog, asked.sandbox, places))
    earliest = now - timedelta(days=catalog.drills.proof_days)
    proofs = tuple(session.proofs.since(earliest, now=now))

    def proven_at(part: PartName) -> UtcTime | None:
        found = shown_of(part, proofs, whole=False)
        return found.proof.proven_at if found else None

    return tuple(sample_tasks(manifest, catalog, asked.sandbox, places, proven_at))


def _begun(
    session: Session,
    asked: Asked,
    places: Places,
    selection: Selection,
    *,
    manifest: Manifest,
    tasks: Sequence[Task],
    covers: Sequence[RecoveryKind],
    began_at: datetime,
    isolation: tuple[str, ...],
) -> DrillBegun:
    criteria = asked.criteria or _criteria(session, asked, tasks)
    kinds = [kind for task in tasks for kind in task.request.kinds]
    expected = expected_controls(planted_in(kinds), session.catalog.fence)
    fewest = max(criteria.fewest_controls, len(expected))
    criteria = criteria.model_copy(update={"fewest_controls": fewest})
    is_sample = asked.scenario == SAMPLE
    chosen: Chosen = "random" if asked.is_random else "named" if asked.run else "newest"
    is_newest = chosen == "newest" or _newest(session) == selection.run_id
    return DrillBegun(
        drill_id=drill_layout.drill_id(asked.scenario, began_at, places.mark),
        scenario=asked.scenario,
        threat="one part of each kind is lost" if is_sample else scenario(asked.scenario).threat,
        is_sample=is_sample,
        exercise="functional" if is_sample else "full",
        criteria=criteria,
        criteria_from=asked.criteria_from,
        criteria_digest=_digest(criteria.model_dump_json()),
        scope=tuple(task.name for task in tasks),
        out_of_scope=out_of_scope(covers, manifest),
        sandbox=asked.sandbox,
        isolation=isolation,
        operator=asked.operator,
        approver=asked.approver,
        run_id=selection.run_id,
        recovery_point=selection.recovery_point,
        chosen=chosen,
        is_newest=is_newest,
        passed_over=tuple(f"{item.run_id}: {item.reason}" for item in selection.unusable),
        began_at=began_at,
        rebound_version=__version__,
        manifest_digest=session.vault.digest(selection.run_id),
        catalog_digest=_digest(session.catalog.model_dump_json()),
        pages=page_digests(),
    )


def _newest(session: Session) -> RunId:
    return session.choose(run=None, at=None)[0].run_id


def _criteria(session: Session, asked: Asked, tasks: Sequence[Task]) -> Criteria:
    """Return the objectives of what is drilled, the strictest; of a point that is drawn, of any age."""
    names: list[str] = [it.request.scenario for it in tasks] if asked.scenario == SAMPLE else []
    strictest = criteria_of(names or [asked.scenario], session.catalog)
    return of_any_age(strictest, session.catalog) if asked.is_random else strictest


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
