"""Judges whether a stored backup is what its manifest says. Pure: what could not be read is a finding.

`recovery.stored` gathers the facts; what follows from them is decided here.
"""

from collections.abc import Iterable, Mapping, Sequence

from manifests import layout
from manifests.errors import BackupDamagedError
from manifests.kind import Backup
from manifests.model.run import Manifest
from manifests.parts import PARTS
from manifests.values import ObjectInfo, StoredObject, Value
from recovery.compare.findings import Finding


class ReadFile(Value):
    """What reading all bytes of one file gave; `problem` when it could not be read."""

    size_bytes: int = 0
    crc32c: str = ""
    row_count: int = 0
    problem: str = ""


class Verdict(Value):
    """What is wrong with a stored backup: nothing, or the findings.

    Attributes:
        objects: How many objects were compared: files of tables and databases, inventories, and
            contents of buckets.
        read_bytes: How many bytes were read; 0 when only metadata was compared.
        contents: How many of the objects are contents of buckets.
        contents_read: How many of those were read; of the others size and crc32c were compared.
        buckets: Buckets some of whose contents are among the findings.
        other_generations: How many objects have the content that the manifest says under another
            generation, as in a vault that was copied or restored. A recovery reads them.
    """

    objects: int = 0
    read_bytes: int = 0
    findings: tuple[Finding, ...] = ()
    contents: int = 0
    contents_read: int = 0
    buckets: tuple[str, ...] = ()
    other_generations: int = 0

    def with_more(self, other: "Verdict") -> "Verdict":
        """Return this verdict and another one together."""
        return Verdict(
            objects=self.objects + other.objects,
            read_bytes=self.read_bytes + other.read_bytes,
            findings=(*self.findings, *other.findings),
            contents=self.contents + other.contents,
            contents_read=self.contents_read + other.contents_read,
            buckets=(*self.buckets, *other.buckets),
            other_generations=self.other_generations + other.other_generations,
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
                f"{first.subject}: {first.text}{more}",
                subject=run_id,
                hint=f"`rebound verify {run_id}` lists all of it; `rebound list` shows other runs",
            )


def compare_listing(
    parts: Sequence[Backup],
    listed: Mapping[str, ObjectInfo],
) -> tuple[Finding, ...]:
    """Compare what the vault lists with the manifest: missing and changed objects.

    Args:
        parts: The parts whose objects are looked for.
        listed: The live objects below the folders of every run the manifest refers to, by name.
    """
    return tuple(
        finding
        for part in parts
        for stored in part.objects
        for finding in _compare_object(stored, listed.get(stored.name))
    )


def other_generations(parts: Sequence[Backup], listed: Mapping[str, ObjectInfo]) -> int:
    """Count the objects that are as the manifest says but for their generation."""
    return sum(
        item.generation != stored.generation and not _compare_object(stored, item)
        for part in parts
        for stored in part.objects
        if (item := listed.get(stored.name)) is not None
    )


def extra_objects(manifest: Manifest, names: Iterable[str]) -> tuple[Finding, ...]:
    """Tell of every object in a run's folder that belongs to no document of the run.

    Args:
        manifest: The run's manifest.
        names: The live objects below the run's folder.
    """
    run_id, parts = manifest.run_id, tuple(manifest.every_part)
    known = {stored.name for _, part in parts for stored in part.needed}
    known |= {item.name for item in manifest.abandoned}
    known |= {manifest.kit.name} if manifest.kit else set()
    kinds = [kind.name for kind in PARTS]
    return tuple(
        Finding(subject=name, aspect="object", expected="not there", actual="not in the manifest")
        for name in sorted(names)
        if name not in known
        and not layout.is_run_record(run_id, name, kinds)
        and not any(kind.is_record(part, run_id, name) for kind, part in parts)
    )


def kit_findings(manifest: Manifest, listed: Mapping[str, ObjectInfo]) -> tuple[Finding, ...]:
    """Compare the kit of a run with what its folder holds; one that was not made is not missed."""
    kit = manifest.kit
    return () if kit is None else _compare_object(kit, listed.get(kit.name))


def compare_file(stored: StoredObject, read: ReadFile) -> tuple[Finding, ...]:
    """Compare the bytes of one file with the manifest."""
    if read.problem:
        return (
            Finding(subject=stored.name, aspect="file", expected="readable", actual=read.problem),
        )
    return _differing(
        stored,
        ("size in bytes", stored.size_bytes, read.size_bytes),
        ("crc32c of its bytes", stored.crc32c, read.crc32c),
        ("row count", stored.row_count, read.row_count),
    )


def _compare_object(stored: ObjectInfo, listed: ObjectInfo | None) -> tuple[Finding, ...]:
    if listed is None:
        return (Finding(subject=stored.name, aspect="object", expected="there", actual="missing"),)
    # Another generation alone is no damage: a copy of the vault has others, and the bytes count.
    return _differing(
        stored,
        ("size in bytes", stored.size_bytes, listed.size_bytes),
        ("crc32c", stored.crc32c, listed.crc32c),
    )


def _differing(stored: ObjectInfo, *pairs: tuple[str, int | str, int | str]) -> tuple[Finding, ...]:
    return tuple(
        Finding(subject=stored.name, aspect=aspect, expected=str(expected), actual=str(actual))
        for aspect, expected, actual in pairs
        if expected != actual
    )
