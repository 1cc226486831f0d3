"""What a plan and a report tell, as the lines of a text."""

from recovery.document import Row
from recovery.report.text import row_lines


def planned(*rows: Row) -> list[str]:
    """Return what a plan tells in its text."""
    return list(row_lines(rows, "planned"))


def ended(*rows: Row) -> list[str]:
    """Return what a report tells in its text."""
    return list(row_lines(rows, "ended"))
