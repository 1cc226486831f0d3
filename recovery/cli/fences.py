"""Fence and thaw: pause the writers of what is to be restored, and resume exactly those."""

from collections.abc import Sequence
from typing import Annotated

import typer

from manifests import fence_layout
from manifests.catalog_writers import FenceRule
from manifests.errors import (
    BackupDamagedError,
    NotEqualError,
    ObjectiveMissedError,
    RefusedError,
    UsageError,
)
from manifests.parts import PARTS
from recovery.cli.consent import agree
from recovery.cli.options import Json, Reason, Yes, note, open_session, print_json, say
from recovery.cli.statement import statement
from recovery.cli.thawing import carried_out, document
from recovery.console import Console
from recovery.fence.insisting import require_quiet
from recovery.fence.model import FenceOutcome, FenceRecord, Quiet
from recovery.fence.store import Fences
from recovery.fence.text import (
    due_lines,
    fence_lines,
    is_late,
    outcome_lines,
    quiet_lines,
    standing_lines,
    thaw_lines,
)
from recovery.fence.work import failures, require_all
from recovery.fence_ends import conclude
from recovery.fencing import fence_record, quiet_of, rule_of
from recovery.paused import fencing_of, require_paused
from recovery.plan.words import refuse_all
from recovery.scenarios import scenario
from recovery.session import Session
from recovery.thawing import coming, planned_thaw_of, resumed, strange, unborne, waves_until
from recovery.units import counted

app = typer.Typer()

_MOST_NAMED = 5

_DATASETS = typer.Option("--dataset", help="Only the writers of this dataset.")
_BUCKETS = typer.Option("--bucket", help="Only the writers of this bucket.")
_DATABASES = typer.Option("--database", help="Only the writers of this Firestore database.")


