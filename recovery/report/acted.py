"""What operators did, as a document. Pure."""

from collections.abc import Iterable

from recovery.document import Column, Document, Paragraph, Section, Table
from recovery.operator import Acted, Operator
from recovery.units import printable, shown

_COLUMNS = (Column("when (UTC)"), Column("who"), Column("did"), Column("to"), Column("because"))


def begun_by(operator: Operator | None) -> tuple[Paragraph, ...]:
    """Tell who began something, and why; nothing where nobody wrote that down."""
    if operator is None:
        return ()
    why = f": {shown(operator.reason)}" if operator.reason else ""
    return (Paragraph(f"begun by {printable(operator.told)}{why}"),)


def actions_document(actions: Iterable[Acted]) -> Document:
    """Tell who did what, when, and why, in order of time, and which records nobody signed."""
    rows = tuple(
        (
            f"{item.did_at:%Y-%m-%d %H:%M:%S}",
            printable(item.operator.told),
            printable(item.verb),
            printable(item.subject),
            shown(item.operator.reason) + (f" NOT SIGNED: {printable(doubt)}" if doubt else ""),
        )
        for item, doubt in actions
    )
    return Document((Section((Table(_COLUMNS, rows),)),))
