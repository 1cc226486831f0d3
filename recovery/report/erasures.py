"""Writes the ledger of erasures as a document, and as SQL for whoever has no Rebound. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from manifests.erasure_layout import erasure_name
from manifests.erasure_statements import named_rows, removed_rows
from manifests.values import Resource
from recovery.document import Column, Document, Paragraph, Row, Rows, Section, Table
from recovery.ledger import REMOVED_OR_PLANTED, Ledger
from recovery.units import printable, shown

_COLUMNS = (
    Column("no."),
    Column("when (UTC)"),
    Column("what"),
    Column("keys"),
    Column("signed"),
    Column("by"),
    Column("because"),
)


def ledger_document(ledger: Ledger) -> Document:
    """Tell every entry, whether it is signed, and what cannot be read."""
    counting = {item.number for item in ledger.all().entries}
    signed = {item.number for item in ledger.believed}
    rows = tuple(
        (
            str(item.number),
            f"{item.erased_at:%Y-%m-%d %H:%M}",
            printable(item.told),
            f"{len(item.digests):,}" if item.number in counting or not item.kind else "revoked",
            "yes" if item.number in signed else "NO",
            printable(item.operator),
            shown(item.why),
        )
        for item in sorted((*ledger.believed, *ledger.unsigned), key=lambda item: item.number)
    )
    told = Table(_COLUMNS, rows) if rows else Paragraph("no key is in the ledger of erasures")
    unread = tuple(Row(shown(why), "NOT READ") for why in ledger.unreadable)
    gone = tuple(
        Row(f"{erasure_name(it.number)}: its copy in the landing bucket counts", "GONE")
        for it in ledger.gone
    )
    doubtful = tuple(
        Row(
            f"{erasure_name(it)}: a copy in the landing bucket alone: {REMOVED_OR_PLANTED}",
            "NOT CHECKED",
        )
        for it in ledger.doubtful
    )
    rows_told = Rows(unread + gone + doubtful, "ended")
    return Document((Section((told, rows_told)),), title="keys that stay erased")


def ledger_json(ledger: Ledger) -> dict[str, Any]:
    """Return the same as JSON."""
    return {
        "believed": [item.model_dump(mode="json") for item in ledger.believed],
        "unsigned": [item.model_dump(mode="json") for item in ledger.unsigned],
        "unreadable": list(ledger.unreadable),
        "gone": [item.number for item in ledger.gone],
        "doubtful": list(ledger.doubtful),
    }


def statements_of(
    table: str, resource: Resource | None, erased: Mapping[str, frozenset[str]], full_id: str
) -> Iterator[str]:
    """Yield the lines of a script that removes the rows of a table that stay erased, a statement each.

    Args:
        table: The name under which the ledger has its keys.
        resource: Its resource; None where it is not there.
        erased: The digests of erased keys, by the column of the key.
        full_id: The full id of the table that rows are removed from.
    """
    if resource is None:
        yield f"-- {printable(full_id)} is not there"
        return
    for condition in named_rows(table, erased):
        yield f"{removed_rows(full_id, resource, condition)};"
