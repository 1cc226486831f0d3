"""From the options of `plan` and `recover` to a plan that somebody said yes to."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from manifests.errors import (
    BackupDamagedError,
    ManifestAlteredError,
    ReboundError,
    RefusedError,
    UsageError,
)
from manifests.json_text import read_file
from recovery.cli.approvals import check_beside
from recovery.cli.consent import agree, unanswered
from recovery.cli.damage import fall_backs, ways_around
from recovery.cli.options import past, print_json, tell
from recovery.console import Console
from recovery.fencing import with_fence
from recovery.kinds.works import verify_parts
from recovery.options.asked import Options
from recovery.plan.approval import approved, decided_of_recovery, read_plan
from recovery.plan.fallen import FallBack
from recovery.plan.model import Plan
from recovery.plan.said import check_not_drilled, resuming
from recovery.plan.unread import unread
from recovery.report.planned import plan_document
from recovery.request import said_of_databases
from recovery.session import Session
from recovery.stored import Reading
from recovery.under_way import under_way
from recovery.unseen import FALL_BACK

_UNDER_WAY = timedelta(days=1)


class Words(NamedTuple):
    """The words of one command, which allow what it does, and how it tells of that.

    Attributes:
        confirmed_projects: The projects that may be changed, though protected or of others.
        access: Whether what the plan changes about access was allowed.
        untrusted: Whether a run is taken that nobody we trust signed.
        anew: Whether another recovery may be under way.
        yes: Whether nobody is to be asked.
        as_json: Whether the command tells what it does in JSON.
        verbose: Whether its plan names each of many things that are alike.
    """

    confirmed_projects: tuple[str, ...]
    access: bool
    untrusted: bool = False
    anew: bool = False
    yes: bool = False
    as_json: bool = False
    verbose: bool = False


def agreed(session: Session, console: Console, made: Plan, words: Words, *, is_read: bool) -> Plan:
    """Return a plan that has every word it needs, and that the operator says yes to.

    Args:
        session: The command's clients.
        console: Told how far the backup is read.
        made: The plan.
        words: What the operator said.
        is_read: Whether its backup was read already.
    """
    if not words.as_json:
        show_plan(made, now=session.started_at, as_json=False, is_whole=words.verbose)
    others = () if words.anew else another(session, made)
    session.refuse(
        made,
        confirmed_projects=words.confirmed_projects,
        access=words.access,
        untrusted=words.untrusted,
        others=(*others, *unanswered(yes=words.yes, changes=made.changes)),
    )
    if not (made.come_first or is_read):
        check_backup(session, console, made)
    agree(yes=words.yes, changes=made.changes)
    return made


def planned(session: Session, console: Console, scenario_name: str, options: Options) -> Plan:
    """Decide what a recovery does, from the options of the command."""
    now = session.started_at
    request = options.request(
        scenario_name, session.catalog, project=session.settings.project, now=now
    )
    if request.rebuild:
        return with_fence(session, session.plan(None, request))
    selection, manifest = session.choose(run=options.run, at=past(options.at, now=now))
    fallen_back: tuple[FallBack, ...] = ()
    if options.fall_back:
        total = sum(item.size_bytes for item in manifest.objects)
        with console.reading(total) as advance:
            fallen_back = fall_backs(session, manifest, request, advance=advance)
    try:
        made = session.plan((selection, manifest), request, fallen_back)
        return with_fence(session, made, manifest)
    except BackupDamagedError as error:
        can_help = not (options.fall_back or isinstance(error, ManifestAlteredError))
        error.hint = error.hint or (FALL_BACK if can_help else "")
        raise


def still_planned(
    session: Session, file: Path, scenario_name: str | None, options: Options
) -> Plan:
    """Return the plan of a file, if the same would be planned now.

    Raises:
        RefusedError: The plan is not what would be planned now.
        UsageError: Something is asked for beside it.
    """
    check_beside([*(["scenario-name"] if scenario_name else []), *options.said])
    plan = read_plan(read_file(file, UsageError), "recovery", Plan, subject=str(file))
    request, own = plan.request, session.settings.project
    check_not_drilled(request, subject=str(file))
    is_own = request.target.project == own
    if not (is_own or request.project_was_named):
        raise RefusedError(
            f"the plan was made where REBOUND_PROJECT is {request.target.project}, and here it is {own}",
            subject=str(file),
            hint="carry it out there, or make a new plan with `--out` here",
        )
    # What the catalog alone says of databases no file is asked for.
    request = request.model_copy(update=said_of_databases(session.catalog, is_own=is_own))
    chosen = session.choose(run=plan.run_id, at=None) if plan.run_id else None
    made = session.plan(chosen, request, plan.fallen_back)
    now = with_fence(session, made, chosen and chosen[1])
    return approved(plan, now, decided_of_recovery, subject=str(file))


def show_plan(made: Plan, *, now: datetime, as_json: bool, is_whole: bool = False) -> None:
    """Print a plan; each of many writers that are paused only where all of it is wanted."""
    if as_json:
        print_json(made.model_dump(mode="json"))
    else:
        tell(plan_document(made, now=now, is_whole=is_whole))


def check_backup(session: Session, console: Console, made: Plan) -> None:
    """Refuse a damaged backup before anything is touched."""
    if made.run_id is None:
        return
    manifest = session.pieced(session.vault.manifest(made.run_id), made.fallen_back)
    parts = unread(made, manifest)
    if not parts:
        return
    with console.reading(sum(item.size_bytes for item in parts)) as advance:
        reading = Reading(session.vault_bucket, manifest.run_id, read_bytes=True, advance=advance)
        verdict = verify_parts(parts, reading)
    try:
        verdict.require(manifest.run_id)
    except BackupDamagedError as error:
        error.hint = ways_around(session, manifest, verdict)
        raise


def another(session: Session, made: Plan) -> tuple[RefusedError, ...]:
    """Return a refusal of a plan while another recovery of its scenario is under way."""
    since = session.started_at - _UNDER_WAY
    others = under_way(session.landing, made.request.scenario, session.seal, since=since)
    if not (others and made.changes):
        return ()
    refusal = RefusedError(
        "another recovery of this scenario was begun and has not ended",
        subject=others[-1],
        hint=f"{_continuing(session, others[-1])}, `--anew` begins another",
    )
    return (refusal,)


def _continuing(session: Session, recovery_id: str) -> str:
    try:
        planned = session.journal(recovery_id).planned()
    except ReboundError:
        return f"`rebound report {recovery_id}` tells what became of it"
    return f"`{resuming(recovery_id, planned.plan)}` continues it"
