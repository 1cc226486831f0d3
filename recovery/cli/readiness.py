"""`rebound readiness`: a score that is computed of every look there is."""

import os
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from manifests.cloud.configuration import Configuration
from manifests.kinds.resources.table import resource_type
from recovery.cli.dashboards import frame_of
from recovery.cli.options import Html, Json, end_with, open_session, show
from recovery.cli.security import security_light, security_looks
from recovery.cli.status import status_of
from recovery.console import Console
from recovery.doctor.check import examined
from recovery.doctor.checks import all_checks
from recovery.doctor.looks import Looks
from recovery.ops.at_once import looked_at
from recovery.ops.checks import MODES, PROOF, chosen_checks, findings_of
from recovery.ops.facts import Facts, Unread
from recovery.ops.looking import OpsLooks
from recovery.ops.readiness.document import readiness_document
from recovery.ops.readiness.evidence import CHANNELS, POLICIES, SERVICES, evidence
from recovery.ops.readiness.levels import LEVEL_QUERIES, service_levels
from recovery.ops.readiness.model import Readiness, read_declared, shipped_criteria
from recovery.ops.readiness.proven import proof_findings
from recovery.ops.readiness.scoring import Found, health_of, planned, readiness
from recovery.ops.readiness.store import past_records, record
from recovery.ops.security.checks import security_findings
from recovery.session import Session
from recovery.status.model import Status

app = typer.Typer()

_DECLARED = typer.Option(
    dir_okay=False,
    help="A file with what people say of what nothing can look at, each with a name and an end.",
)


@app.command("readiness")
def tell_readiness(
    declared: Annotated[Path | None, _DECLARED] = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep the score of today, to compare later ones with.")
    ] = False,
    html: Html = None,
    as_json: Json = False,
) -> None:
    """Compute how ready the platform is, and what is missing."""
    said = read_declared(declared)
    session = open_session()
    found, facts = _looked(session, Console(quiet=as_json))
    since = session.started_at - timedelta(days=session.catalog.drills.proof_days)
    model = session.catalog.operations.model
    proofs = tuple(session.proofs.since(since, now=session.started_at))
    made = readiness(
        shipped_criteria(),
        found,
        said.criteria,
        service_levels(
            facts,
            proofs,
            said.levels,
            session.started_at,
            model,
            agreed=session.catalog.objectives,
        ),
        project=session.settings.project,
        now=session.started_at,
        past=past_records(session.landing),
    )
    document = readiness_document(made)
    show(document, _json(made), html, as_json=as_json)
    if keep:
        record(session.landing, made.record)
    hint = document.conclusion.hint if document.conclusion else ""
    end_with(health_of(made), hint=hint, as_json=as_json)


def _looked(session: Session, console: Console) -> tuple[Found, Facts]:
    """Take every look there is, at once."""
    frame, light = frame_of(session), security_light(session)
    looking = OpsLooks(session.tools, session.vault, frame, partial(status_of, session))
    names = chosen_checks(MODES["full"], frame)
    asked = frame.operations.queries
    levels = [name for name in LEVEL_QUERIES if name in asked]
    doctor = Looks(session.tools, session.api, session.vault, session.proofs)
    looks = {
        "ops": lambda: looking.look(names, lambda: None),
        "levels": lambda: looking.look(levels, lambda: None),
        "security": lambda: looked_at(security_looks(session, light), lambda: None),
        "platform": lambda: looked_at(_platform_looks(session), lambda: None),
        "doctor": lambda: examined(all_checks(doctor, sides=("restore",), environment=os.environ)),
    }
    with console.looking(len(looks)) as answered:
        told = looked_at(looks, answered)
    facts: Facts = {} if isinstance(told["ops"], Unread) else told["ops"]
    of_levels: Facts = {} if isinstance(told["levels"], Unread) else told["levels"]
    platform: Facts = {} if isinstance(told["platform"], Unread) else told["platform"]
    model = frame.operations.model
    status = facts.get(PROOF)
    security = {} if isinstance(told["security"], Unread) else told["security"]
    return {
        "ops": findings_of(facts, frame),
        "security": [item.finding for item in security_findings(security, light)],
        "doctor": () if isinstance(told["doctor"], Unread) else told["doctor"],
        "status": tuple(proof_findings(status)) if isinstance(status, Status) else (),
        "platform": tuple(evidence({**facts, **platform}, model, frame.now)),
    }, {**facts, **of_levels}


def _platform_looks(session: Session) -> Mapping[str, Callable[[], object]]:
    """Return what lists the configuration that tells of readiness."""
    configuration = Configuration(session.tools.rest(), session.settings.project)
    locations = session.catalog.operations.locations
    return {
        fact: partial(configuration.listed, resource_type(name), locations)
        for fact, name in (
            (POLICIES, "monitoring/alert-policy"),
            (CHANNELS, "monitoring/channel"),
            (SERVICES, "run/service"),
        )
    }


def _json(made: Readiness) -> dict[str, Any]:
    return {
        **made.model_dump(mode="json"),
        "health": health_of(made),
        "gaps": [item.model_dump(mode="json") for item in made.gaps],
        "plan": {
            f"{days}": [f"{item.dimension}/{item.name}" for item in its]
            for days, its in planned(made.gaps).items()
        },
    }
