"""Whether a stored backup is what its manifest says. Pure, and failing closed.

`recovery.targets.stored` gathers the facts; what follows from them is decided here.
"""

from collections.abc import Mapping, Sequence

from manifests import layout
from manifests.database_layout import databases_prefix
from manifests.errors import BackupDamagedError
from manifests.model import DatabaseBackup, Frozen, Manifest, StoredObject, TableBackup
from manifests.store import ObjectInfo
from recovery.compare import Finding


class ReadFile(Frozen):
    """What reading all bytes of one file gave; `problem` when it could not be read."""

    size_bytes: int = 0
    crc32c: str = ""
    row_count: int = 0
    problem: str = ""


class Verdict(Frozen):
    """What is wrong with a stored backup: nothing, or the findings.

    Attributes:
        objects: How many objects were compared.
        read_bytes: How many bytes were read; 0 when only metadata was compared.
    """

    objects: int
    read_bytes: int
    findings: tuple[Finding, ...]

    def with_more(self, other: "Verdict") -> "Verdict":
        """Return this verdict and another one together."""
        return Verdict(
            objects=self.objects + other.objects,
            read_bytes=self.read_bytes + other.read_bytes,
            findings=(*self.findings, *other.findings),
        )

    def require(self, run_id: str) -> None:
        """Refuse a backup that is not what its manifest says.

        Raises:
            BackupDamagedError: There are findings.
        """
        if self.findings:
            first = self.findings[0]
            more = f" and {len(self.findings) - 1} more" if len(self.findings) > 1 else ""
            raise BackupDamagedError(
                f"{first.subject}: {first.aspect} is {first.actual}, not {first.expected}{more}",
                subject=run_id,
                hint=f"`rebound verify {run_id}` lists all of it; `rebound list` shows other runs",
            )


def compare_listing(
    manifest: Manifest,
    parts: Sequence[TableBackup | DatabaseBackup],
    listed: Mapping[str, ObjectInfo],
) -> tuple[Finding, ...]:
    """Compare what the vault lists with the manifest: missing, changed and extra objects.

    Args:
        manifest: The run's manifest.
        parts: The tables and databases whose objects are looked for.
        listed: The live objects below the folders of every run the manifest refers to, by name.
    """
    findings = [
        finding
        for part in parts
        for stored in part.objects
        for finding in _compare_object(stored, listed.get(stored.name))
    ]
    known = {stored.name for table in manifest.tables for stored in table.objects}
    known |= {stored.name for database in manifest.databases for stored in database.objects}
    known |= {item.name for item in manifest.abandoned}
    own = f"{layout.run_prefix(manifest.run_id)}tables/", databases_prefix(manifest.run_id)
    findings += [
        Finding(subject=name, aspect="object", expected="not there", actual="extra")
        for name in sorted(listed)
        if name.startswith(own) and name not in known
    ]
    return tuple(findings)


def compare_file(stored: StoredObject, read: ReadFile) -> tuple[Finding, ...]:
    """Compare the bytes of one file with the manifest."""
    if read.problem:
        return (
            Finding(subject=stored.name, aspect="file", expected="readable", actual=read.problem),
        )
    pairs = (
        ("size in bytes", stored.size_bytes, read.size_bytes),
        ("crc32c of its bytes", stored.crc32c, read.crc32c),
        ("row count", stored.row_count, read.row_count),
    )
    return tuple(
        Finding(subject=stored.name, aspect=aspect, expected=str(expected), actual=str(actual))
        for aspect, expected, actual in pairs
        if expected != actual
    )


def _compare_object(stored: StoredObject, listed: ObjectInfo | None) -> tuple[Finding, ...]:
    if listed is None:
        return (Finding(subject=stored.name, aspect="object", expected="there", actual="missing"),)
    pairs = (
        ("generation", stored.generation, listed.generation),
        ("size in bytes", stored.size_bytes, listed.size_bytes),
        ("crc32c", stored.crc32c, listed.crc32c),
    )
    return tuple(
        Finding(subject=stored.name, aspect=aspect, expected=str(expected), actual=str(actual))
        for aspect, expected, actual in pairs
        if expected != actual
    )
