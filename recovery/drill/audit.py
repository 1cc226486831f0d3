"""Who may agree with the record of a drill, and call mended what was found. Pure."""

from collections.abc import Mapping

from manifests.errors import RefusedError, UsageError
from recovery.drill.model import DrillRecord, Kept
from recovery.units import listed


def check_closing(kept: Kept, number: int, said: Mapping[str, str]) -> None:
    """Refuse to call a finding mended that does not exist, or without anything that shows it.

    Args:
        kept: What is kept of the drill.
        number: The finding.
        said: Who says that it is mended, and what shows it, by the options that say so.

    Raises:
        UsageError: There is no such finding, or something is not said.
    """
    if missing := [option for option, word in said.items() if not word.strip()]:
        raise UsageError(
            f"who mended it, and what shows that, is said by {listed(missing)}",
            subject=kept.drill_id,
        )
    numbers = [item.number for item in kept.findings]
    if number not in numbers:
        there = f"there are: {', '.join(map(str, numbers))}" if numbers else "it has none"
        raise UsageError(f"no finding {number}; {there}", subject=kept.drill_id)


def check_verifier(
    record: DrillRecord | None, verifier: str, *, identity: str = "", doubt: str = ""
) -> None:
    """Refuse a sign-off of a record that is missing or not believed, and one by whoever ran the drill.

    Args:
        record: The record; None where there is none.
        verifier: Who agrees, as they call themselves.
        identity: Their account, as Google Cloud knows it; empty where nobody can tell.
        doubt: Why the record is not believed; empty where it is.

    Raises:
        RefusedError: The drill has no record, it is not trusted, or the verifier is its operator.
    """
    if record is None:
        raise RefusedError("the drill has no record that could be agreed with")
    if doubt:
        raise RefusedError(
            f"its record is {doubt}", subject=record.begun.drill_id, hint="find out who wrote it"
        )
    if verifier.strip().casefold() in ("", record.begun.operator.strip().casefold()):
        raise RefusedError(
            f"{record.begun.operator} ran it, so that somebody else has to agree",
            subject=record.begun.drill_id,
            hint="`--by NAME` says who looked at the record",
        )
    if identity and identity == record.identity:
        raise RefusedError(
            f"{identity} ran it, whatever name is given, so that somebody else has to agree",
            subject=record.begun.drill_id,
            hint="sign it off with an account of the verifier's own: `gcloud auth application-default login`",
        )
