"""What is kept of drills: listed, agreed with, and what is to be mended after them."""

from datetime import date
from pathlib import Path
from typing import Any

from manifests.drill_layout import parse_drill_id
from manifests.errors import UsageError
from recovery.cli.options import open_session, print_json, say, tell, write_page
from recovery.drill.audit import check_closing, check_verifier
from recovery.drill.document import history_document, unchecked_verifier
from recovery.drill.model import DrillFinding, FindingClosed, Kept, SignOff
from recovery.drill.store import drills_of


def print_history(year: int | None, html: Path | None, *, as_json: bool) -> None:
    """List drills; of a year print everything that is kept."""
    session = open_session()
    kept = [item for item in drills_of(session.tools).all() if year in (None, _year(item))]
    document = history_document(kept, now=session.started_at)
    write_page(html, document)
    if as_json or year is not None:
        print_json([item.model_dump(mode="json") for item in kept])
    elif kept:
        tell(document)
    else:
        say("no drills", err=True)


def _year(kept: Kept) -> int | None:
    return kept.begun.began_at.year if kept.begun else None


def sign_off(name: str, verifier: str, *, as_json: bool) -> None:
    """Write down that somebody else than its operator agrees with the record of a drill.

    Raises:
        RefusedError: It has no record that is believed, or whoever ran it agrees.
    """
    session = open_session()
    drills = drills_of(session.tools)
    kept = drills.kept(parse_drill_id(name))
    identity = session.api.identity
    check_verifier(
        kept.record,
        verifier,
        identity=identity,
        doubt=kept.trust.problem if kept.trust else "",
    )
    signed = drills.sign(
        SignOff(
            drill_id=kept.drill_id,
            verifier=verifier,
            identity=identity,
            signed_at=session.started_at,
            record_digest=kept.record_digest,
        )
    )
    if doubt := unchecked_verifier(kept.record, identity):
        say(doubt, err=True)
    tell_written(
        signed.model_dump(mode="json"), f"{name}: signed off by {signed.verifier}", as_json
    )


def write_finding(name: str, said: dict[str, Any], *, as_json: bool) -> None:
    """Write down what is to be mended after a drill.

    Raises:
        UsageError: Something is not said, or the day is none.
    """
    options = {"what": "`--what`", "owner": "`--owner`", "due": "`--until`"}
    if missing := [option for word, option in options.items() if not said[word].strip()]:
        raise UsageError(f"a finding has to say {', '.join(missing)}", subject=name)
    try:
        date.fromisoformat(said["due"])
    except ValueError as error:
        raise UsageError(
            f"no day: {said['due']}", subject="--until", hint="as `--until 2026-12-31`"
        ) from error
    session = open_session()
    drills = drills_of(session.tools)
    kept = drills.kept(parse_drill_id(name))
    made = drills.find(DrillFinding(drill_id=kept.drill_id, found_at=session.started_at, **said))
    told = f"{name}: finding {made.number}, {made.owner} mends it until {made.due}"
    tell_written(made.model_dump(mode="json"), told, as_json)


def close_finding(name: str, number: int, by: str, shown_by: str, *, as_json: bool) -> None:
    """Write down that a finding was mended.

    Raises:
        UsageError: There is no such finding, or nothing shows that it is mended.
    """
    session = open_session()
    drills = drills_of(session.tools)
    kept = drills.kept(parse_drill_id(name))
    check_closing(kept, number, {"`--by`": by, "`--shown-by`": shown_by})
    closed = drills.close(
        FindingClosed(
            drill_id=kept.drill_id,
            number=number,
            closed_at=session.started_at,
            by=by,
            identity=session.api.identity,
            shown_by=shown_by,
        )
    )
    told = f"{name}: finding {number} is mended, says {closed.by}: {closed.shown_by}"
    tell_written(closed.model_dump(mode="json"), told, as_json)


def tell_written(document: dict[str, Any], text: str, as_json: bool) -> None:
    """Tell what was written or done."""
    if as_json:
        print_json(document)
    else:
        say(text)
