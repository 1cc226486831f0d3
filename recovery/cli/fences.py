"""Fence and thaw: pause the writers of what is to be restored, and resume exactly those."""

import sys
from collections.abc import Collection
from typing import Annotated, Any

import typer

from manifests import fence_layout
from manifests.catalog_writers import FenceRule
from manifests.cloud.clients import bigquery_client
from manifests.cloud.configuration import Configuration
from manifests.cloud.resources import Resources
from manifests.cloud.rest import Rest
from manifests.errors import (
    CatalogError,
    NoRecoveryPointError,
    NotEqualError,
    ObjectiveMissedError,
    RefusedError,
    UsageError,
)
from manifests.kinds.resources.table import resource_type
from recovery.cli.agreement import nobody_answers, require_yes
from recovery.cli.options import Json, Reason, Yes, open_session, print_json, say
from recovery.fence.model import FenceOutcome, FenceRecord, Quiet, ThawRecord, ThawStep
from recovery.fence.quiet import wait_for_quiet
from recovery.fence.rules import addresses, planned_fence, planned_thaw, strange_addresses
from recovery.fence.store import Fences
from recovery.fence.text import (
    fence_lines,
    is_late,
    outcome_lines,
    quiet_lines,
    standing_lines,
    thaw_lines,
)
from recovery.fence.work import Fencing, failures, require_all
from recovery.kinds.resources.cloud.stored import read_resources
from recovery.plan.words import refuse_all
from recovery.scenarios import scenario
from recovery.session import Session

app = typer.Typer()

_DATASETS = typer.Option("--dataset", help="Only the writers of this dataset.")
_BUCKETS = typer.Option("--bucket", help="Only the writers of this bucket.")
_DATABASES = typer.Option("--database", help="Only the writers of this Firestore database.")


