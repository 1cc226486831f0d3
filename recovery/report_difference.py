"""What a comparison of rows says. Pure: text from values."""

from recovery.compare.difference import TableDifference
from recovery.units import counted, listed, printable


def difference_text(found: TableDifference) -> str:
    """Write which rows of a table go and which come back."""
    point = f"{found.recovery_point:%Y-%m-%d %H:%M} UTC, run {found.run_id}"
    if not found.partitions:
        return f"{found.table}: its rows are those of {point}"
    lines = [
        f"{found.table} compared with {point}",
        f"partitions that differ: {listed(found.partitions, 20)}",
        f"{counted(found.going, 'row')} there now and not in the backup:",
        *(f"  - {printable(row)}" for row in found.going_samples),
        f"{counted(found.coming, 'row')} in the backup and not there now:",
        *(f"  + {printable(row)}" for row in found.coming_samples),
    ]
    if found.key:
        lines.append(
            f"{counted(found.changed, 'row')} with the same {', '.join(found.key)} and other values:"
        )
        lines += [
            f"  {printable(name)}: {counted(number, 'row')}"
            for name, number in sorted(found.columns.items(), key=lambda item: (-item[1], item[0]))
        ]
    return "\n".join(lines)
