"""Whether anything is listed twice. Pure."""

from collections.abc import Iterable

from manifests.errors import BackupDamagedError


def check_unique(subject: str, what: str, names: Iterable[str]) -> None:
    """Refuse names if any of them is listed twice.

    Args:
        subject: Where they are listed.
        what: What they name.
        names: The names.

    Raises:
        BackupDamagedError: One is listed twice.
    """
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise BackupDamagedError(f"{what} {name} is listed twice", subject=subject)
        seen.add(name)