@app.command()
def fence(
    name: Annotated[
        str | None,
        typer.Argument(metavar="SCENARIO", help="What happened; all writers when omitted."),
    ] = None,
    dataset: Annotated[list[str] | None, _DATASETS] = None,
    bucket: Annotated[list[str] | None, _BUCKETS] = None,
    database: Annotated[list[str] | None, _DATABASES] = None,
    why: Annotated[
        str, typer.Option("--why", "--reason", help="What it is for; kept with it.")
    ] = "",
    status: Annotated[bool, typer.Option("--status", help="List the fences that stand.")] = False,
    despite: Annotated[list[str] | None, statement("despite")] = None,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Pause what writes to what is to be restored."""
    session = open_session()
    rule = rule_of(session)
    if status:
        _show_standing(session, rule, as_json=as_json)
        return
    named = [
        *(f"dataset {item}" for item in dataset or ()),
        *(f"bucket {item}" for item in bucket or ()),
        *(f"database {item}" for item in database or ()),
    ]
    things = _things(session, name, named)
    fencing = fencing_of(session)
    record = fence_record(session, rule, things, why=why)
    if not as_json:
        say(*fence_lines(record))
    if record.writers:
        agree(yes=yes)
        session.actions.begin("fence", record.fence_id, why)
        now = fence_record(session, rule, things, why=why)
        _require_as_shown(record.fence_id, now.writers, record.writers)
        session.tools.fences.begin(record)
        say(f"fence {record.fence_id}", err=True)
    hint = f"`rebound fence` again; `rebound thaw {record.fence_id}` undoes it"
    with Console(quiet=as_json).ending_at_once(f"interrupted; what was paused stays so: {hint}"):
        outcomes = fencing.pause(record)
        quiet = None if failures(outcomes) else quiet_of(session, rule, things, despite or ())
    _tell(record, outcomes, quiet, as_json=as_json)
    require_all(outcomes, hint=hint)
    if record.writers and not as_json:
        note(f"hint: `rebound thaw {record.fence_id}` resumes exactly these")
    if quiet is not None:
        failure = NotEqualError("it is not quiet", subject=record.fence_id)
        require_quiet(quiet, failure, "rebound fence")
        require_paused(session, [record], failure)


@app.command()
def thaw(
    name: Annotated[
        str | None, typer.Argument(metavar="FENCE", help="The only one that stands when omitted.")
    ] = None,
    changed: Annotated[
        bool, typer.Option("--changed", help="Also those that were changed while they were paused.")
    ] = False,
    address: Annotated[
        list[str] | None,
        typer.Option("--address", help="Let a writer send to this host; '*' for any."),
    ] = None,
    writer: Annotated[
        list[str] | None,
        typer.Option(
            "--writer", help="Resume this one though only a record names it; '*' for any."
        ),
    ] = None,
    seek_past: Annotated[
        bool, typer.Option("--seek-past", help="Discard what waits for subscriptions.")
    ] = False,
    wave: Annotated[
        str, typer.Option("--wave", help="Only the catalog's waves up to this one.")
    ] = "",
    no_check: Annotated[
        bool, typer.Option("--no-check", help="Do not run the catalog's flow check in between.")
    ] = False,
    reason: Reason = "",
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Resume exactly what a fence paused."""
    session = open_session()
    fences = session.tools.fences
    written = fences.fence(fence_layout.parse_fence_id(name) if name else _only(fences))
    record = written.record
    if (over := fences.thawed(record.fence_id)) is not None:
        raise RefusedError(
            f"it was thawed at {over.thawed_at:%Y-%m-%dT%H:%MZ}",
            subject=record.fence_id,
            hint="`rebound fence --status` lists those that stand",
        )
    if record.project != session.settings.project:
        raise RefusedError(
            f"its writers are in {record.project}, which is not REBOUND_PROJECT",
            subject=record.fence_id,
        )
    _check_wave(session, wave)
    planned = planned_thaw_of(session, record, changed_too=changed, alone=written.alone)
    if not as_json:
        check = None if no_check else planned.check
        say(
            *thaw_lines(record, planned.steps, check),
            *due_lines(coming(session, planned), record, seek_past=seek_past),
        )
    refuse_all(
        [*strange(session, planned, address or ()), *unborne(session, planned, writer or ())]
    )
    agree(yes=yes)
    session.actions.begin("thaw", record.fence_id, reason)
    now = planned_thaw_of(session, record, changed_too=changed, alone=written.alone)
    _require_as_shown(record.fence_id, now.steps, planned.steps)
    waves = resumed(
        session, planned, note, seek_past=seek_past, until=wave, is_checked=not no_check
    )
    outcomes = carried_out(waves, record, as_json=as_json)
    if sum(len(steps) for _, steps in waves_until(session, planned, wave)) == len(planned.steps):
        conclude(session, planned, outcomes)
    if name is None:
        _require_all_read(fences)


def _require_as_shown(fence: str, now: Sequence[object], shown: Sequence[object]) -> None:
    """Insist that what would be done is what was agreed to: somebody may have waited with the answer.

    Raises:
        RefusedError: Another fence, or somebody else, changed what runs meanwhile.
    """
    if now != shown:
        raise RefusedError(
            "what runs, or which fences stand, changed since it was shown; nothing was changed",
            subject=fence,
            hint="the same command again shows it as it is now",
        )


def _check_wave(session: Session, wave: str) -> None:
    """Refuse a wave that the catalog does not name.

    Raises:
        UsageError: It names others, or none.
    """
    names = [item.name for item in rule_of(session).waves] if wave else []
    if wave and wave not in names:
        raise UsageError(f"no such wave; there are: {', '.join(names) or 'none'}", subject=wave)


def _things(session: Session, name: str | None, named: list[str]) -> list[str]:
    """Return what is to be fenced.

    Raises:
        UsageError: There is no such scenario, or what is named is not in the catalog.
    """
    catalog = session.catalog
    covers = scenario(name).covers if name else [kind.name for kind in PARTS]
    protected = list(catalog.written(covers))
    if not covers and catalog.processors is not None:
        protected = [f"dataset {item}" for item in catalog.processors.dataset_ids]
    if unknown := [item for item in named if item not in protected]:
        raise UsageError(
            f"not in the catalog: {', '.join(unknown)}", hint=f"it has {', '.join(protected)}"
        )
    return named or protected


def _only(fences: Fences) -> str:
    """Return the fence that is thawed where none is named: the only one that stands and can be read.

    Raises:
        BackupDamagedError: None of those that stand can be read.
        UsageError: Nothing says which.
    """
    standing = [item.fence_id for item in fences.readable()]
    if not standing:
        _require_all_read(fences)
    if len(standing) != 1:
        several = f"{len(standing)} fences stand that can be read, so one has to be named"
        what = several if standing else "no fence stands, so that nothing is paused"
        commands = [f"`rebound thaw {item}`" for item in standing[:_MOST_NAMED]]
        hint = "; ".join((*commands, "`rebound fence --status` lists them")) if standing else ""
        raise UsageError(what, hint=hint)
    return standing[0]


def _require_all_read(fences: Fences) -> None:
    """Name each fence of which nobody can tell what it paused.

    Raises:
        BackupDamagedError: There is one.
    """
    unread = [item for item in fences.standing() if item.error is not None]
    for item in unread:
        say(f"{item.name}: {item.error}", err=True)
    if unread:
        raise BackupDamagedError(
            f"{counted(len(unread), 'fence')} cannot be read: what they paused stays so",
            subject=unread[0].name,
            hint="find out who wrote it; its other record, in the other bucket, may tell what it paused",
        )


def _show_standing(session: Session, rule: FenceRule, *, as_json: bool) -> None:
    """List the fences that stand, and name those that cannot be read.

    Raises:
        BackupDamagedError: One cannot be read.
        ObjectiveMissedError: One stands longer than the catalog allows.
    """
    fences, now = session.tools.fences, session.started_at
    standing = [item.record for item in fences.standing() if item.record is not None]
    if as_json:
        print_json([item.model_dump(mode="json") for item in standing])
    else:
        lines = standing_lines(standing, now=now, most_hours=rule.most_hours)
        for record in standing:
            if record.project == session.settings.project:
                planned = planned_thaw_of(session, record, changed_too=False)
                lines += due_lines(coming(session, planned), record, seek_past=False)
        say(*lines)
    _require_all_read(fences)
    if late := [item for item in standing if is_late(item, now, rule.most_hours)]:
        raise ObjectiveMissedError(
            f"a fence stands longer than {rule.most_hours:g} h",
            subject=late[0].fence_id,
            hint=f"`rebound thaw {late[0].fence_id}`",
        )


def _tell(
    record: FenceRecord, outcomes: list[FenceOutcome], quiet: Quiet | None, *, as_json: bool
) -> None:
    if as_json:
        told = {"quiet": None if quiet is None else quiet.model_dump(mode="json")}
        print_json({**document(record, outcomes), **told})
        return
    say(*outcome_lines(outcomes, "paused"), *(quiet_lines(quiet) if quiet is not None else ()))