@app.command()
def fence(
    name: Annotated[
        str | None, typer.Argument(metavar="SCENARIO", help="What happened; all when omitted.")
    ] = None,
    dataset: Annotated[list[str] | None, _DATASETS] = None,
    bucket: Annotated[list[str] | None, _BUCKETS] = None,
    database: Annotated[list[str] | None, _DATABASES] = None,
    why: Annotated[
        str, typer.Option("--why", "--reason", help="What it is for; kept with it.")
    ] = "",
    status: Annotated[bool, typer.Option("--status", help="List the fences that stand.")] = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Pause what writes to the things that are to be restored: `rebound fence --dataset nba_raw`."""
    session = open_session()
    rule = _rule(session)
    if status:
        _show_standing(session, rule, as_json=as_json)
        return
    named = [
        *(f"dataset {item}" for item in dataset or ()),
        *(f"bucket {item}" for item in bucket or ()),
        *(f"database {item}" for item in database or ()),
    ]
    things = _things(session, name, named)
    fencing = _fencing(session)
    record = planned_fence(
        rule,
        things,
        fencing.found(rule),
        fence_id=fence_layout.fence_id(session.begun_at(), session.own_id[:4]),
        project=session.settings.project,
        why=why,
        now=session.started_at,
    )
    if not as_json:
        say("\n".join(fence_lines(record)))
    if record.writers:
        _agree(yes=yes)
        session.actions.begin("fence", record.fence_id, why)
        _fences(session).begin(record)
        say(f"fence {record.fence_id}", err=True)
    outcomes = fencing.pause(record)
    hint = f"`rebound fence` again; `rebound thaw {record.fence_id}` undoes it"
    quiet = None if failures(outcomes) else _quiet(session, record, rule)
    _tell(record, outcomes, quiet, as_json=as_json)
    require_all(outcomes, hint=hint)
    if quiet is not None and quiet.changed:
        raise NotEqualError(
            f"{len(quiet.changed)} tables are still written, the first: {quiet.changed[0]}",
            subject=record.fence_id,
            hint="wait for what runs to end, or find the writer that the catalog does not name, "
            "then `rebound fence` again",
        )


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
    reason: Reason = "",
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Resume exactly what a fence paused, as it was: `rebound thaw`."""
    session = open_session()
    fences = _fences(session)
    record = fences.record(fence_layout.parse_fence_id(name) if name else _only(fences))
    if (over := fences.thawed(record.fence_id)) is not None:
        raise RefusedError(
            f"it was thawed at {over.thawed_at:%Y-%m-%dT%H:%MZ}", subject=record.fence_id
        )
    if record.project != session.settings.project:
        raise RefusedError(
            f"its writers are in {record.project}, which is not REBOUND_PROJECT",
            subject=record.fence_id,
        )
    fencing = _fencing(session)
    steps = planned_thaw(record, fencing.present(record), changed_too=changed)
    if not as_json:
        say("\n".join(thaw_lines(record, steps)))
    refuse_all(_strange(session, fencing, steps, address or ()))
    _agree(yes=yes)
    session.actions.begin("thaw", record.fence_id, reason)
    outcomes = fencing.resume(record, steps)
    _tell_thawed(record, outcomes, as_json=as_json)
    require_all(outcomes, hint=f"`rebound thaw {record.fence_id}` goes on")
    if waiting := [step for step in steps if not step.is_over]:
        raise NotEqualError(
            f"{len(waiting)} writers were changed meanwhile and stay paused, the first: "
            f"{waiting[0].name}",
            subject=record.fence_id,
            hint=f"look at each, then `rebound thaw {record.fence_id} --changed` resumes them",
        )
    fences.end(
        ThawRecord(
            fence_id=record.fence_id,
            thawed_at=session.clock.latest(),
            resumed=tuple(item.name for item in outcomes),
            left=tuple(f"{step.name}: {step.why}" for step in steps if step.action == "leave"),
        )
    )


def _strange(
    session: Session, fencing: Fencing, steps: list[ThawStep], said: Collection[str]
) -> list[RefusedError]:
    """Return a refusal of each address that a thaw would set and that nothing else bears out."""
    kept = _kept(session) if any(step.address for step in steps) else {}
    if not (strange := strange_addresses(steps, (), kept, said)):
        return strange
    rule = session.catalog.fence
    return strange_addresses(steps, fencing.reached(rule.locations if rule else ()), kept, said)


def _kept(session: Session) -> dict[str, str]:
    """Return where each writer sent to when the newest run was made, by name."""
    try:
        _, manifest = session.choose(run=None, at=None)
    except NoRecoveryPointError:
        return {}
    return {
        stored.name: address
        for part in manifest.resources
        if (kind := resource_type(part.type)).pause
        for stored in read_resources(session.vault_bucket, part)
        for address in addresses(kind, stored.resource)
    }


def _rule(session: Session) -> FenceRule:
    if session.catalog.fence is None:
        raise CatalogError(
            "the catalog does not say what writes to what", hint="its field `fence` says it"
        )
    return session.catalog.fence


def _things(session: Session, name: str | None, named: list[str]) -> list[str]:
    """Return what is to be fenced.

    Raises:
        UsageError: There is no such scenario, or what is named is not in the catalog.
    """
    covers = scenario(name).covers if name else ("tables", "buckets", "databases")
    catalog = session.catalog
    known = {
        "tables": [f"dataset {item}" for item in catalog.dataset_ids],
        "buckets": [f"bucket {item.bucket}" for item in catalog.buckets],
        "databases": [f"database {item.database}" for item in catalog.databases],
    }
    protected = [thing for kind in covers for thing in known.get(kind, ())]
    if not covers and catalog.processors is not None:
        protected = [f"dataset {item}" for item in catalog.processors.dataset_ids]
    if unknown := [item for item in named if item not in protected]:
        raise UsageError(
            f"not in the catalog: {', '.join(unknown)}", hint=f"it has {', '.join(protected)}"
        )
    return named or protected


def _fencing(session: Session) -> Fencing:
    rest = Rest(session.settings.api_endpoint)
    return Fencing(Configuration(rest, session.settings.project))


def _fences(session: Session) -> Fences:
    return Fences(session.landing, session.vault_bucket)


def _only(fences: Fences) -> str:
    standing = [item.fence_id for item in fences.standing()]
    if len(standing) != 1:
        raise UsageError(
            f"{len(standing)} fences stand, so one has to be named",
            hint="`rebound fence --status` lists them",
        )
    return standing[0]


def _show_standing(session: Session, rule: FenceRule, *, as_json: bool) -> None:
    """List the fences that stand.

    Raises:
        ObjectiveMissedError: One stands longer than the catalog allows.
    """
    standing, now = _fences(session).standing(), session.started_at
    if as_json:
        print_json([item.model_dump(mode="json") for item in standing])
    else:
        say("\n".join(standing_lines(standing, now=now, most_hours=rule.most_hours)))
    if late := [item for item in standing if is_late(item, now, rule.most_hours)]:
        raise ObjectiveMissedError(
            f"a fence stands longer than {rule.most_hours:g} h",
            subject=late[0].fence_id,
            hint=f"`rebound thaw {late[0].fence_id}`",
        )


def _agree(*, yes: bool) -> None:
    """Ask whether it is to be done, unless the answer was given.

    Raises:
        RefusedError: The answer is no, or nobody is there to give one.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise nobody_answers()
    require_yes()


def _quiet(session: Session, record: FenceRecord, rule: FenceRule) -> Quiet:
    client = bigquery_client(session.settings.project, session.catalog.location)
    resources = Resources(client, session.settings.project)
    return wait_for_quiet(resources, record.things, seconds=rule.quiet_seconds)


def _tell(
    record: FenceRecord, outcomes: list[FenceOutcome], quiet: Quiet | None, *, as_json: bool
) -> None:
    if as_json:
        told = {"quiet": None if quiet is None else quiet.model_dump(mode="json")}
        print_json({**_document(record, outcomes), **told})
        return
    lines = outcome_lines(outcomes, "paused")
    say("\n".join([*lines, *(quiet_lines(quiet) if quiet is not None else ())]))


def _tell_thawed(record: FenceRecord, outcomes: list[FenceOutcome], *, as_json: bool) -> None:
    if as_json:
        print_json(_document(record, outcomes))
    else:
        say("\n".join(outcome_lines(outcomes, "resumed")))


def _document(record: FenceRecord, outcomes: list[FenceOutcome]) -> dict[str, Any]:
    ended = [item.model_dump(mode="json") for item in outcomes]
    return {**record.model_dump(mode="json"), "outcomes": ended}
