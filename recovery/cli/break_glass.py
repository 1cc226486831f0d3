"""`rebound break-glass`: let whoever recovers do so, for some hours."""

from datetime import timedelta
from typing import Annotated

import typer

from manifests.cloud.rest import Rest
from manifests.errors import CloudError, UsageError
from recovery.cli.options import Json, open_session, print_json, say, tell
from recovery.console import say_on_stderr
from recovery.ops.break_glass.document import grant_document, grant_json
from recovery.ops.break_glass.rules import GrantPlaces, emergency_grants
from recovery.ops.break_glass.work import Policies
from recovery.session import Session
from recovery.units import printable

_HOURS, _FEWEST_HOURS, _MOST_HOURS = 4.0, 0.25, 24.0

app = typer.Typer()


@app.command("break-glass")
def break_glass(
    hours: Annotated[
        float,
        typer.Option(min=_FEWEST_HOURS, max=_MOST_HOURS, help="How long it holds, in hours."),
    ] = _HOURS,
    yes: Annotated[
        bool,
        typer.Option("--yes", help="Grant it; needs `--reason`. Without it nothing is granted."),
    ] = False,
    end: Annotated[
        bool, typer.Option("--end", help="Take back what was granted, before its time.")
    ] = False,
    reason: Annotated[
        str,
        typer.Option("--reason", help="Why: written down with who did what. `--yes` needs it."),
    ] = "",
    as_json: Json = False,
) -> None:
    """Show what a recovery has to be granted; `--yes` grants it.

    The grant is for an emergency and ends by itself. It needs a reason: `--yes` goes with `--reason`.
    """
    if yes and end:
        raise UsageError("it is granted or taken back, not both", hint="leave one of them out")
    if yes and not reason:
        raise UsageError("a grant for an emergency has a reason", hint='add `--reason "..."`')
    session = open_session()
    project, vault = session.settings.project, session.vault_bucket
    policies = Policies(Rest(session.settings.api_endpoint), project, vault.versions)
    email = f"rebound-restore@{project}.iam.gserviceaccount.com"
    if end:
        _end(session, policies, email, reason, as_json=as_json)
        return
    places = GrantPlaces(
        project, vault.name, policies.vault_project(), bool(session.catalog.resources)
    )
    until = (session.started_at + timedelta(hours=hours)).replace(microsecond=0)
    grants = emergency_grants(places, until)
    member = f"serviceAccount:{email}"
    if yes:
        policies.require(email, [it.role for it in grants])
        _write_down(session, f"until {until:%Y-%m-%dT%H:%M:%SZ}", reason)
        policies.grant(grants, member)
    if as_json:
        print_json(grant_json(grants, member, until=until, is_made=yes))
    else:
        tell(grant_document(grants, member, until=until, is_made=yes))


def _write_down(session: Session, subject: str, reason: str) -> None:
    """Write down what is granted or taken back, if that can be done; where it cannot it is told.

    Who may set policies has not to be able to write into the vault, and an emergency does not wait.
    """
    try:
        session.actions.begin("break-glass", subject, reason)
    except CloudError as error:
        told = f"not written down, {error}; Google's audit log has who changed the policies"
        say_on_stderr(printable(told), label="warning")


def _end(session: Session, policies: Policies, email: str, reason: str, *, as_json: bool) -> None:
    """Take back what was granted, if anything was."""
    member = f"serviceAccount:{email}"
    was_granted = policies.are_granted(member)
    if was_granted:
        _write_down(session, "ended", reason)
        policies.end(member)
    if as_json:
        print_json({"member": member, "granted": False, "was_granted": was_granted})
    else:
        say(
            f"{email}: {'its grant is taken back, in effect within minutes' if was_granted else 'nothing was granted to it'}"
        )
