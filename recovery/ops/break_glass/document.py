"""Tells of a grant for an emergency, as a document and as JSON. Pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from recovery.document import Block, Column, Command, Document, Paragraph, Section, Table
from recovery.ops.break_glass.rules import TimedGrant

_COLUMNS = (Column("role"), Column("on"), Column("while"))


def grant_document(
    grants: Sequence[TimedGrant], member: str, *, until: datetime, is_made: bool
) -> Document:
    """Tell of grants, and what is done with them.

    Args:
        grants: The grants.
        member: To whom.
        until: When they end.
        is_made: Whether they were made.
    """
    rows = tuple((_short(it), _on(it), it.expression) for it in grants)
    email = member.partition(":")[2]
    act = f"gcloud auth application-default login --impersonate-service-account={email}"
    after: tuple[Block, ...] = (
        (
            Command("act as it", act),
            Command("take it back before its time", "rebound break-glass --end"),
        )
        if is_made
        else (
            Paragraph("nothing was granted; these commands do it"),
            *(Command(f"{_short(it)} on {_on(it)}", it.command(member)) for it in grants),
            Command("all of them", "rebound break-glass --yes --reason WHY"),
        )
    )
    return Document(
        title=f"{email}, until {until:%Y-%m-%d %H:%M} UTC",
        sections=(Section((Table(_COLUMNS, rows),)), Section(after)),
    )


def _short(grant: TimedGrant) -> str:
    return grant.role.rpartition("/")[2]


def _on(grant: TimedGrant) -> str:
    return f"gs://{grant.name}" if grant.on == "bucket" else grant.name


def grant_json(
    grants: Sequence[TimedGrant], member: str, *, until: datetime, is_made: bool
) -> dict[str, Any]:
    """Return the same as JSON has it."""
    return {
        "member": member,
        "until": until.isoformat(),
        "granted": is_made,
        "grants": [{**it._asdict(), "command": it.command(member)} for it in grants],
    }
